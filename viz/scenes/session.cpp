#include "viz/scenes/session.h"

#include "engine/base/suggest.h"
#include "engine/io/files.h"
#include "engine/io/hf.h"
#include "sim/assets.h"
#include "viz/scenes/numerics_param.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace dg::viz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTracesKept = 16;

/// The seed of "random" or "random:SEED"; nothing for other names.
std::optional<Result<std::uint64_t>> random_seed(const std::string& name) {
    if (name == "random") return Result<std::uint64_t>(std::uint64_t{1});
    constexpr std::string_view kPrefix = "random:";
    if (!name.starts_with(kPrefix)) return std::nullopt;
    const std::string_view digits = std::string_view(name).substr(kPrefix.size());
    std::uint64_t seed = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (code != std::errc() || end != digits.data() + digits.size()) {
        return Result<std::uint64_t>(Error{"model_seed", {{"name", printable(name)}}, ""});
    }
    return Result<std::uint64_t>(seed);
}

bool holds_model(const fs::path& directory) {
    std::error_code ignored;
    return fs::is_regular_file(directory / "config.json", ignored);
}

std::vector<std::string> shipped_models(const fs::path& assets) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(assets / "models", ignored)) {
        if (holds_model(entry.path())) names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

/// A tokenizer with more tokens than the embedding has rows would make ids that the model refuses.
Result<void> check_vocabulary(const LoadedModel& loaded, const fs::path& directory) {
    const std::int64_t tokens = loaded.tokenizer.vocab_size(), rows = loaded.model.config.vocab_size;
    if (tokens <= rows) return {};
    return Error{"model_vocabulary",
                 {{"tokens", fmt::format("{}", tokens)}, {"vocabulary", fmt::format("{}", rows)}},
                 (directory / "tokenizer.json").string()};
}

using ModelPtr = std::shared_ptr<const LoadedModel>;

Result<ModelPtr> load_directory(const std::string& name, const fs::path& directory) {
    auto loaded = std::make_shared<LoadedModel>();
    loaded->name = name;
    DG_ASSIGN(loaded->tokenizer, Tokenizer::load(directory / "tokenizer.json"));
    DG_ASSIGN(loaded->model, load_model(directory));
    DG_TRY(check_vocabulary(*loaded, directory));
    // the card is for people: a model without one is fine
    if (Result<std::string> card = read_file(directory / "card.json")) loaded->card_json = std::move(card).value();
    return ModelPtr(std::move(loaded));
}

/// mini's shape and tokenizer with fresh weights.
Result<ModelPtr> make_random(const std::string& name, const fs::path& assets, std::uint64_t seed) {
    const fs::path mini = assets / "models" / "mini";
    auto loaded = std::make_shared<LoadedModel>();
    loaded->name = name;
    DG_ASSIGN(const std::string text, read_file(mini / "config.json"));
    DG_ASSIGN(const Config config, parse_config(text, (mini / "config.json").string()));
    DG_ASSIGN(loaded->tokenizer, Tokenizer::load(mini / "tokenizer.json"));
    loaded->model = random_model(config, seed);
    loaded->model.hash = model_hash(loaded->model);
    DG_TRY(check_vocabulary(*loaded, mini));
    return ModelPtr(std::move(loaded));
}

Result<ModelPtr> make_model(const std::string& name, fs::path assets) {
    // a folder needs no assets; a shipped model of the same name goes first
    const bool directory = !name.empty() && holds_model(name);
    if (assets.empty() && directory) return load_directory(name, name);
    if (assets.empty()) {
        DG_ASSIGN(assets, find_assets());
    }
    if (auto seed = random_seed(name)) {
        DG_TRY(*seed);
        return make_random(name, assets, seed->value());
    }
    const fs::path shipped = assets / "models" / name;
    if (!name.empty() && holds_model(shipped)) return load_directory(name, shipped);
    if (directory) return load_directory(name, name);
    std::vector<std::string> known = shipped_models(assets);
    known.emplace_back("random");
    return Error{"model_unknown",
                 {{"name", printable(name)}, {"known", fmt::format("{}", fmt::join(known, ", "))}, {"suggestion", nearest(name, known)}},
                 ""};
}

/// "mini@fp8": the model of the first name with the number format of the second.
Result<ModelPtr> in_format(const std::string& name, std::size_t at, Session& session) {
    DG_TRY(parse_numerics(std::string_view(name).substr(at + 1)));
    DG_ASSIGN(const ModelPtr plain, session.model(name.substr(0, at)));
    auto changed = std::make_shared<LoadedModel>(*plain);
    changed->name = name;
    return ModelPtr(std::move(changed));
}

Result<std::shared_ptr<const Trace>> record(ModelPtr model, const std::string& prompt, const TraceOptions& asked) {
    auto trace = std::make_shared<Trace>();
    trace->prompt = prompt;
    trace->tokens = model->tokenizer.encode_spans(prompt);
    trace->batch.batch = 1;
    trace->batch.length = static_cast<std::int64_t>(trace->tokens.size());
    for (const TokenSpan& token : trace->tokens) trace->batch.ids.push_back(token.id);

    const Config& config = model->model.config;
    ForwardOptions options;
    options.decode = config.attention == AttentionKind::kMla;
    options.balance = config.n_routed_experts > 0;
    options.head_gain = asked.head_gain;
    options.numerics = asked.numerics.lossy() ? asked.numerics : numerics_of(*model);
    options.lens = asked.lens;
    DG_TRY(forward(model->model, trace->batch, options, trace->tape));
    trace->model = std::move(model);
    return std::shared_ptr<const Trace>(std::move(trace));
}

}  // namespace

Session::Session(fs::path assets) : assets_(std::move(assets)) {
    if (!assets_.empty()) return;
    if (Result<fs::path> found = find_assets()) assets_ = std::move(found).value();
}

Result<ModelPtr> Session::model(const std::string& name) {
    std::shared_ptr<ModelSlot> slot;
    {
        const std::lock_guard lock(mutex_);
        auto& entry = models_[name];
        if (!entry) entry = std::make_shared<ModelSlot>();
        slot = entry;
    }
    // others who ask for the same model wait here; a failure is not kept: the file may be mended
    const std::lock_guard lock(slot->mutex);
    if (!slot->value) {
        // a folder may have an @ in its name, as long as no number format follows
        std::size_t at = name.rfind('@');
        if (at != std::string::npos && holds_model(name) && !parse_numerics(std::string_view(name).substr(at + 1))) at = std::string::npos;
        DG_ASSIGN(slot->value, at == std::string::npos ? make_model(name, assets_) : in_format(name, at, *this));
    }
    return slot->value;
}

Result<std::shared_ptr<const Trace>> Session::trace(const std::string& model_name, const std::string& prompt,
                                                    const TraceOptions& options) {
    DG_ASSIGN(ModelPtr loaded, model(model_name));
    std::shared_ptr<TraceSlot> slot;
    {
        const std::lock_guard lock(mutex_);
        const auto known = std::ranges::find_if(traces_, [&](const auto& t) {
            return t->model == model_name && t->prompt == prompt && t->options == options;
        });
        if (known != traces_.end()) {
            traces_.splice(traces_.begin(), traces_, known);
        } else {
            traces_.push_front(std::make_shared<TraceSlot>());
            traces_.front()->model = model_name, traces_.front()->prompt = prompt, traces_.front()->options = options;
            if (traces_.size() > kTracesKept) traces_.pop_back();
        }
        slot = traces_.front();
    }
    const std::lock_guard lock(slot->mutex);
    if (!slot->value) {
        DG_ASSIGN(slot->value, record(std::move(loaded), prompt, options));
    }
    return slot->value;
}

Result<fs::path> find_assets() { return sim::find_assets(); }

}  // namespace dg::viz
