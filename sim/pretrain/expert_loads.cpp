#include "sim/pretrain/expert_loads.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "sim/corpus/probes.h"

#include <fmt/format.h>

namespace dg::sim {
namespace {

constexpr std::int32_t kEnd = 0;  // the border before every document

/// Adds the routed slots of one document to both tables.
Result<std::int64_t> count_document(const Model<float>& model, const Tokenizer& tokenizer, const std::string& text, const std::string& group,
                                    const std::string& other, ExpertLoads& loads) {
    const Config& c = model.config;
    std::vector<std::int32_t> ids{kEnd};
    for (const std::int32_t id : tokenizer.encode(text)) ids.push_back(id);
    Tape<float> tape;
    ForwardOptions options;
    options.mtp = options.losses = false;
    const auto n = static_cast<std::int64_t>(ids.size());
    DG_TRY(forward(model, TokenBatch{1, n, std::move(ids)}, options, tape));
    for (std::int64_t l = c.n_routed_experts > 0 ? c.first_k_dense_replace : c.num_hidden_layers; l < c.num_hidden_layers; ++l) {
        const Tensor<float>& chosen = tape.value(tape.find(fmt::format("layers.{}.mlp.gate.topk_ids", l)));
        for (auto [table, name] : {std::pair(&loads.counts, &group), std::pair(&loads.shuffled, &other)}) {
            std::vector<double>& counts = (*table)[static_cast<std::size_t>(l)][*name];
            counts.resize(static_cast<std::size_t>(c.n_routed_experts));
            for (const float e : chosen.values()) counts[static_cast<std::size_t>(e)] += 1;
        }
    }
    return n;
}

}  // namespace

Result<ExpertLoads> measure_expert_loads(const Model<float>& model, const Tokenizer& tokenizer, std::size_t per_domain,
                                         const std::function<bool(double)>& keep_going) {
    ExpertLoads loads;
    loads.counts.resize(static_cast<std::size_t>(model.config.num_hidden_layers));
    loads.shuffled = loads.counts;
    Rng rng = Rng::keyed(1, "shuffled groups");
    const auto all = domains();
    for (const DomainInfo& d : all)
        for (const Document& doc : held_out_documents(d.id, per_domain)) {
            if (!keep_going(static_cast<double>(loads.documents) / static_cast<double>(all.size() * per_domain))) return Error{"cancelled", {}, {}};
            const std::string other(all[rng.below(static_cast<std::uint32_t>(all.size()))].group);
            const Result<std::int64_t> tokens = count_document(model, tokenizer, doc.text, std::string(d.group), other, loads);
            if (!tokens && tokens.error().code == "too_long") continue;  // beyond a small model's context
            DG_TRY(tokens);
            ++loads.documents, loads.tokens += *tokens;
        }
    return loads;
}

double mutual_information(const LoadByGroup& load) {
    double total = 0;
    std::map<std::string, double> row;
    std::vector<double> column;
    for (const auto& [group, counts] : load) {
        column.resize(counts.size());
        for (std::size_t e = 0; e < counts.size(); ++e) row[group] += counts[e], column[e] += counts[e], total += counts[e];
    }
    double mi = 0;
    for (const auto& [group, counts] : load)
        for (std::size_t e = 0; e < counts.size(); ++e)
            if (counts[e] > 0) mi += counts[e] / total * dg::log(counts[e] * total / (row[group] * column[e]));
    return mi;
}

std::vector<double> relative_load(const std::vector<double>& counts) {
    double sum = 0;
    for (const double n : counts) sum += n;
    std::vector<double> relative = counts;
    for (double& n : relative) n = sum > 0 ? n / sum * static_cast<double>(counts.size()) : 0;
    return relative;
}

}  // namespace dg::sim
