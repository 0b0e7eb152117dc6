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

namespace dg::viz {

/// A model ready to show.
struct LoadedModel {
    std::string name;  // as asked for
    Model<float> model;
    Tokenizer tokenizer;
    std::string card_json;  // card.json of a shipped model; may be empty
};

/// A recorded run of a prompt.
struct Trace {
    std::shared_ptr<const LoadedModel> model;
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
    Result<std::shared_ptr<const LoadedModel>> model(const std::string& name);
    /// The recorded run; kept for the last 16 (model, prompt) pairs.
    Result<std::shared_ptr<const Trace>> trace(const std::string& model, const std::string& prompt);

    [[nodiscard]] const std::filesystem::path& assets() const { return assets_; }

  private:
    std::filesystem::path assets_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const LoadedModel>> models_;
    std::list<std::shared_ptr<const Trace>> traces_;  // most recent first
};

/// $DEEPGLASS_ASSETS, else assets/ beside or above the executable, else the source tree's. Error code: assets_missing.
Result<std::filesystem::path> find_assets();

}  // namespace dg::viz
