// deepglass trace | explain | gradients: the recorded pass, as files and as answers.
#include "app/commands/command.h"
#include "app/commands/model_input.h"
#include "engine/io/safetensors.h"
#include "engine/model/decode.h"
#include "viz/inspector/inspector.h"

#include <algorithm>

namespace dg::app {
namespace {

struct Options {
    ModelWords words;
    std::string output, tensor, at;
    bool incremental = false, json = false;
};

RawTensor to_raw(const Tensor<float>& t, bool integer) {
    if (!integer) return RawTensor::from(t);
    std::vector<std::int64_t> values;
    for (const float v : t.values()) values.push_back(static_cast<std::int64_t>(v));
    return RawTensor::from_ints(t.shape(), values);
}

/// Token by token through the latent cache: [B,T,V].
Result<Tensor<float>> decode_logits(const Model<float>& model, const TokenBatch& tokens, const Numerics& numerics) {
    const PackedModel packed(model, numerics);
    Tensor<float> all({tokens.batch, tokens.length, model.config.vocab_size});
    for (std::int64_t b = 0; b < tokens.batch; ++b) {
        Decoder decoder(packed);
        for (std::int64_t t = 0; t < tokens.length; ++t) {
            const std::int32_t id = tokens.at(b, t);
            DG_ASSIGN(const std::span<const float> logits, decoder.append({&id, 1}));
            std::copy(logits.begin(), logits.end(), all.row(b * tokens.length + t));
        }
    }
    return all;
}

/// Helper tensors of the recording that no trace shows, and what is made of weights.
bool internal(const std::string& name) {
    return name.starts_with("mtp_prenorm.") || name.ends_with(".targets") || name.starts_with("model.");
}

/// A prompt run through a model, with every tensor.
struct Recording {
    OpenModel open;
    TokenBatch tokens;
    Numerics numerics;
    Tape<float> tape;
};

Result<void> record(const Options& o, bool decode, Recording& r) {
    DG_ASSIGN(r.numerics, parse_numerics(o.words.numerics));
    DG_ASSIGN(r.open, open_model(o.words.model));
    DG_ASSIGN(r.tokens, read_tokens(r.open, o.words));
    ForwardOptions options;
    options.balance = r.open.model.config.n_routed_experts > 0;
    options.mtp_prenorm = true;
    options.numerics = r.numerics;
    options.decode = decode;
    return forward(r.open.model, r.tokens, options, r.tape);
}

Result<void> run_trace(const Options& o) {
    if (o.output.empty()) return Error{"usage_output", {}, "-o"};
    Recording r;
    DG_TRY(record(o, false, r));
    SafeTensors content;
    for (const std::string& name : r.tape.names()) {
        const TensorId id = r.tape.find(name);
        if (!internal(name)) content.tensors.emplace(name, to_raw(r.tape.value(id), r.tape.integer(id)));
    }
    if (o.incremental) {
        DG_ASSIGN(const Tensor<float> logits, decode_logits(r.open.model, r.tokens, r.numerics));
        content.tensors.emplace("decode.logits", RawTensor::from(logits));
    }
    return write_safetensors(o.output, content);
}

Result<void> run_explain(Context& c, const Options& o) {
    DG_ASSIGN(const Index at, read_index(o.at));
    Recording r;
    DG_TRY(record(o, o.tensor.starts_with("decode."), r));
    DG_ASSIGN(Explanation why, r.tape.explain(o.tensor, at));
    if (o.json) {
        c.out << viz::explanation_json(why) << '\n';
    } else {
        c.out << viz::page_text(c.lang, viz::make_page(std::move(why))) << '\n';
    }
    return {};
}

Result<void> run_gradients(const Options& o) {
    if (o.output.empty()) return Error{"usage_output", {}, "-o"};
    DG_ASSIGN(const Numerics numerics, parse_numerics(o.words.numerics));
    DG_ASSIGN(const OpenModel open, open_model(o.words.model));
    DG_ASSIGN(const TokenBatch tokens, read_tokens(open, o.words));
    if (tokens.length < 2) return Error{"gradients_one_token", {}, {}};
    Tape<float> tape(Tape<float>::Mode::kTrain);
    ForwardOptions options;
    options.numerics = numerics;
    options.fp8_training = true;
    DG_TRY(forward(open.model, tokens, options, tape));
    tape.backward(tape.find("loss.total"));
    SafeTensors content;
    for (const auto& [name, weight] : open.model.weights.tensors) {
        if (name.ends_with("e_score_correction_bias")) continue;  // a controller: no gradient
        const TensorId id = tape.find(name);
        const bool reached = id >= 0 && !tape.grad(id).empty();
        content.tensors.emplace(name, RawTensor::from(reached ? tape.grad(id) : Tensor<float>(weight.shape())));
    }
    return write_safetensors(o.output, content);
}

}  // namespace

Action declare_trace(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<Options>();
    declare_model(cli, context, o->words, true);
    cli.add_flag("--incremental", o->incremental, context.word("cli.trace.incremental"));
    cli.add_option("-o,--output", o->output, context.word("cli.output.safetensors"));
    return [o](Context&) { return run_trace(*o); };
}

Action declare_explain(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<Options>();
    declare_model(cli, context, o->words, true);
    cli.add_option("--tensor", o->tensor, context.word("cli.explain.tensor"))->required();
    cli.add_option("--at", o->at, context.word("cli.explain.at"))->required();
    cli.add_flag("--json", o->json, context.word("cli.json"));
    return [o](Context& c) { return run_explain(c, *o); };
}

Action declare_gradients(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<Options>();
    declare_model(cli, context, o->words, true);
    cli.add_option("-o,--output", o->output, context.word("cli.output.safetensors"));
    return [o](Context&) { return run_gradients(*o); };
}

}  // namespace dg::app
