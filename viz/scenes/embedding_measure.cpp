// What the embedding scene measures: neighbours, kinds of words, principal axes, a word's senses.
#include "sim/corpus/polysemy.h"
#include "sim/corpus/probes.h"
#include "engine/io/files.h"
#include "engine/tokenizer/tokenizer.h"
#include "sim/read_records.h"
#include "viz/scenes/embedding.h"

#include "viz/scenes/numerics_param.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace dg::viz::embedding {
namespace {

constexpr std::size_t kNear = 8;

using Row = std::span<const float>;

Row row_of(const Tensor<float>& x, std::int64_t r) { return {x.row(r), static_cast<std::size_t>(x.cols())}; }

double cosine(Row a, Row b) {
    double dot = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
        dot += x * y, aa += x * x, bb += y * y;
    }
    // one root: equal vectors have cosine 1 exactly
    return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0;
}

std::vector<Neighbour> nearest_rows(const Tensor<float>& table, std::int64_t rows, std::int32_t word) {
    std::vector<Neighbour> all;
    for (std::int32_t v = 0; v < rows; ++v) {
        if (v != word) all.push_back({v, cosine(row_of(table, v), row_of(table, word))});
    }
    const std::size_t n = std::min(kNear, all.size());
    std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(n), [](const Neighbour& a, const Neighbour& b) { return a.cosine > b.cosine || (a.cosine == b.cosine && a.id < b.id); });
    all.resize(n);
    return all;
}

/// Words of the corpus grammar that are one token, by kind.
std::map<std::string, std::vector<std::int32_t>> kinds_of(const Tokenizer& tokenizer) {
    std::map<std::string, std::vector<std::int32_t>> out;
    for (const sim::Tongue tongue : {sim::Tongue::kEn, sim::Tongue::kZh})
        for (const sim::WordKind& kind : sim::word_kinds(tongue)) {
            std::set<std::int32_t> ids;
            for (const std::string& word : kind.words) {
                const std::vector<std::int32_t> tokens = tokenizer.encode(word);
                if (tokens.size() == 1) ids.insert(tokens.front());
            }
            const std::string name = kind.name + (tongue == sim::Tongue::kEn ? ".en" : ".zh");
            if (ids.size() >= 3) out[name].assign(ids.begin(), ids.end());
        }
    return out;
}

Kinship kinship(const Tensor<float>& table, const std::map<std::string, std::vector<std::int32_t>>& kinds) {
    Kinship k;
    std::vector<std::pair<const std::string*, std::int32_t>> words;
    for (const auto& [name, ids] : kinds)
        for (const std::int32_t id : ids) words.emplace_back(&name, id);
    for (std::size_t i = 0; i < words.size(); ++i)
        for (std::size_t j = i + 1; j < words.size(); ++j) {
            if (words[i].second == words[j].second) continue;
            const double c = cosine(row_of(table, words[i].second), row_of(table, words[j].second));
            // words of two languages are neither: translations may well be alike
            const bool one_tongue = words[i].first->ends_with(".en") == words[j].first->ends_with(".en");
            if (words[i].first == words[j].first) k.same += c, ++k.same_pairs;
            else if (one_tongue) k.other += c, ++k.other_pairs;
        }
    if (k.same_pairs > 0) k.same /= static_cast<double>(k.same_pairs);
    if (k.other_pairs > 0) k.other /= static_cast<double>(k.other_pairs);
    return k;
}

/// The stream of a trail's row at every depth.
std::vector<Row> rows_of(const Trail& trail, std::int64_t layers) {
    std::vector<Row> rows;
    for (std::int64_t depth = 0; depth <= layers; ++depth) rows.push_back(row_of(trail.run->tape.value(trail.run->tape.find(stream_name(depth))), trail.row));
    return rows;
}

/// Directions only: lengths grow so much from layer to layer that they would be all one sees.
std::vector<std::vector<float>> directions(std::span<const Row> rows) {
    std::vector<std::vector<float>> out;
    for (const Row& row : rows) {
        const double length = length_of(row);
        std::vector<float> v(row.begin(), row.end());
        for (float& x : v) x = length > 0 ? static_cast<float>(x / length) : 0;
        out.push_back(std::move(v));
    }
    return out;
}

/// Common principal axes of all trails, one point for every depth.
void place_trails(std::vector<Trail>& trails, std::int64_t layers, std::vector<double>& share) {
    std::vector<std::vector<std::vector<float>>> unit;
    std::vector<Row> all;
    for (const Trail& trail : trails) unit.push_back(directions(rows_of(trail, layers)));
    for (const auto& trail : unit)
        for (const std::vector<float>& v : trail) all.emplace_back(v);
    const sim::Pca pca = sim::principal_axes(all, 2);
    share = pca.share;
    for (std::size_t t = 0; t < trails.size(); ++t)
        for (const std::vector<float>& v : unit[t]) trails[t].points.push_back({pca.along(v, 0), pca.along(v, 1)});
}

/// The last token that touches bytes [begin, end) of the text.
std::int64_t token_of(const Trace& run, std::size_t begin, std::size_t end) {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < run.tokens.size(); ++i) {
        if (run.tokens[i].begin < end && run.tokens[i].end > begin) at = static_cast<std::int64_t>(i);
    }
    return at;
}

/// One sentence for every sense: the lesson's own for mole, else the first context of each sense.
std::vector<sim::SenseProbe> chosen_phrases(const std::string& word) {
    if (word == "mole") return sim::mole_phrases();
    std::vector<sim::SenseProbe> out;
    for (const sim::SenseProbe& p : sim::sense_probes(word)) {
        if (std::ranges::none_of(out, [&](const sim::SenseProbe& q) { return q.sense == p.sense; })) out.push_back(p);
    }
    return out;
}

/// Nearest class mean: a linear probe without anything to tune. Means from contexts of the training text, questions from
/// contexts that occur in none.
class ClassMeans {
  public:
    void teach(const std::string& sense, Row x) {
        auto& [sum, n] = sums_[sense];
        sum.resize(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) sum[i] += x[i];
        ++n;
    }

    [[nodiscard]] std::string ask(Row x) const {
        std::string best;
        double least = 1e300;
        for (const auto& [sense, mean] : sums_) {
            double distance = 0;
            for (std::size_t i = 0; i < x.size(); ++i) {
                const double gap = x[i] - mean.first[i] / static_cast<double>(mean.second);
                distance += gap * gap;
            }
            if (distance < least) least = distance, best = sense;
        }
        return best;
    }

  private:
    std::map<std::string, std::pair<std::vector<double>, int>> sums_;
};

/// Vectors of the word at every depth, in one context.
struct Seen {
    std::string sense;
    bool held_out = false;
    std::vector<std::vector<float>> at;
};

Result<std::vector<Seen>> read_contexts(const Data& d, const std::string& word, const Progress& progress) {
    std::vector<Seen> seen;
    const std::vector<sim::SenseProbe> probes = sim::sense_probes(word);
    for (std::size_t i = 0; i < probes.size(); ++i) {
        if (!progress.report(static_cast<double>(i) / static_cast<double>(probes.size()))) return Error{"cancelled", {}, ""};
        Trace run;
        run.tokens = d.model->tokenizer.encode_spans(probes[i].text);
        run.batch.batch = 1, run.batch.length = static_cast<std::int64_t>(run.tokens.size());
        for (const TokenSpan& t : run.tokens) run.batch.ids.push_back(t.id);
        ForwardOptions options;
        options.mtp = options.losses = false, options.numerics = numerics_of(*d.model);
        DG_TRY(forward(d.model->model, run.batch, options, run.tape));
        Seen s{probes[i].sense, probes[i].held_out, {}};
        const std::int64_t row = token_of(run, probes[i].begin, probes[i].end);
        for (std::int64_t depth = 0; depth <= d.layers; ++depth) {
            const Row x = row_of(run.tape.value(run.tape.find(stream_name(depth))), row);
            s.at.emplace_back(x.begin(), x.end());
        }
        seen.push_back(std::move(s));
    }
    return seen;
}

void probe_senses(Data& d, const std::vector<Seen>& seen) {
    Senses& s = d.senses;
    for (const Seen& x : seen) (x.held_out ? s.asked : s.taught) += 1;
    for (std::size_t depth = 0; depth <= static_cast<std::size_t>(d.layers); ++depth) {
        ClassMeans means;
        std::int64_t right = 0;
        for (const Seen& x : seen) {
            if (!x.held_out) means.teach(x.sense, x.at[depth]);
        }
        for (const Seen& x : seen) right += x.held_out && means.ask(x.at[depth]) == x.sense ? 1 : 0;
        s.accuracy.push_back(s.asked > 0 ? static_cast<double>(right) / static_cast<double>(s.asked) : 0);
    }
}

}  // namespace

Result<void> measure_neighbours(Data& d, const std::string& word) {
    d.word = d.id;
    if (!word.empty()) {
        const std::vector<std::int32_t> ids = d.model->tokenizer.encode(word);
        d.word = ids.back();
    }
    const std::int64_t rows = d.model->tokenizer.vocab_size();
    const Tensor<float>& fresh = d.fresh->model.weights.at("model.embed_tokens.weight");
    d.near = nearest_rows(d.table(), rows, d.word);
    // the fresh model is mini's shape: another vocabulary has no row to compare
    if (d.word < fresh.dim(0)) d.near_fresh = nearest_rows(fresh, std::min(rows, fresh.dim(0)), d.word);
    const auto kinds = kinds_of(d.model->tokenizer);
    d.kin = kinship(d.table(), kinds);
    if (fresh.dim(0) >= rows) d.kin_fresh = kinship(fresh, kinds);
    return {};
}

Result<void> measure_map(Data& d) {
    const auto kinds = kinds_of(d.model->tokenizer);
    std::vector<Row> rows;
    // only rows that were trained as words: all of the tokenizer's
    for (std::int64_t v = 0; v < d.model->tokenizer.vocab_size(); ++v) rows.push_back(row_of(d.table(), v));
    const sim::Pca pca = sim::principal_axes(rows, 2);
    d.share = pca.share;
    for (const auto& [name, ids] : kinds) d.kinds.push_back(name);
    for (std::size_t v = 0; v < rows.size(); ++v) {
        MapPoint p{.id = static_cast<std::int32_t>(v), .at = {pca.along(rows[v], 0), pca.along(rows[v], 1)}};
        int kind = 0;
        for (const auto& [name, ids] : kinds) {
            if (std::ranges::find(ids, p.id) != ids.end()) p.kind = kind;
            ++kind;
        }
        d.map.push_back(p);
    }
    return {};
}

Result<void> measure_training(Data& d, const Session& session) {
    if (session.assets().empty()) return Error{"assets_missing", {{"tried", "–"}}, ""};
    const auto file = session.assets() / "records" / "embedding-trails.csv";
    DG_ASSIGN(const sim::Records records, sim::read_records(file, {"step", "token", "x", "y"}));
    DG_ASSIGN(const std::string bytes, read_file(file));
    d.records_hash = hash_hex(bytes);
    std::vector<std::span<const float>> rows;
    for (std::int64_t v = 0; v < d.table().dim(0); ++v) rows.emplace_back(d.table().row(v), static_cast<std::size_t>(d.table().dim(1)));
    d.share = sim::principal_axes(rows, 2).share;
    const auto kinds = kinds_of(d.model->tokenizer);
    std::map<std::int32_t, std::size_t> trail_of;
    for (const auto& [name, ids] : kinds) {
        for (const std::int32_t id : ids)
            if (!trail_of.contains(id)) {
                trail_of[id] = d.stream.size(), d.trail_kinds.push_back(static_cast<int>(d.kinds.size()));
                d.stream.push_back({.name = d.label(id), .before = {}, .word = {}, .after = {}, .run = nullptr, .row = id, .points = {}});
            }
        d.kinds.push_back(name);
    }
    for (const auto& row : records.rows) {
        const auto found = trail_of.find(static_cast<std::int32_t>(row[1]));
        if (d.steps.empty() || d.steps.back() != row[0]) d.steps.push_back(row[0]);
        // words of kinds with fewer than three are recorded too
        if (found != trail_of.end()) d.stream[found->second].points.push_back({row[2], row[3]});
    }
    if (d.stream.empty()) return Error{"embedding_trails", {{"token", "–"}}, file.string()};
    for (const Trail& trail : d.stream)
        if (trail.points.size() != d.steps.size()) return Error{"embedding_trails", {{"token", trail.name}}, file.string()};
    d.depth = static_cast<std::int64_t>(d.steps.size()) - 1;
    return {};
}

Result<void> measure_stream(Data& d) {
    for (std::size_t t = 0; t < d.labels.size(); ++t) d.stream.push_back({.name = d.labels[t], .before = {}, .word = d.labels[t], .after = {}, .run = d.run, .row = static_cast<std::int64_t>(t), .points = {}});
    place_trails(d.stream, d.layers, d.share);
    return {};
}

Result<void> measure_senses(Data& d, const std::string& wanted, Session& session, const std::string& model, const Progress& progress) {
    const std::string word = wanted.empty() ? "mole" : wanted;
    const std::vector<std::string> known = sim::sense_words();
    if (std::ranges::find(known, word) == known.end()) return Error{"embedding_word", {{"word", printable(word)}, {"known", fmt::format("{}", fmt::join(known, ", "))}}, ""};
    Senses& s = d.senses;
    for (const sim::SenseProbe& p : chosen_phrases(word)) {
        Trail trail{.name = p.sense, .before = p.text.substr(0, p.begin), .word = p.text.substr(p.begin, p.end - p.begin), .after = p.text.substr(p.end), .run = nullptr, .row = 0, .points = {}};
        DG_ASSIGN(trail.run, session.trace(model, p.text));
        trail.row = token_of(*trail.run, p.begin, p.end);
        s.trails.push_back(std::move(trail));
    }
    d.pick = std::min(d.pick, s.trails.size() - 1);
    place_trails(s.trails, d.layers, d.share);
    for (std::size_t a = 0; a < s.trails.size(); ++a)
        for (std::size_t b = a + 1; b < s.trails.size(); ++b) {
            s.pairs.push_back({static_cast<int>(a), static_cast<int>(b)});
            const std::vector<Row> x = rows_of(s.trails[a], d.layers), y = rows_of(s.trails[b], d.layers);
            std::vector<double> by_depth;
            for (std::size_t depth = 0; depth < x.size(); ++depth) by_depth.push_back(cosine(x[depth], y[depth]));
            s.cosine.push_back(std::move(by_depth));
        }
    DG_ASSIGN(const std::vector<Seen> seen, read_contexts(d, word, progress));
    probe_senses(d, seen);
    return {};
}

}  // namespace dg::viz::embedding
