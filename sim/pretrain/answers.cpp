#include "engine/base/mathfn.h"
#include "engine/base/parallel.h"
#include "sim/pretrain/abilities.h"

#include <algorithm>

namespace dg::sim {
namespace {

constexpr std::int32_t kEnd = 0;

std::vector<std::int32_t> with_border(const Tokenizer& tokenizer, const std::string& text) {
    std::vector<std::int32_t> ids{kEnd};
    const auto piece = tokenizer.encode(text);
    ids.insert(ids.end(), piece.begin(), piece.end());
    return ids;
}

double log_softmax(std::span<const float> logits, std::int64_t id) {
    const double top = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float z : logits) sum += dg::exp(static_cast<double>(z) - top);
    return static_cast<double>(logits[static_cast<std::size_t>(id)]) - top - dg::log(sum);
}

std::int32_t best(std::span<const float> logits) {
    return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

struct GreedyText {
    std::string text;
    double probability = 0;  // product over the chosen tokens
};

/// Greedy text of at least `bytes` bytes (or to the document's end), with its probability.
GreedyText greedy(const PackedModel& packed, const Tokenizer& tokenizer, const std::string& prompt, std::size_t bytes) {
    Decoder decoder(packed);
    GreedyText c{{}, 1};
    std::vector<std::int32_t> next = with_border(tokenizer, prompt);
    while (c.text.size() < bytes) {
        const auto logits = decoder.append(next);
        if (!logits) break;
        const std::int32_t id = best(*logits);
        if (id == kEnd) break;
        c.probability *= dg::exp(log_softmax(*logits, id));
        c.text += tokenizer.bytes(id);
        next = {id};
    }
    return c;
}

nlohmann::ordered_json as_json(const ProbeScore& s) {
    return {{"n", s.n}, {"accuracy", s.accuracy}, {"mean_probability", s.mean_probability}, {"rival_rate", s.other_rate}};
}

}  // namespace

Result<double> log_probability(const PackedModel& packed, const Tokenizer& tokenizer, const std::string& prompt, const std::string& continuation) {
    Decoder decoder(packed);
    std::vector<std::int32_t> next = tokenizer.encode(prompt);
    double sum = 0;
    for (const std::int32_t id : tokenizer.encode(continuation)) {
        DG_ASSIGN(const std::span<const float> logits, decoder.append(next));
        sum += log_softmax(logits, id);
        next = {id};
    }
    return sum;
}

ProbeScore score_probes(const PackedModel& packed, const Tokenizer& tokenizer, const std::vector<Probe>& probes, bool anywhere) {
    std::vector<ProbeScore> parts(probes.size());
    parallel_for(static_cast<std::int64_t>(probes.size()), [&](std::int64_t i) {
        const Probe& p = probes[static_cast<std::size_t>(i)];
        const GreedyText c = greedy(packed, tokenizer, p.prompt, anywhere ? std::size_t{200} : std::max(p.answer.size(), p.other.size()));
        ProbeScore& s = parts[static_cast<std::size_t>(i)];
        const std::size_t at = c.text.find(p.answer);
        s.accuracy = at == 0 || (anywhere && at != std::string::npos) ? 1 : 0;
        s.other_rate = !p.other.empty() && c.text.rfind(p.other, 0) == 0 ? 1 : 0;
        s.mean_probability = c.probability;
    });
    ProbeScore sum;
    sum.n = static_cast<std::int64_t>(probes.size());
    for (const ProbeScore& s : parts) {
        sum.accuracy += s.accuracy / static_cast<double>(sum.n);
        sum.mean_probability += s.mean_probability / static_cast<double>(sum.n);
        sum.other_rate += s.other_rate / static_cast<double>(sum.n);
    }
    return sum;
}

nlohmann::ordered_json answers(const Model<float>& model, const Tokenizer& tokenizer) {
    const PackedModel packed(model);
    nlohmann::ordered_json json;
    const auto ask = [&](const std::string& name, const std::vector<Probe>& probes) { json[name] = as_json(score_probes(packed, tokenizer, probes)); };
    constexpr std::size_t kEach = 100;
    for (const char* label : {"who", "where", "colour", "what"}) {
        ask(std::string("story_en.") + label, question_probes(Domain::kStoryEn, label, kEach));
        ask(std::string("story_zh.") + label, question_probes(Domain::kStoryZh, label, kEach));
    }
    ask("notes.secret", question_probes(Domain::kNotes, "secret", kEach));
    ask("notes.capital", question_probes(Domain::kNotes, "capital", kEach));
    ask("key_value.copy", question_probes(Domain::kKeyValue, "copy", kEach));
    ask("code.output", question_probes(Domain::kCode, "output", kEach));
    ask("facts.seen.en", fact_probes(true, Tongue::kEn));
    ask("facts.seen.zh", fact_probes(true, Tongue::kZh));
    ask("facts.unseen.en", fact_probes(false, Tongue::kEn));
    ask("facts.unseen.with_note.en", note_probes(false, Tongue::kEn));
    ask("facts.seen.contradicting_note.en", note_probes(true, Tongue::kEn));
    json["addition.with_steps"] = as_json(score_probes(packed, tokenizer, addition_probes(true, kEach), true));
    ask("addition.direct", addition_probes(false, kEach));
    ask("quiz", quiz_probes(1, kEach));
    ask("festival.unseen", festival_probes());
    for (const auto& c : after_hunan_da()) {
        const auto log_p = log_probability(packed, tokenizer, "湖南大", std::string(c.text));
        if (log_p) json["after_hunan_da"][std::string(c.text)] = {{"model", dg::exp(*log_p)}, {"corpus", c.probability}};
    }
    return json;
}

}  // namespace dg::sim
