// Stories with questions. What happens is planned first, the same way in both languages; then it is
// worded. Every answer is a copy of one earlier word, and the words it can be read from are marked
// as evidence.
#include "sim/corpus/grammar.h"

namespace dg::sim::grammar {

namespace {

enum class Ask : std::uint8_t { kWho, kWhere, kColour, kWhat };
constexpr std::string_view kAskLabel[] = {"who", "where", "colour", "what"};

/// Two people, one thing: it may change hands, it may be carried away.
struct Passing {
    std::size_t people[2], place, next_place, colour, object;
    std::size_t owner;     // 0 or 1: whom the pronoun of the second sentence means
    std::size_t opening;   // wording of the first sentence
    std::size_t handover;  // 0 none, 1 gives, 2 takes
    std::size_t move;      // 0 none, 1 by name, 2 by pronoun
    std::size_t asks[2];

    [[nodiscard]] std::size_t holder() const { return handover == 0 ? owner : 1 - owner; }
};

/// Two people, two things, two places.
struct PairStory {
    std::size_t people[2], places[2], colours[2], objects[2];

    struct Question {
        Ask ask;
        std::size_t about;
    } questions[3];
};

Passing plan_passing(Writer& w, const Lexicon& words) {
    Passing p{};
    const std::size_t half = words.names.size() / 2;
    p.people[0] = w.pick(words.names.size());
    // the other is of the other sex, so that a pronoun says who is meant
    p.people[1] = w.pick(half) + (p.people[0] < half ? half : 0);
    p.opening = w.pick(2);
    p.place = w.pick(words.places.size());
    p.owner = w.pick(2);
    p.colour = w.pick(words.colours.size());
    p.object = w.pick(words.objects.size());
    p.handover = w.weighted({0.4, 0.3, 0.3});
    p.move = w.weighted({0.4, 0.3, 0.3});
    p.next_place = p.move == 0 ? p.place : w.pick_except(words.places.size(), p.place);
    const auto asks = w.pick_distinct(3, 2);
    p.asks[0] = asks[0], p.asks[1] = asks[1];
    return p;
}

PairStory plan_pair(Writer& w, const Lexicon& words) {
    PairStory p{};
    const auto two = [&w](std::size_t n, std::size_t(&out)[2]) {
        out[0] = w.pick(n);
        out[1] = w.pick_except(n, out[0]);
    };
    two(words.names.size(), p.people);
    two(words.places.size(), p.places);
    two(words.colours.size(), p.colours);
    two(words.objects.size(), p.objects);
    const auto asks = w.pick_distinct(4, 3);
    for (std::size_t i = 0; i < 3; ++i) p.questions[i] = {static_cast<Ask>(asks[i]), w.pick(2)};
    return p;
}

/// Where the answers stand in the story so far.
struct Facts {
    std::vector<Mark> who, where, colour, object;
};

void mark_answer(Writer& w, Mark answer, Ask ask, const Facts& facts) {
    const std::vector<Mark>* places[] = {&facts.who, &facts.where, &facts.colour, &facts.object};
    const auto kind = static_cast<std::size_t>(ask);
    const int group = w.answer(answer, kAskLabel[kind]);
    for (const Mark m : *places[kind]) w.mark(SpanKind::kEvidence, m, group);
}

void mark_pronoun(Writer& w, Mark pronoun, Mark meant, Mark other) {
    const int group = w.new_group();
    w.mark(SpanKind::kPronoun, pronoun, group);
    w.mark(SpanKind::kAntecedent, meant, group);
    w.mark(SpanKind::kDistractor, other, group);
}

// --- English

void ask_en(Writer& w, Ask ask, std::string_view who, std::string_view object,
            std::string_view place, std::string_view colour, const Facts& facts) {
    Mark answer;
    switch (ask) {
        case Ask::kWho:
            w.put(" Who has the "), w.put(object), w.put("? ");
            answer = w.put(who);
            break;
        case Ask::kWhere:
            w.put(" Where is the "), w.put(object), w.put("? It is at the ");
            answer = w.put(place);
            break;
        case Ask::kColour:
            w.put(" What colour is the "), w.put(object), w.put("? It is ");
            answer = w.put(colour);
            break;
        case Ask::kWhat:
            w.put(" What does "), w.put(who), w.put(" have? A "), w.put(colour), w.put(" ");
            answer = w.put(object);
            break;
    }
    w.put(".");
    mark_answer(w, answer, ask, facts);
}

void passing_en(Writer& w) {
    const Lexicon& words = english();
    const Passing p = plan_passing(w, words);
    const auto name = [&](std::size_t i) { return words.names[p.people[i]]; };
    const auto man = [&](std::size_t i) { return p.people[i] < words.names.size() / 2; };
    const std::string_view object = words.objects[p.object];
    Facts facts;
    Mark people[2];

    // who and where
    w.put(p.opening == 0 ? "Today " : "One day ");
    people[0] = w.put(name(0));
    w.put(p.opening == 0 ? " and " : " meets ");
    people[1] = w.put(name(1));
    w.put(p.opening == 0 ? " are at the " : " at the ");
    facts.where = {w.put(words.places[p.place])};
    w.put(". ");

    // the pronoun says whose it is
    const Mark pronoun = w.put(man(p.owner) ? "He" : "She");
    mark_pronoun(w, pronoun, people[p.owner], people[1 - p.owner]);
    w.put(" has a ");
    facts.colour = {w.put(words.colours[p.colour])};
    w.put(" "), w.put(object), w.put(".");
    facts.who = {pronoun, people[p.owner]};

    if (p.handover != 0) {
        const bool gives = p.handover == 1;
        const std::size_t first = gives ? p.owner : 1 - p.owner;
        w.put(" ");
        const Mark left = w.put(name(first));
        w.put(gives ? " gives the " : " takes the "), w.put(object),
            w.put(gives ? " to " : " from ");
        const Mark right = w.put(name(1 - first));
        w.put(".");
        facts.who = {gives ? right : left};
        people[first] = left, people[1 - first] = right;
    }
    if (p.move != 0) {
        const std::size_t h = p.holder();
        w.put(" Then ");
        const Mark who = w.put(p.move == 1 ? name(h) : (man(h) ? "he" : "she"));
        if (p.move == 2) mark_pronoun(w, who, people[h], people[1 - h]);
        w.put(" takes the "), w.put(object), w.put(" to the ");
        facts.where = {w.put(words.places[p.next_place])};
        w.put(".");
        facts.who.push_back(who);
    }
    for (const std::size_t ask : p.asks)
        ask_en(w, static_cast<Ask>(ask), name(p.holder()), object, words.places[p.next_place],
               words.colours[p.colour], facts);
}

void pair_en(Writer& w) {
    const Lexicon& words = english();
    const PairStory p = plan_pair(w, words);
    Facts facts[2];
    for (std::size_t i = 0; i < 2; ++i) {
        // the name never stands first: so it is the same token wherever it is copied
        w.put(i == 0 ? "At the " : " At the ");
        facts[i].where = {w.put(words.places[p.places[i]])};
        w.put(", ");
        facts[i].who = {w.put(words.names[p.people[i]])};
        w.put(" has a ");
        facts[i].colour = {w.put(words.colours[p.colours[i]])};
        w.put(" ");
        facts[i].object = {w.put(words.objects[p.objects[i]])};
        w.put(".");
    }
    for (const auto& q : p.questions) {
        const std::size_t i = q.about;
        ask_en(w, q.ask, words.names[p.people[i]], words.objects[p.objects[i]],
               words.places[p.places[i]], words.colours[p.colours[i]], facts[i]);
    }
}

// --- Chinese

void ask_zh(Writer& w, Ask ask, std::string_view who, std::size_t object_id, std::string_view place,
            std::string_view colour, const Facts& facts) {
    const std::string_view object = chinese().objects[object_id];
    Mark answer;
    switch (ask) {
        case Ask::kWho:
            w.put("问：谁有"), w.put(object), w.put("？答：");
            answer = w.put(who);
            break;
        case Ask::kWhere:
            w.put("问："), w.put(object), w.put("在哪里？答：在");
            answer = w.put(place);
            break;
        case Ask::kColour:
            w.put("问："), w.put(object), w.put("是什么颜色？答：");
            answer = w.put(colour);
            w.put("色");
            break;
        case Ask::kWhat:
            w.put("问："), w.put(who), w.put("有什么？答：一"), w.put(measure_word(object_id)),
                w.put(colour), w.put("色的");
            answer = w.put(object);
            break;
    }
    w.put("。");
    mark_answer(w, answer, ask, facts);
}

void passing_zh(Writer& w) {
    const Lexicon& words = chinese();
    const Passing p = plan_passing(w, words);
    const auto name = [&](std::size_t i) { return words.names[p.people[i]]; };
    const auto pronoun_of = [&](std::size_t i) {
        return p.people[i] < words.names.size() / 2 ? "他" : "她";
    };
    const std::string_view object = words.objects[p.object];
    Facts facts;
    Mark people[2];

    // two wordings of who and where
    if (p.opening == 1) w.put("有一天");
    people[0] = w.put(name(0));
    w.put(p.opening == 0 ? "和" : "遇到");
    people[1] = w.put(name(1));
    w.put(p.opening == 0 ? "在" : "，他们在");
    facts.where = {w.put(words.places[p.place])};
    w.put("。");

    const Mark pronoun = w.put(pronoun_of(p.owner));
    mark_pronoun(w, pronoun, people[p.owner], people[1 - p.owner]);
    w.put("有一"), w.put(measure_word(p.object));
    facts.colour = {w.put(words.colours[p.colour])};
    w.put("色的"), w.put(object), w.put("。");
    facts.who = {pronoun, people[p.owner]};

    if (p.handover != 0) {
        const bool gives = p.handover == 1;
        const std::size_t first = gives ? p.owner : 1 - p.owner;
        const Mark left = w.put(name(first));
        if (gives)
            w.put("把"), w.put(object), w.put("给了");
        else
            w.put("从");
        const Mark right = w.put(name(1 - first));
        if (!gives) w.put("那里拿走了"), w.put(object);
        w.put("。");
        facts.who = {gives ? right : left};
        people[first] = left, people[1 - first] = right;
    }
    if (p.move != 0) {
        const std::size_t h = p.holder();
        w.put("后来");
        const Mark who = w.put(p.move == 1 ? name(h) : pronoun_of(h));
        if (p.move == 2) mark_pronoun(w, who, people[h], people[1 - h]);
        w.put("把"), w.put(object), w.put("带到了");
        facts.where = {w.put(words.places[p.next_place])};
        w.put("。");
        facts.who.push_back(who);
    }
    for (const std::size_t ask : p.asks)
        ask_zh(w, static_cast<Ask>(ask), name(p.holder()), p.object, words.places[p.next_place],
               words.colours[p.colour], facts);
}

void pair_zh(Writer& w) {
    const Lexicon& words = chinese();
    const PairStory p = plan_pair(w, words);
    Facts facts[2];
    for (std::size_t i = 0; i < 2; ++i) {
        facts[i].who = {w.put(words.names[p.people[i]])};
        w.put("在");
        facts[i].where = {w.put(words.places[p.places[i]])};
        w.put("，有一"), w.put(measure_word(p.objects[i]));
        facts[i].colour = {w.put(words.colours[p.colours[i]])};
        w.put("色的");
        facts[i].object = {w.put(words.objects[p.objects[i]])};
        w.put("。");
    }
    for (const auto& q : p.questions) {
        const std::size_t i = q.about;
        ask_zh(w, q.ask, words.names[p.people[i]], p.objects[i], words.places[p.places[i]],
               words.colours[p.colours[i]], facts[i]);
    }
}

}  // namespace

void write_story_en(Writer& w) {
    if (w.chance(0.5))
        passing_en(w);
    else
        pair_en(w);
}

void write_story_zh(Writer& w) {
    if (w.chance(0.5))
        passing_zh(w);
    else
        pair_zh(w);
}

}  // namespace dg::sim::grammar
