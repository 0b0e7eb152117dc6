// deepglass train RECIPE | eval MODEL TEXTFILE
#include "app/commands/command.h"
#include "app/commands/model_input.h"
#include "app/interrupt.h"
#include "app/progress_line.h"
#include "engine/io/files.h"
#include "sim/pretrain/pretrain.h"

#include <algorithm>
#include <thread>

namespace dg::app {
namespace {

struct TrainOptions {
    std::string recipe, out;
    bool resume = false;
};

Result<void> run_train(Context& c, const TrainOptions& o) {
    DG_ASSIGN(const sim::Recipe recipe, sim::load_recipe(o.recipe));
    std::stop_source stop;
    ProgressLine line(c.err, c.terminal, c.lang, c.word("cli.train.label"), c.word("cli.train.unit"));
    sim::PretrainOptions options;
    options.out = o.out.empty() ? std::filesystem::path("out") / recipe.name : std::filesystem::path(o.out);
    options.resume = o.resume;
    options.progress = [&](const sim::PretrainProgress& p) {
        if (interrupted()) stop.request_stop();
        line.update(static_cast<double>(p.stats.step), static_cast<double>(p.steps), fmt::format("loss {:.3f}  {:.0f} tok/s", p.stats.loss, p.tokens_per_second));
    };
    DG_TRY(sim::pretrain(recipe, options, stop.get_token()));
    c.out << options.out.string() << '\n';
    return {};
}

/// Sum of -ln p over all tokens but the first, every token seen with at least half a context before it (where there is one).
Result<double> text_nats(const OpenModel& open, const std::vector<std::int32_t>& ids, const Numerics& numerics) {
    const std::int64_t context = open.model.config.max_position_embeddings, total = static_cast<std::int64_t>(ids.size());
    double nats = 0;
    for (std::int64_t begin = 0, scored = 1; scored < total; begin = std::max(begin + 1, scored - context / 2)) {
        const std::int64_t length = std::min(context, total - begin);
        TokenBatch window{1, length, {ids.begin() + begin, ids.begin() + begin + length}};
        Tape<float> tape(Tape<float>::Mode::kTrain);
        ForwardOptions options;
        options.mtp = false;
        options.numerics = numerics;
        DG_TRY(forward(open.model, window, options, tape));
        const Tensor<float>& nll = tape.value(tape.find("loss.main.nll"));
        for (; scored < begin + length; ++scored) nats += static_cast<double>(nll[scored - begin - 1]);
        if (interrupted()) return Error{"cancelled", {}, {}};
    }
    return nats;
}

struct EvalOptions {
    std::string model, file, numerics = "f32";
};

Result<void> run_eval(Context& c, const EvalOptions& o) {
    const std::string& file = o.file;
    DG_ASSIGN(const Numerics numerics, parse_numerics(o.numerics));
    DG_ASSIGN(const OpenModel open, open_model(o.model));
    if (!open.tokenizer) return Error{"tokenizer_missing", {}, open.directory.string()};
    DG_ASSIGN(const std::string text, read_file(file));
    const std::vector<std::int32_t> ids = open.tokenizer->encode(text);
    if (ids.size() < 2) return Error{"eval_too_short", {}, file};
    DG_ASSIGN(const double nats, text_nats(open, ids, numerics));
    c.out << c.word("cli.eval.result", {{"tokens", std::to_string(ids.size() - 1)},
                                        {"bytes", std::to_string(text.size())},
                                        {"per_token", fmt::format("{:.6f}", nats / static_cast<double>(ids.size() - 1))},
                                        {"per_byte", fmt::format("{:.6f}", nats / static_cast<double>(text.size()))}})
          << '\n';
    return {};
}

}  // namespace

Action declare_train(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<TrainOptions>();
    cli.add_option("RECIPE", o->recipe, context.word("cli.train.recipe"))->required();
    cli.add_flag("--resume", o->resume, context.word("cli.train.resume"));
    cli.add_option("--out", o->out, context.word("cli.train.out"));
    return [o](Context& c) { return run_train(c, *o); };
}

Action declare_eval(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<EvalOptions>();
    cli.add_option("MODEL", o->model, context.word("cli.model"))->required();
    cli.add_option("TEXTFILE", o->file, context.word("cli.eval.file"))->required();
    declare_numerics(cli, context, o->numerics);
    return [o](Context& c) { return run_eval(c, *o); };
}

}  // namespace dg::app
