// deepglass generate MODEL -p TEXT: one token after another through the fast decoder.
#include "app/commands/command.h"
#include "app/commands/model_input.h"
#include "app/interrupt.h"
#include "engine/base/rng.h"
#include "engine/model/decode.h"
#include "engine/model/sampler.h"
#include "engine/model/speculative.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace dg::app {
namespace {

struct Options {
    ModelWords words;
    std::int64_t count = 64;
    SampleSettings sampling;
    std::uint64_t seed = 0;
    bool json = false, mtp = false;
};

struct Generated {
    std::vector<std::int32_t> prompt, ids;
    std::vector<double> logprobs;  // of the chosen tokens under the untempered softmax
    std::optional<GeneratedText> drafts;  // --mtp: what was proposed and kept
};

/// Writes whole characters as soon as they are complete.
class Stream {
  public:
    Stream(std::ostream& out, const Tokenizer* tokenizer) : out_(out), tokenizer_(tokenizer) {}

    void add(std::int32_t id) {
        pending_ += tokenizer_->bytes(id);
        if (valid_utf8(pending_) || pending_.size() > 8) flush();
    }

    void flush() {
        out_ << printable(pending_) << std::flush;
        pending_.clear();
    }

  private:
    std::ostream& out_;
    const Tokenizer* tokenizer_;
    std::string pending_;
};

/// The MTP module drafts, the main model verifies: the same text in fewer passes.
Result<Generated> generate_with_drafts(const Options& o, const OpenModel& open, const TokenBatch& prompt, const PackedModel& packed, Stream* text) {
    GenerateSettings settings{.tokens = o.count, .sampling = o.sampling, .seed = o.seed};
    if (text != nullptr)
        settings.written = [&](std::int32_t id) {
            if (id != open.model.config.eos_token_id) text->add(id);
        };
    DG_ASSIGN(GeneratedText written, dg::generate(packed, prompt.ids, settings, [] { return !interrupted(); }));
    Generated g{prompt.ids, written.ids, written.logprobs, {}};
    g.drafts = std::move(written);
    return g;
}

Result<Generated> generate(Context& c, const Options& o, const OpenModel& open, const TokenBatch& prompt, const Numerics& numerics) {
    if (prompt.batch != 1) return Error{"usage_one_row", {}, "--ids"};
    // one scale for all rows of a pass: a draft beside a token would change that token's rounding
    if (o.mtp && numerics.kind == NumericsKind::kFp8Tensor) return Error{"usage_mtp_numerics", {}, "--mtp"};
    const PackedModel packed(open.model, numerics);
    const bool stream = !o.json && open.tokenizer;
    Stream text(c.out, stream ? &*open.tokenizer : nullptr);
    if (stream) c.out << printable(o.words.prompt);
    if (o.mtp) {
        Result<Generated> drafted = generate_with_drafts(o, open, prompt, packed, stream ? &text : nullptr);
        if (stream) text.flush();
        return drafted;
    }
    Decoder decoder(packed);
    Generated g{prompt.ids, {}, {}, {}};
    std::vector<std::int32_t> next = prompt.ids;
    for (std::int64_t i = 0; i < o.count && !interrupted(); ++i) {
        if (decoder.length() + static_cast<std::int64_t>(next.size()) > open.model.config.max_position_embeddings && i > 0) break;  // context full
        DG_ASSIGN(const std::span<const float> logits, decoder.append(next));
        DG_ASSIGN(const SampleStages stages, sample_stages(logits, o.sampling));
        Rng rng = Rng::keyed(o.seed, "generate", static_cast<std::uint64_t>(i));
        const std::int32_t id = sample(stages, rng.uniform());
        g.ids.push_back(id);
        g.logprobs.push_back(log_probability(logits, id));
        if (id == open.model.config.eos_token_id) break;
        if (stream) text.add(id);
        next = {id};
    }
    if (stream) text.flush();
    return g;
}

/// What drafting saved: accepted of proposed, and tokens written per pass of the main model (the prompt's counts as one).
struct Savings {
    std::int64_t proposed = 0, accepted = 0, passes = 0, tokens = 0;

    explicit Savings(const GeneratedText& g)
        : proposed(g.drafted()), accepted(g.accepted()), passes(static_cast<std::int64_t>(g.passes.size()) + (g.ids.empty() ? 0 : 1)), tokens(static_cast<std::int64_t>(g.ids.size())) {}

    [[nodiscard]] double acceptance() const { return proposed > 0 ? static_cast<double>(accepted) / static_cast<double>(proposed) : 0; }

    [[nodiscard]] double per_pass() const { return passes > 0 ? static_cast<double>(tokens) / static_cast<double>(passes) : 0; }
};

Result<void> run_generate(Context& c, const Options& o) {
    DG_ASSIGN(const Numerics numerics, parse_numerics(o.words.numerics));
    DG_ASSIGN(const OpenModel open, open_model(o.words.model));
    DG_ASSIGN(const TokenBatch prompt, read_tokens(open, o.words));
    DG_ASSIGN(const Generated g, generate(c, o, open, prompt, numerics));
    if (!o.json) {
        if (!open.tokenizer) c.out << fmt::format("{}", fmt::join(g.ids, ","));
        c.out << '\n';
        if (g.drafts) {
            const Savings s(*g.drafts);
            c.err << c.word("generate.drafts", {{"accepted", std::to_string(s.accepted)}, {"proposed", std::to_string(s.proposed)}, {"share", fmt::format("{:.1f}", 100 * s.acceptance())},
                                                {"tokens", std::to_string(s.tokens)}, {"passes", std::to_string(s.passes)}, {"per_pass", fmt::format("{:.2f}", s.per_pass())}})
                  << '\n';
        }
        return {};
    }
    std::string text;
    if (open.tokenizer) {
        std::vector<std::int32_t> shown = g.ids;
        if (!shown.empty() && shown.back() == open.model.config.eos_token_id) shown.pop_back();
        DG_ASSIGN(text, open.tokenizer->decode(shown));
    }
    nlohmann::ordered_json json;
    json["prompt_ids"] = g.prompt;
    json["ids"] = g.ids;
    json["text"] = printable(text);
    json["logprobs"] = g.logprobs;
    if (g.drafts) {
        const Savings s(*g.drafts);
        json["drafts"] = {{"proposed", s.proposed}, {"accepted", s.accepted}, {"acceptance", s.acceptance()}, {"passes", s.passes}, {"tokens_per_pass", s.per_pass()}};
    }
    c.out << json.dump() << '\n';
    return {};
}

}  // namespace

Action declare_generate(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<Options>();
    declare_model(cli, context, o->words, true);
    cli.add_option("-n,--tokens", o->count, context.word("cli.generate.count"))->check(CLI::NonNegativeNumber);
    cli.add_option("--temperature", o->sampling.temperature, context.word("cli.generate.temperature"));
    cli.add_option("--top-k", o->sampling.top_k, context.word("cli.generate.top_k"));
    cli.add_option("--top-p", o->sampling.top_p, context.word("cli.generate.top_p"));
    cli.add_option("--seed", o->seed, context.word("cli.seed"));
    cli.add_flag("--mtp", o->mtp, context.word("cli.generate.mtp"));
    cli.add_flag("--json", o->json, context.word("cli.json"));
    o->sampling.temperature = 0;
    return [o](Context& c) { return run_generate(c, *o); };
}

}  // namespace dg::app
