// What scenes share while the program runs: loaded models and recorded traces, each made once. Thread-safe.
#pragma once

#include "engine/base/result.h"
#include "engine/model/model.h"
#include "engine/tape/tape.h"
#include "engine/tokenizer/tokenizer.h"

#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace dg::viz {

/// A model ready to show.
struct LoadedModel {
    std::string name;  // as asked for
    Model<float> model;
    Tokenizer tokenizer;
    std::string card_json;  // card.json of a shipped model; may be empty
};

/// Head mask of ForwardOptions: [layers][heads], empty = all 1.
using HeadGain = std::vector<std::vector<double>>;

/// What a recorded run adds to the plain one, or changes in it: see ForwardOptions.
struct TraceOptions {
    HeadGain head_gain = {};  // muted heads
    Numerics numerics = {};   // number format of the Linears; ops/quantise.h lists what a trace in a low format holds
    bool lens = false;        // lens.* too

    bool operator==(const TraceOptions&) const = default;
};

/// A recorded run of a prompt.
struct Trace {
    std::shared_ptr<const LoadedModel> model;  // nullptr: not a language model (scene networks); tokens is then empty
    std::string prompt;
    std::vector<TokenSpan> tokens;
    TokenBatch batch;
    Tape<float> tape;
};

class Session {
  public:
    /// `assets`: folder with models/; empty = found by find_assets().
    explicit Session(std::filesystem::path assets = {});

    /// A name of assets/models ("mini"), "random" (mini's config, fresh weights of seed 1), "random:SEED", or a directory.
    /// Error codes: assets_missing, model_unknown (with a suggestion), model_seed, model_vocabulary, those of load_model.
    Result<std::shared_ptr<const LoadedModel>> model(const std::string& name);
    /// The recorded run, with decode.* (MLA) and layers.i.aux.* (experts); kept for the last 16 requests. `options`:
    /// see TraceOptions. Error codes: those of model(), empty_prompt, too_long.
    Result<std::shared_ptr<const Trace>> trace(const std::string& model, const std::string& prompt, const TraceOptions& options = {});

    [[nodiscard]] const std::filesystem::path& assets() const { return assets_; }

  private:
    /// Filled once by the first who asks; the others wait on its mutex, not on the session's.
    struct ModelSlot {
        std::mutex mutex;
        std::shared_ptr<const LoadedModel> value;
    };
    struct TraceSlot {
        std::string model, prompt;
        TraceOptions options;
        std::mutex mutex;
        std::shared_ptr<const Trace> value;
    };

    std::filesystem::path assets_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<ModelSlot>> models_;
    std::list<std::shared_ptr<TraceSlot>> traces_;  // most recent first
};

/// $DEEPGLASS_ASSETS, else assets/ beside or above the executable, else the source tree's. Error code: assets_missing.
Result<std::filesystem::path> find_assets();

}  // namespace dg::viz
