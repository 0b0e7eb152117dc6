// deepglass generate MODEL -p TEXT: one token after another through the fast decoder.
#include "app/commands/command.h"
#include "app/commands/model_input.h"
#include "app/interrupt.h"
#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "engine/model/decode.h"
#include "engine/model/sampler.h"

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
    bool json = false;
};

struct Generated {
    std::vector<std::int32_t> prompt, ids;
    std::vector<double> logprobs;  // of the chosen tokens under the untempered softmax
};

double log_probability(std::span<const float> logits, std::int32_t id) {
    const double top = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float z : logits) sum += dg::exp(static_cast<double>(z) - top);
    return static_cast<double>(logits[static_cast<std::size_t>(id)]) - top - dg::log(sum);
}

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

Result<Generated> generate(Context& c, const Options& o, const OpenModel& open, const TokenBatch& prompt, const Numerics& numerics) {
    if (prompt.batch != 1) return Error{"usage_one_row", {}, "--ids"};
    const PackedModel packed(open.model, numerics);
    Decoder decoder(packed);
    Generated g{prompt.ids, {}, {}};
    const bool stream = !o.json && open.tokenizer;
    Stream text(c.out, stream ? &*open.tokenizer : nullptr);
    if (stream) c.out << printable(o.words.prompt);
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

Result<void> run_generate(Context& c, const Options& o) {
    DG_ASSIGN(const Numerics numerics, parse_numerics(o.words.numerics));
    DG_ASSIGN(const OpenModel open, open_model(o.words.model));
    DG_ASSIGN(const TokenBatch prompt, read_tokens(open, o.words));
    DG_ASSIGN(const Generated g, generate(c, o, open, prompt, numerics));
    if (!o.json) {
        if (!open.tokenizer) c.out << fmt::format("{}", fmt::join(g.ids, ","));
        c.out << '\n';
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
    cli.add_flag("--json", o->json, context.word("cli.json"));
    o->sampling.temperature = 0;
    return [o](Context& c) { return run_generate(c, *o); };
}

}  // namespace dg::app
