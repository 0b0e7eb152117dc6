#include "app/window/living_model.h"

#include "engine/base/mathfn.h"
#include "engine/model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dg::app {
namespace {

constexpr std::size_t kCandidates = 3;

/// Weight a head puts on other tokens than the row's own and the first, over the last rows.
double reach(const Tensor<float>& probs, std::int64_t head, std::int64_t length, std::int64_t first) {
    double sum = 0;
    for (std::int64_t t = std::max<std::int64_t>(first, 2); t < length; ++t) {
        for (std::int64_t u = 1; u < t; ++u) sum += static_cast<double>(probs[(head * length + t) * length + u]);
    }
    return sum;
}

void read_attention(const Tape<float>& tape, LivingStep& step) {
    const TensorId id = tape.find(fmt::format("layers.{}.attn.probs", step.layer));
    if (id < 0) return;
    const Tensor<float>& probs = tape.value(id);
    const std::int64_t heads = probs.shape()[1], length = probs.shape()[2], shown = static_cast<std::int64_t>(step.labels.size()), first = length - shown;
    double best = -1;
    for (std::int64_t h = 0; h < heads; ++h) {
        if (const double r = reach(probs, h, length, first); r > best) best = r, step.head = h;
    }
    step.attention.assign(static_cast<std::size_t>(shown * shown), -1.0F);
    for (std::int64_t t = 0; t < shown; ++t) {
        for (std::int64_t u = 0; u <= t; ++u)
            step.attention[static_cast<std::size_t>(t * shown + u)] = probs[(step.head * length + first + t) * length + first + u];
    }
}

void read_experts(const Tape<float>& tape, const Config& config, LivingStep& step) {
    const std::string prefix = fmt::format("layers.{}.mlp.gate.", step.layer);
    const TensorId weights = tape.find(prefix + "topk_weights");
    if (weights < 0) return;
    const std::int64_t chosen = config.num_experts_per_tok, last = static_cast<std::int64_t>(step.ids.size()) - 1;
    step.gates.assign(static_cast<std::size_t>(config.n_routed_experts), 0.0F);
    const Tensor<float>& ids = tape.value(tape.find(prefix + "topk_ids"));
    for (std::int64_t k = 0; k < chosen; ++k)
        step.gates.at(static_cast<std::size_t>(ids[last * chosen + k])) = tape.value(weights)[last * chosen + k];
    step.shared = config.n_shared_experts > 0;
}

void read_candidates(const Tape<float>& tape, const Tokenizer& tokenizer, LivingStep& step) {
    const Tensor<float>& logits = tape.value(tape.find("logits"));
    const std::int64_t vocabulary = logits.shape().back();
    const float* row = logits.data() + (static_cast<std::int64_t>(step.ids.size()) - 1) * vocabulary;
    // only what the tokenizer can write; the sum runs over all
    const std::int64_t written = std::min<std::int64_t>(vocabulary, tokenizer.vocab_size());
    const float top = *std::max_element(row, row + vocabulary);
    double sum = 0;
    for (std::int64_t i = 0; i < vocabulary; ++i) sum += dg::exp(static_cast<double>(row[i]) - static_cast<double>(top));
    std::vector<std::int32_t> order(static_cast<std::size_t>(written));
    std::iota(order.begin(), order.end(), 0);
    const std::size_t kept = std::min(kCandidates, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(), [row](std::int32_t a, std::int32_t b) { return row[a] != row[b] ? row[a] > row[b] : a < b; });
    for (std::size_t i = 0; i < kept; ++i)
        step.top.push_back({tokenizer.label(order[i]), dg::exp(static_cast<double>(row[order[i]]) - static_cast<double>(top)) / sum});
    // a special token ends the text
    if (kept > 0 && !tokenizer.is_special(order[0])) step.next = order[0];
}

}  // namespace

Result<LivingStep> living_step(const viz::LoadedModel& model, const std::vector<std::int32_t>& ids) {
    const Config& config = model.model.config;
    TokenBatch batch;
    batch.batch = 1, batch.length = static_cast<std::int64_t>(ids.size());
    batch.ids = ids;
    Tape<float> tape;
    DG_TRY(forward(model.model, batch, ForwardOptions{}, tape));
    LivingStep step;
    step.ids = ids;
    DG_ASSIGN(step.text, model.tokenizer.decode(ids));
    const std::size_t shown = std::min(ids.size(), static_cast<std::size_t>(kLivingWindow));
    for (std::size_t i = ids.size() - shown; i < ids.size(); ++i) step.labels.push_back(model.tokenizer.label(ids[i]));
    step.layer = config.num_hidden_layers / 2;
    step.model = model.name;
    const ParameterCount count = count_parameters(config);
    step.parameters = count.total + count.mtp;
    read_attention(tape, step);
    read_experts(tape, config, step);
    read_candidates(tape, model.tokenizer, step);
    return step;
}

void LivingModel::request(std::function<Result<LivingStep>()> work) {
    asked_ = true;
    lane_.request([this, work = std::move(work)](const viz::Progress&) -> Lane::Finish {
        Result<LivingStep> done = guarded<LivingStep>(work);
        return [this, done = std::move(done)] {
            asked_ = false;
            if (done) step_ = done.value(), error_.reset(), age_ = 0, ++written_;
            else error_ = done.error(), written_ = kWritten;
        };
    });
}

void LivingModel::begin(const std::string& prompt) {
    if (prompt == prompt_) return;
    prompt_ = prompt;
    written_ = 0;
    request([this, prompt]() -> Result<LivingStep> {
        DG_ASSIGN(const std::shared_ptr<const viz::LoadedModel> model, session_.model("mini"));
        return living_step(*model, model->tokenizer.encode(prompt));
    });
}

double LivingModel::shown() const { return std::min(1.0, age_ / kShowSeconds); }

void LivingModel::advance(double dt, bool hold) {
    if (!step_) return;
    age_ += dt;
    if (hold || asked_ || resting() || age_ < kStepSeconds || step_->next < 0) return;
    std::vector<std::int32_t> ids = step_->ids;
    ids.push_back(step_->next);
    request([this, ids = std::move(ids)]() -> Result<LivingStep> {
        DG_ASSIGN(const std::shared_ptr<const viz::LoadedModel> model, session_.model("mini"));
        return living_step(*model, ids);
    });
}

double LivingModel::next_frame(bool hold) const {
    if (!step_) return -1;
    if (shown() < 1) return 1.0 / 24;  // the picture is small and quiet: film speed is enough
    return hold || asked_ || resting() ? -1 : std::max(0.02, kStepSeconds - age_);
}

}  // namespace dg::app
