#include "sim/corpus/corpus.h"

#include "engine/base/mathfn.h"
#include "sim/corpus/grammar.h"

#include <algorithm>
#include <cmath>

namespace dg::sim {

namespace {

constexpr std::array<DomainInfo, kDomains> kInfo = {{
    {.id = Domain::kStoryEn, .name = "story_en", .group = "en", .share = 0.15},
    {.id = Domain::kStoryZh, .name = "story_zh", .group = "zh", .share = 0.14},
    {.id = Domain::kArithmetic, .name = "arithmetic", .group = "math", .share = 0.15},
    {.id = Domain::kCode, .name = "code", .group = "code", .share = 0.11},
    {.id = Domain::kPolysemy, .name = "polysemy", .group = "mixed", .share = 0.11},
    {.id = Domain::kFacts, .name = "facts", .group = "mixed", .share = 0.09},
    {.id = Domain::kNotes, .name = "notes", .group = "mixed", .share = 0.09},
    {.id = Domain::kKeyValue, .name = "key_value", .group = "mixed", .share = 0.05},
    {.id = Domain::kUniversity, .name = "university", .group = "mixed", .share = 0.05},
    {.id = Domain::kBilingual, .name = "bilingual", .group = "mixed", .share = 0.04},
    {.id = Domain::kChat, .name = "chat", .group = "mixed", .share = 0.02},
}};

using WriteFn = void (*)(Writer&);
constexpr std::array<WriteFn, kDomains> kWrite = {
    &grammar::write_story_en,  &grammar::write_story_zh,  &grammar::write_arithmetic,
    &grammar::write_code,      &grammar::write_polysemy,  &grammar::write_facts,
    &grammar::write_notes,     &grammar::write_key_value, &grammar::write_university,
    &grammar::write_bilingual, &grammar::write_chat};

Document finish(const Writer& w, Domain domain, double domain_nats) {
    return {.text = w.text(),
            .domain = domain,
            .entropy_nats = w.entropy_nats(),
            .domain_nats = domain_nats,
            .spans = w.spans(),
            .questions = w.groups()};
}

}  // namespace

std::span<const DomainInfo, kDomains> domains() {
    return kInfo;
}

const DomainInfo& domain_info(Domain id) {
    return kInfo[static_cast<std::size_t>(id)];
}

Document document(std::uint64_t seed, std::uint64_t index) {
    RandomChoices choices(Rng::keyed(seed, "corpus", index));
    Writer w(choices);
    std::array<double, kDomains> shares{};
    for (std::size_t i = 0; i < kDomains; ++i) shares[i] = kInfo[i].share;
    const std::size_t domain = w.weighted(shares);
    const double domain_nats = w.entropy_nats();
    kWrite[domain](w);
    return finish(w, kInfo[domain].id, domain_nats);
}

Document Corpus::document(std::uint64_t index) const {
    return dg::sim::document(seed_, index);
}

Document document_of(Domain domain, std::uint64_t seed, std::uint64_t index) {
    RandomChoices choices(Rng::keyed(seed, domain_info(domain).name, index, kDomains));
    return document_from(domain, choices);
}

Document document_from(Domain domain, ChoiceSource& choices) {
    Writer w(choices);
    kWrite[static_cast<std::size_t>(domain)](w);
    return finish(w, domain, 0);
}

std::string corpus_text(std::uint64_t seed, std::size_t min_bytes) {
    std::string text;
    for (std::uint64_t i = 0; text.size() < min_bytes; ++i) text += document(seed, i).text + "\n";
    return text;
}

std::uint64_t corpus_hash(std::uint64_t seed, std::uint64_t documents) {
    std::uint64_t h = hash_words(seed, documents);
    for (std::uint64_t i = 0; i < documents; ++i)
        h = hash_words(h, hash_text(document(seed, i).text));
    return h;
}

DomainStats measure_domain(Domain domain, std::uint64_t seed, std::uint64_t documents) {
    DG_CHECK(documents > 1);
    DomainStats s;
    double squares = 0;
    for (std::uint64_t i = 0; i < documents; ++i) {
        const Document d = document_of(domain, seed, i);
        s.bytes += static_cast<double>(d.text.size());
        // every byte but the continuation bytes 10xxxxxx starts a character
        s.characters += static_cast<double>(
            std::ranges::count_if(d.text, [](char c) { return (c & '\xC0') != '\x80'; }));
        s.entropy_nats += d.entropy_nats;
        squares += d.entropy_nats * d.entropy_nats;
        s.longest_bytes = std::max(s.longest_bytes, d.text.size());
    }
    const auto n = static_cast<double>(documents);
    s.bytes /= n, s.characters /= n, s.entropy_nats /= n;
    s.entropy_stderr =
        std::sqrt(std::max(0.0, squares / n - s.entropy_nats * s.entropy_nats) / (n - 1));
    return s;
}

}  // namespace dg::sim
