// Generation with drafts (V3 2.2 and 5.4.3): the MTP module proposes the token after the next one, the main model checks it
// together with its own next step. A token is drawn from the main model's probabilities with the random number of its
// position, as without drafts; a draft is accepted when it is that token. So the text is the same, only passes are saved.
#pragma once

#include "engine/model/decode.h"
#include "engine/model/sampler.h"

#include <functional>
#include <vector>

namespace dg {

struct GenerateSettings {
    std::int64_t tokens = 64;  // at most
    SampleSettings sampling;
    std::uint64_t seed = 0;
    std::int64_t vocabulary = 0;  // ids below this may be written; 0 = all
    bool drafts = true;
    bool stop_at_end = true;  // false: goes on into the next document
    std::function<void(std::int32_t)> written = {};  // told of every new token at once
};

/// One pass of the main model after the prompt's.
struct VerifyPass {
    std::int32_t draft = -1;       // what the module proposed; -1 = nothing
    double draft_p = 0;            // the module's probability of it
    bool accepted = false;
    std::vector<std::int32_t> tokens;  // written by this pass: 1, or 2 when the draft was right
};

struct GeneratedText {
    std::vector<std::int32_t> ids;    // new tokens; the first comes from the prompt's pass
    std::vector<double> logprobs;     // of each under the main model's untempered softmax
    std::vector<VerifyPass> passes;

    [[nodiscard]] std::int64_t drafted() const;
    [[nodiscard]] std::int64_t accepted() const;
};

/// Writes until `tokens`, the end token or the end of the context. Random number of new token i: stream (seed, "generate",
/// i), as `deepglass generate` draws. `keep_going` is asked before every pass. Error codes: cancelled, no_mtp (drafts
/// without a module), those of Decoder::append and sample_stages.
Result<GeneratedText> generate(const PackedModel& packed, std::span<const std::int32_t> prompt, const GenerateSettings& settings,
                               const std::function<bool()>& keep_going = [] { return true; });

}  // namespace dg
