#include "engine/base/parallel.h"
#include "sim/pretrain/abilities.h"
#include "sim/pretrain/expert_loads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace dg::sim {
namespace {

constexpr std::int32_t kEnd = 0;

/// A document's recording: border, tokens, and where each token lies in the text.
struct Recording {
    std::vector<TokenSpan> tokens;  // without the border
    Tape<float> tape;
};

bool record(const Model<float>& model, const Tokenizer& tokenizer, const std::string& text, Recording& r) {
    r.tokens = tokenizer.encode_spans(text);
    std::vector<std::int32_t> ids{kEnd};
    for (const TokenSpan& t : r.tokens) ids.push_back(t.id);
    ForwardOptions options;
    options.mtp = options.losses = false;
    return forward(model, TokenBatch{1, static_cast<std::int64_t>(ids.size()), ids}, options, r.tape).has_value();
}

/// Row numbers (border = 0) of the tokens that touch bytes [begin, end).
std::vector<std::int64_t> rows_of(const Recording& r, std::size_t begin, std::size_t end) {
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < r.tokens.size(); ++i)
        if (r.tokens[i].begin < end && r.tokens[i].end > begin) rows.push_back(static_cast<std::int64_t>(i) + 1);
    return rows;
}

using HeadTable = std::vector<std::vector<double>>;  // [layer][head]

HeadTable head_table(const Config& c) {
    return HeadTable(static_cast<std::size_t>(c.num_hidden_layers), std::vector<double>(static_cast<std::size_t>(c.num_attention_heads)));
}

/// Adds each head's attention from `row` to the given rows.
void add_attention(const Recording& r, const Config& c, std::int64_t row, const std::vector<std::int64_t>& to, double share, HeadTable& table) {
    for (std::int64_t l = 0; l < c.num_hidden_layers; ++l) {
        const Tensor<float>& p = r.tape.value(r.tape.find(fmt::format("layers.{}.attn.probs", l)));
        for (std::int64_t h = 0; h < c.num_attention_heads; ++h)
            for (const std::int64_t u : to) table[static_cast<std::size_t>(l)][static_cast<std::size_t>(h)] += share * static_cast<double>(p[p.offset({0, h, row, u})]);
    }
}

nlohmann::ordered_json best_of(const HeadTable& table) {
    std::size_t layer = 0, head = 0;
    for (std::size_t l = 0; l < table.size(); ++l)
        for (std::size_t h = 0; h < table[l].size(); ++h)
            if (table[l][h] > table[layer][head]) layer = l, head = h;
    return {{"best_layer", layer}, {"best_head", head}, {"best", table[layer][head]}, {"by_layer_and_head", table}};
}

/// From the token that must answer to the evidence named by the grammar.
nlohmann::ordered_json evidence(const Model<float>& model, const Tokenizer& tokenizer, const std::vector<Probe>& probes, SpanKind from, SpanKind to) {
    HeadTable table = head_table(model.config);
    for (const Probe& p : probes) {
        Recording r;
        if (!record(model, tokenizer, p.prompt, r)) continue;
        std::int64_t row = static_cast<std::int64_t>(r.tokens.size());
        std::vector<std::int64_t> targets;
        for (const Span& s : p.spans) {
            if (s.kind == to)
                for (const std::int64_t u : rows_of(r, s.begin, s.end)) targets.push_back(u);
            if (s.kind == from && from != SpanKind::kAnswer) row = rows_of(r, s.begin, s.end).back();
        }
        targets.erase(std::remove_if(targets.begin(), targets.end(), [&](std::int64_t u) { return u > row; }), targets.end());
        add_attention(r, model.config, row, targets, 1.0 / static_cast<double>(probes.size()), table);
    }
    return best_of(table);
}

/// Mean silhouette of the senses (Euclidean) of the vectors [n][dim].
double silhouette(const std::vector<std::vector<double>>& x, const std::vector<std::string>& label) {
    const auto distance = [&](std::size_t i, std::size_t j) {
        double d = 0;
        for (std::size_t k = 0; k < x[i].size(); ++k) d += (x[i][k] - x[j][k]) * (x[i][k] - x[j][k]);
        return std::sqrt(d);
    };
    double total = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        std::map<std::string, std::pair<double, int>> mean;
        for (std::size_t j = 0; j < x.size(); ++j)
            if (j != i) mean[label[j]].first += distance(i, j), ++mean[label[j]].second;
        double own = 0, nearest = 1e300;
        for (const auto& [name, sum] : mean) {
            const double d = sum.first / sum.second;
            if (name == label[i]) {
                own = d;
            } else {
                nearest = std::min(nearest, d);
            }
        }
        const double scale = std::max(own, nearest);
        total += scale > 0 ? (nearest - own) / scale : 0;  // equal vectors: no separation
    }
    return total / static_cast<double>(x.size());
}

/// Silhouette at the word itself, embedding first, then after every layer; contexts never seen in training.
std::vector<double> sense_separation(const Model<float>& model, const Tokenizer& tokenizer, const std::string& word) {
    const std::int64_t layers = model.config.num_hidden_layers;
    std::vector<std::vector<std::vector<double>>> vectors(static_cast<std::size_t>(layers) + 1);
    std::vector<std::string> labels;
    for (const SenseProbe& p : sense_probes(word)) {
        Recording r;
        if (!p.held_out || !record(model, tokenizer, p.text, r)) continue;
        const std::int64_t row = rows_of(r, p.begin, p.end).back();
        labels.push_back(p.sense);
        for (std::int64_t l = 0; l <= layers; ++l) {
            const Tensor<float>& x = r.tape.value(r.tape.find(l == 0 ? std::string("embed") : fmt::format("layers.{}.out", l - 1)));
            vectors[static_cast<std::size_t>(l)].emplace_back(x.row(row), x.row(row) + x.cols());
        }
    }
    std::vector<double> by_layer;
    for (const auto& v : vectors) by_layer.push_back(silhouette(v, labels));
    return by_layer;
}

nlohmann::ordered_json experts(const Model<float>& model, const Tokenizer& tokenizer) {
    nlohmann::ordered_json json;
    const Result<ExpertLoads> loads = measure_expert_loads(model, tokenizer, 60);
    if (!loads) return json;
    for (std::int64_t l = model.config.first_k_dense_replace; l < model.config.num_hidden_layers; ++l) {
        const auto i = static_cast<std::size_t>(l);
        nlohmann::ordered_json layer;
        layer["layer"] = l;
        layer["mutual_information"] = mutual_information(loads->counts[i]);
        layer["mutual_information_shuffled"] = mutual_information(loads->shuffled[i]);
        for (const auto& [group, counts] : loads->counts[i]) {
            std::vector<double> relative = relative_load(counts);
            for (double& n : relative) n = std::round(n * 1000) / 1000;
            layer["relative_load"][group] = relative;  // 1 = an even share
        }
        json.push_back(layer);
    }
    return json;
}

/// Mean attention of every head to the token itself, the one before and the first, over documents of all domains.
nlohmann::ordered_json habits(const Model<float>& model, const Tokenizer& tokenizer) {
    HeadTable self = head_table(model.config), previous = self, first = self;
    for (const DomainInfo& d : domains())
        for (const Document& doc : held_out_documents(d.id, 10)) {
            Recording r;
            if (!record(model, tokenizer, doc.text, r)) continue;
            const auto n = static_cast<std::int64_t>(r.tokens.size());
            const double share = 1.0 / static_cast<double>((n - 1) * 10 * static_cast<std::int64_t>(domains().size()));
            for (std::int64_t t = 2; t <= n; ++t) {
                add_attention(r, model.config, t, {t}, share, self);
                add_attention(r, model.config, t, {t - 1}, share, previous);
                add_attention(r, model.config, t, {0}, share, first);
            }
        }
    return {{"self", best_of(self)}, {"previous", best_of(previous)}, {"first", best_of(first)}};
}

}  // namespace

nlohmann::ordered_json inner_life(const Model<float>& model, const Tokenizer& tokenizer) {
    nlohmann::ordered_json json;
    constexpr std::size_t kEach = 60;
    json["evidence"]["story_en.who"] = evidence(model, tokenizer, question_probes(Domain::kStoryEn, "who", kEach), SpanKind::kAnswer, SpanKind::kEvidence);
    json["evidence"]["story_zh.who"] = evidence(model, tokenizer, question_probes(Domain::kStoryZh, "who", kEach), SpanKind::kAnswer, SpanKind::kEvidence);
    json["evidence"]["notes.secret"] = evidence(model, tokenizer, question_probes(Domain::kNotes, "secret", kEach), SpanKind::kAnswer, SpanKind::kEvidence);
    json["evidence"]["key_value.copy"] = evidence(model, tokenizer, question_probes(Domain::kKeyValue, "copy", kEach), SpanKind::kAnswer, SpanKind::kEvidence);
    json["coreference"]["en"] = evidence(model, tokenizer, coreference_probes(Tongue::kEn, kEach), SpanKind::kPronoun, SpanKind::kAntecedent);
    json["habits"] = habits(model, tokenizer);
    for (const std::string& word : sense_words()) json["sense_silhouette_by_layer"][word] = sense_separation(model, tokenizer, word);
    if (model.config.n_routed_experts > 0) json["experts"] = experts(model, tokenizer);
    return json;
}

}  // namespace dg::sim
