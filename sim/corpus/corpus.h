// The training text of `mini`: a small invented world, in Chinese and English, written by a
// grammar. Every random choice goes through Writer (writer.h), which adds -ln p, so the exact
// entropy of every document is known and a model's loss can be compared with the best that any
// model could reach. A document's choices can be read back from its text.
//
// Real things in it: the universities, their cities and web addresses (domain university) and the
// chemistry of one mole. Everything else (people, lands, capitals, dishes, festivals and their
// .example addresses) is made up.
#pragma once

#include "sim/corpus/writer.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dg::sim {

/// What a document is about; the order is that of domains().
enum class Domain : std::uint8_t {
    kStoryEn,
    kStoryZh,
    kArithmetic,
    kCode,
    kPolysemy,
    kFacts,
    kNotes,
    kKeyValue,
    kUniversity,
    kBilingual,
    kChat
};
inline constexpr std::size_t kDomains = 11;

/// One row of the mixture.
struct DomainInfo {
    Domain id;
    std::string_view name;  // stable, lower case; label and help in assets/i18n/corpus.toml under
                            // corpus.domain.<name>
    std::string_view
        group;     // en | zh | math | code | mixed: the columns of the expert heat map (L10.9)
    double share;  // probability that a document is of this domain; the shares add to 1
};

std::span<const DomainInfo, kDomains> domains();
const DomainInfo& domain_info(Domain id);

/// One document. The trainer writes the end-of-document token; the end is part of the entropy.
struct Document {
    std::string text;  // UTF-8, no line break at the end
    Domain domain = Domain::kStoryEn;
    double entropy_nats = 0;  // -ln P(document): all choices, that of the domain included
    double domain_nats = 0;   // the part spent on choosing the domain, -ln share (0 in document_of)
    std::vector<Span>
        spans;          // answers, their evidence, pronouns, ambiguous words, in the order written
    int questions = 0;  // number of span groups: group g = 0 .. questions - 1
};

/// Documents of the whole mixture. Number `index` of `seed` does not depend on which others were
/// asked for.
class Corpus {
  public:
    explicit Corpus(std::uint64_t seed) : seed_(seed) {}

    /// The next document: document(0), document(1), ...
    Document next() { return document(next_++); }

    [[nodiscard]] Document document(std::uint64_t index) const;

    [[nodiscard]] std::uint64_t seed() const { return seed_; }

    /// How many documents next() has given; a resumed run sets it.
    [[nodiscard]] std::uint64_t position() const { return next_; }

    void seek(std::uint64_t index) { next_ = index; }

  private:
    std::uint64_t seed_, next_ = 0;
};

/// Document `index` of `seed` in the mixture: Corpus(seed).document(index).
Document document(std::uint64_t seed, std::uint64_t index);
/// Document `index` of one domain: entropy_nats given the domain. A stream of its own, apart from
/// document().
Document document_of(Domain domain, std::uint64_t seed, std::uint64_t index);
/// The document that the given choices lead to (writer.h: ChoiceSource); tests enumerate small
/// domains with it.
Document document_from(Domain domain, ChoiceSource& choices);

/// Whole documents, each followed by a line break, until at least `min_bytes`: what the tokenizer
/// is trained on.
std::string corpus_text(std::uint64_t seed, std::size_t min_bytes);
/// Hash of documents 0 .. `documents` - 1 with their ends: names the data on a model card.
std::uint64_t corpus_hash(std::uint64_t seed, std::uint64_t documents);

/// Means over `documents` documents of one domain.
struct DomainStats {
    double bytes = 0, characters = 0;  // per document
    double entropy_nats = 0;           // per document, given the domain
    double entropy_stderr = 0;         // standard error of that mean
    std::size_t longest_bytes = 0;
};

DomainStats measure_domain(Domain domain, std::uint64_t seed, std::uint64_t documents);

/// One invented fact of the fixed table, and how often it is told.
struct Fact {
    std::string land;
    bool capital = true;  // capital city, otherwise the dish people eat there
    std::string answer_en, answer_zh;
    double share = 0;  // probability among the facts told in domain facts
};

/// The 50 facts of the training text: 25 lands, most frequent first, each with its capital and its
/// dish.
const std::vector<Fact>& facts();
/// 25 lands that occur in no document, made of the same syllables as the seen ones.
const std::vector<std::string>& unseen_lands();
/// All capitals (25): chance of guessing one is 1/25.
const std::vector<std::string>& cities();

/// A festival and its web address. The address follows one rule; all of them are invented (.example
/// is reserved).
struct Festival {
    std::string name;  // 长沙灯节
    std::string url;   // www.changsha-deng.example
};

/// Festivals that occur in the training text and those held out (same cities, same kinds, other
/// pairs).
const std::vector<Festival>& seen_festivals();
const std::vector<Festival>& unseen_festivals();

/// What follows 湖南大 in the training text: exact, the same at every occurrence and in every
/// context.
struct Continuation {
    std::string_view text;
    double probability;
};

/// 学 0.88, 道 0.05, 桥 0.04, 厦 0.03; 车 never.
std::span<const Continuation> after_hunan_da();

}  // namespace dg::sim
