#include "sim/pretrain/card.h"

#include "engine/base/mathfn.h"
#include "engine/base/parallel.h"
#include "engine/base/rng.h"
#include "engine/io/hf.h"
#include "sim/corpus/corpus.h"
#include "sim/pretrain/abilities.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace dg::sim {
namespace {

constexpr std::int32_t kEnd = 0;

/// Document with borders as the model sees it in evaluation.
std::vector<std::int32_t> bordered(const Tokenizer& tokenizer, const std::string& text) {
    std::vector<std::int32_t> ids{kEnd};
    const auto piece = tokenizer.encode(text);
    ids.insert(ids.end(), piece.begin(), piece.end());
    ids.push_back(kEnd);
    return ids;
}

std::int64_t argmax(const float* z, std::int64_t n) { return std::max_element(z, z + n) - z; }

struct DocumentLoss {
    double nats = 0, agree = 0;
    std::int64_t tokens = 0, compared = 0;
};

DocumentLoss measure(const Model<float>& model, const std::vector<std::int32_t>& ids) {
    Tape<float> tape(Tape<float>::Mode::kTrain);
    const auto n = static_cast<std::int64_t>(ids.size());
    ForwardOptions options;
    if (!forward(model, TokenBatch{1, n, ids}, options, tape)) return {};
    DocumentLoss loss;
    loss.tokens = n - 1;
    loss.nats = static_cast<double>(tape.value(tape.find("loss.main"))[0]) * static_cast<double>(n - 1);
    if (const TensorId mtp = tape.find("mtp.0.logits"); mtp >= 0) {
        // row i of the module predicts token i+2; the main model's row i+1 does too
        const Tensor<float>&main = tape.value(tape.find("logits")), &draft = tape.value(mtp);
        for (std::int64_t i = 0; i + 1 < n; ++i, ++loss.compared)
            if (argmax(draft.row(i), draft.cols()) == argmax(main.row(i + 1), main.cols())) loss.agree += 1;
    }
    return loss;
}

}  // namespace

std::vector<DomainLoss> domain_losses(const Model<float>& model, const Tokenizer& tokenizer, std::uint64_t seed, std::int64_t documents) {
    std::vector<DomainLoss> all;
    for (const DomainInfo& domain : domains()) {
        std::vector<DocumentLoss> parts(static_cast<std::size_t>(documents));
        std::vector<Document> docs;
        for (std::int64_t i = 0; i < documents; ++i) docs.push_back(document_of(domain.id, seed, static_cast<std::uint64_t>(i)));
        parallel_for(documents, [&](std::int64_t i) {
            parts[static_cast<std::size_t>(i)] = measure(model, bordered(tokenizer, docs[static_cast<std::size_t>(i)].text));
        });
        DomainLoss d{std::string(domain.name), documents};
        double agree = 0, compared = 0;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            d.tokens += parts[i].tokens;
            d.bytes += static_cast<std::int64_t>(docs[i].text.size());
            d.model_nats += parts[i].nats / static_cast<double>(documents);
            d.entropy_nats += (docs[i].entropy_nats - dg::log(domain.share)) / static_cast<double>(documents);
            agree += parts[i].agree;
            compared += static_cast<double>(parts[i].compared);
        }
        d.mtp_agreement = compared > 0 ? agree / compared : 0;
        all.push_back(std::move(d));
    }
    return all;
}

Result<std::string> model_card(const Recipe& recipe, const Model<float>& model, const Tokenizer& tokenizer, std::int64_t tokens, double seconds) {
    nlohmann::ordered_json card;
    const ParameterCount count = count_parameters(recipe.model);
    card["name"] = recipe.name;
    card["seed"] = recipe.seed;
    card["model_hash"] = model_hash(model);
    card["corpus_hash"] = fmt::format("{:016x}", corpus_hash(recipe.seed, 10000));
    card["parameters"] = {{"total", count.total}, {"active", count.active}, {"mtp", count.mtp}};
    card["training"] = {{"steps", recipe.train.schedule.steps}, {"tokens", tokens}, {"wall_seconds", std::round(seconds)}};
    double model_nats = 0, entropy_nats = 0;
    for (const DomainLoss& d : domain_losses(model, tokenizer, hash_words(recipe.seed, 0xE7A1), recipe.eval_documents)) {
        const double share = domains()[card["domains"].size()].share;
        model_nats += share * d.model_nats;
        entropy_nats += share * d.entropy_nats;
        card["domains"].push_back({{"domain", d.domain}, {"documents", d.documents}, {"tokens", d.tokens}, {"bytes", d.bytes},
                                   {"model_nats_per_document", d.model_nats}, {"entropy_nats_per_document", d.entropy_nats},
                                   {"ratio", d.model_nats / d.entropy_nats}, {"mtp_agreement", d.mtp_agreement}});
    }
    card["all"] = {{"model_nats_per_document", model_nats}, {"entropy_nats_per_document", entropy_nats}, {"ratio", model_nats / entropy_nats}};
    card["answers"] = answers(model, tokenizer);
    card["inside"] = inner_life(model, tokenizer);
    card["recipe"] = recipe.text;
    return card.dump(2) + "\n";
}

}  // namespace dg::sim
