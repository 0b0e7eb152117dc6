// The pen of the grammar: it writes text, and every choice it makes costs -ln p.
#pragma once

#include "engine/base/check.h"
#include "engine/base/rng.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dg::sim {

/// What a marked stretch of text is for.
enum class SpanKind : std::uint8_t {
    kAnswer,      // text that can be read off earlier text (or memory)
    kEvidence,    // where the answer with the same group stands earlier
    kPronoun,     // he, she, 他, 她
    kAntecedent,  // the name a pronoun of the same group stands for
    kDistractor,  // the name it does not stand for
    kAmbiguous    // a word with several senses
};

/// Bytes [begin, end) of a document's text, without the space before them.
struct Span {
    SpanKind kind = SpanKind::kAnswer;
    std::size_t begin = 0, end = 0;
    int group = 0;      // joins an answer with its evidence, a pronoun with its antecedent
    std::string label;  // answers: who where colour what capital dish secret copy sum output word
                        // url; ambiguous words: "mole/animal"; otherwise empty
};

/// A stretch of text just written.
struct Mark {
    std::size_t begin = 0, end = 0;
};

/// Decides among numbered alternatives. Drawn at random when text is made, enumerated when tests
/// walk a grammar.
class ChoiceSource {
  public:
    ChoiceSource() = default;
    ChoiceSource(const ChoiceSource&) = delete;
    ChoiceSource& operator=(const ChoiceSource&) = delete;
    virtual ~ChoiceSource() = default;
    /// One of 0 .. p.size()-1 with probabilities p (they add to 1).
    virtual std::size_t choose(std::span<const double> p) = 0;
    /// One of 0 .. n-1, all alike.
    virtual std::size_t choose_uniform(std::size_t n) = 0;
};

/// Random choices from a keyed stream.
class RandomChoices : public ChoiceSource {
  public:
    explicit RandomChoices(Rng rng) : rng_(rng) {}

    std::size_t choose(std::span<const double> p) override;
    std::size_t choose_uniform(std::size_t n) override;

  private:
    Rng rng_;
};

/// Collects one document. All choices of the grammar pass here, so entropy_nats() is -ln of their
/// joint probability.
class Writer {
  public:
    explicit Writer(ChoiceSource& source) : source_(source) {}

    /// One of 0 .. n-1, cost ln n.
    std::size_t pick(std::size_t n);
    /// One of 0 .. n-1 without `skip`, cost ln(n-1).
    std::size_t pick_except(std::size_t n, std::size_t skip);
    /// An integer in [low, high].
    int integer(int low, int high);
    /// True with probability p.
    bool chance(double p);
    /// One of the weights (a Bug unless they add to 1), cost -ln of its weight.
    std::size_t weighted(std::span<const double> p);

    std::size_t weighted(std::initializer_list<double> p) {
        return weighted(std::span<const double>(p.begin(), p.size()));
    }

    /// `count` different numbers of 0 .. n-1 in random order, cost ln(n!/(n-count)!).
    std::vector<std::size_t> pick_distinct(std::size_t n, std::size_t count);

    /// One entry of a list.
    template <class List>
    const auto& one_of(const List& list) {
        return list[pick(list.size())];
    }

    /// Appends text (a number, digit by digit) and says where it stands.
    Mark put(std::string_view text);
    Mark put(int number);
    /// Opens a group and marks its answer; evidence is added with mark().
    int answer(Mark where, std::string_view label);
    void mark(SpanKind kind, Mark where, int group, std::string_view label = {});

    int new_group() { return groups_++; }

    [[nodiscard]] const std::string& text() const { return text_; }

    [[nodiscard]] std::string text(Mark m) const { return text_.substr(m.begin, m.end - m.begin); }

    [[nodiscard]] double entropy_nats() const { return entropy_; }

    [[nodiscard]] const std::vector<Span>& spans() const { return spans_; }

    [[nodiscard]] int groups() const { return groups_; }

  private:
    ChoiceSource& source_;
    std::string text_;
    double entropy_ = 0;
    std::vector<Span> spans_;
    int groups_ = 0;
};

}  // namespace dg::sim
