// Which experts a model's router uses for which kind of text: counts, what they say about the text, and the same with the
// labels shuffled. One measurement for the model card and for the moe scene.
#pragma once

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace dg::sim {

/// Routed slots [expert] by group of domains ("en", "zh", "math", "code", "mixed").
using LoadByGroup = std::map<std::string, std::vector<double>>;

struct ExpertLoads {
    std::vector<LoadByGroup> counts;    // [layer]; empty for dense layers
    std::vector<LoadByGroup> shuffled;  // the same tokens, every document under a random group
    std::int64_t documents = 0, tokens = 0;
};

/// Held-out documents of every domain, `per_domain` each, through the model. Documents beyond the context are left
/// out. `keep_going`: share done; false stops.
/// Error codes: cancelled, those of forward().
Result<ExpertLoads> measure_expert_loads(const Model<float>& model, const Tokenizer& tokenizer, std::size_t per_domain,
                                         const std::function<bool(double)>& keep_going = [](double) { return true; });

/// I(expert; group) in nats: sum p(g,e) ln p(g,e) / (p(g) p(e)). 0 = the expert says nothing about the text.
double mutual_information(const LoadByGroup& load);
/// Load of each expert as a multiple of an even share.
std::vector<double> relative_load(const std::vector<double>& counts);

}  // namespace dg::sim
