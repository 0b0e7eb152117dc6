#include "viz/scenes/next_token.h"

#include "engine/base/mathfn.h"
#include "sim/corpus/corpus.h"
#include "tests/viz/scenes/next_token_support.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace dg::viz::next_token {
namespace {

using testing::HasSubstr;

class NextToken : public SmallModel {
  protected:
    /// P(next | ids) over the vocabulary, in double from the logits of a run of its own.
    std::vector<double> softmax_after(const std::vector<std::int32_t>& ids) {
        const auto model = session_.model("mini").value();
        Tape<double> tape;
        ForwardOptions options;
        options.mtp = false;
        EXPECT_TRUE(forward(to_double(model->model), {.batch = 1, .length = static_cast<std::int64_t>(ids.size()), .ids = ids}, options, tape));
        const Tensor<double>& logits = tape.value(tape.find("logits"));
        const double* row = logits.row(static_cast<std::int64_t>(ids.size()) - 1);
        std::vector<double> p(row, row + logits.cols());
        const double most = *std::ranges::max_element(p);
        double sum = 0;
        for (double& x : p) sum += x = dg::exp(x - most);
        for (double& x : p) x /= sum;
        return p;
    }

    std::vector<std::int32_t> encode(const std::string& text) { return session_.model("mini").value()->tokenizer.encode(text); }

    static const Data& data(const Shown& s) { return static_cast<const Data&>(*s.data); }
};

TEST_F(NextToken, RowsAreTheProbabilitiesOfTheModel) {
    const Shown s = show("next-token", {{"watch", "学,车"}});
    const Distribution& d = data(s).next;
    double sum = d.rest;
    for (const Candidate& c : d.rows) {
        std::vector<std::int32_t> ids = encode("湖南大");
        double p = 1;
        for (std::size_t i = 0; i < c.ids.size(); ++i) {
            const double factor = softmax_after(ids)[static_cast<std::size_t>(c.ids[i])];
            EXPECT_NEAR(c.factors[i], factor, 1e-6) << c.label;
            p *= factor;
            ids.push_back(c.ids[i]);
        }
        EXPECT_NEAR(c.p, p, 1e-6) << c.label;
        EXPECT_EQ(s.value("p", c.text), c.p);
        sum += c.p;
    }
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_NEAR(s.value("sum_p"), 1, 1e-6);
    const std::vector<double> all = softmax_after(encode("湖南大"));
    double entropy = 0;
    for (const double p : all) entropy -= p * dg::log(p);
    EXPECT_NEAR(s.value("entropy"), entropy, 1e-5);
    EXPECT_NEAR(s.value("entropy_uniform"), dg::log(280.0), 1e-12);
    // 车 was never learnt as a whole: three byte tokens
    EXPECT_EQ(std::ranges::find(d.rows, "车", &Candidate::text)->ids.size(), 3U);
}

TEST_F(NextToken, RowsAreTheLikeliestTokensAndCharacters) {
    const Shown s = show("next-token", {{"top", "12"}});
    const auto model = session_.model("mini").value();
    const std::vector<double> first = softmax_after(encode("湖南大"));
    // all characters of one token or two, by brute force
    std::vector<std::pair<double, std::string>> all;
    for (std::int32_t a = 0; a < model->tokenizer.vocab_size(); ++a) {
        const std::string& bytes = model->tokenizer.bytes(a);
        const bool lead = !valid_utf8(bytes) && static_cast<unsigned char>(bytes.back()) >= 0xC2;
        if (!lead || static_cast<unsigned char>(bytes.back()) >= 0xF5) {
            all.emplace_back(first[static_cast<std::size_t>(a)], bytes);
            continue;
        }
        std::vector<std::int32_t> ids = encode("湖南大");
        ids.push_back(a);
        const std::vector<double> second = softmax_after(ids);
        for (std::int32_t b = 0; b < model->tokenizer.vocab_size(); ++b) {
            const std::string both = bytes + model->tokenizer.bytes(b);
            if (model->tokenizer.is_special(b) || !valid_utf8(both) || model->tokenizer.encode(both).size() != 2) continue;
            all.emplace_back(first[static_cast<std::size_t>(a)] * second[static_cast<std::size_t>(b)], both);
        }
    }
    std::ranges::sort(all, std::greater<>());
    const Distribution& d = data(s).next;
    ASSERT_EQ(d.rows.size(), 12U);
    std::size_t at = 0;
    for (const Candidate& c : d.rows) {
        if (c.ids.size() > 2) continue;  // brute force stops at two
        EXPECT_EQ(c.bytes, all[at].second) << at;
        ++at;
    }
    EXPECT_GT(at, 9U);
    for (std::size_t i = 0; i < d.rows.size(); ++i) EXPECT_EQ(d.rows[i].rank, static_cast<std::int64_t>(i) + 1);
}

TEST_F(NextToken, AWatchedTextHasItsRank) {
    const Shown wide = show("next-token", {{"top", "20"}});
    const Candidate& fifteenth = data(wide).next.rows[14];
    ASSERT_TRUE(valid_utf8(fifteenth.bytes));
    const Shown s = show("next-token", {{"top", "3"}, {"watch", fifteenth.bytes + "，" + fifteenth.bytes}});
    EXPECT_EQ(data(s).next.rows.size(), 4U);
    EXPECT_EQ(s.value("rank", fifteenth.text), 15);
    EXPECT_EQ(s.value("p", fifteenth.text), fifteenth.p);
}

TEST_F(NextToken, ComparesWithFreshWeights) {
    const Shown s = show("next-token", {{"compare", "random"}, {"watch", "学"}});
    const Shown other = show("next-token", {{"model", "random"}, {"watch", "学"}});
    EXPECT_NEAR(s.value("compare_p", "学"), other.value("p", "学"), 1e-12);
    EXPECT_EQ(s.value("compare_entropy"), other.value("entropy"));
    EXPECT_GT(other.value("entropy"), s.value("entropy"));
    double sum = s.value("compare_rest");
    for (const Observation& o : s.all("compare_p")) sum += o.value;
    EXPECT_NEAR(sum, 1, 1e-12);
}

TEST_F(NextToken, LoopRunsOnePassPerToken) {
    const Shown s = show("next-token", {{"mode", "loop"}, {"steps", "7"}});
    EXPECT_EQ(s.value("passes"), 7);
    std::vector<std::int32_t> ids = encode("湖南大");
    const auto first = static_cast<double>(ids.size());
    for (int i = 0; i < 7; ++i) {
        const Step& step = data(s).runs[0].steps[static_cast<std::size_t>(i)];
        EXPECT_EQ(s.value("input_length", std::to_string(i)), first + i);
        const std::vector<double> p = softmax_after(ids);
        EXPECT_EQ(step.id, std::ranges::max_element(p) - p.begin());
        EXPECT_NEAR(step.p, p[static_cast<std::size_t>(step.id)], 1e-6);
        // the picture's cell is one pass over everything: the same number
        const Tape<float>& tape = s.data->trace()->tape;
        EXPECT_EQ(static_cast<double>(tape.value(tape.find("next.probs")).row(step.length - 1)[step.id]), step.p);
        ids.push_back(step.id);
    }
    EXPECT_EQ(s.value("positions_full"), 7 * first + 21);
    EXPECT_EQ(s.value("positions_cached"), first + 6);
}

TEST_F(NextToken, ForcedTokensAreWrittenAndMarked) {
    const Shown s = show("next-token", {{"mode", "loop"}, {"steps", "5"}, {"force", "车"}});
    const std::vector<std::int32_t> forced = encode("车");
    for (std::size_t i = 0; i < forced.size(); ++i) {
        EXPECT_EQ(data(s).runs[0].steps[i].id, forced[i]);
        EXPECT_TRUE(data(s).runs[0].steps[i].forced);
    }
    EXPECT_FALSE(data(s).runs[0].steps[forced.size()].forced);
    const Shown bars = show("next-token", {{"force", "车"}});
    EXPECT_EQ(data(bars).runs[0].text, "车");
    const auto set = bars.scene->act(*bars.data, bars.params, "step");
    EXPECT_EQ(set.at("prompt"), "湖南大车");
    EXPECT_EQ(set.at("force"), "");
    EXPECT_TRUE(parse_params(bars.scene->params, set));
}

TEST_F(NextToken, SearchCountsLetterByLetter) {
    const std::string text = sim::document(7, 3).text;
    const std::vector<TokenSpan> tokens = session_.model("mini").value()->tokenizer.encode_spans(text);
    // seven tokens of a real document, from one whole character to another
    std::size_t first = 3;
    while (!valid_utf8(text.substr(0, tokens[first].end)) || !valid_utf8(text.substr(0, tokens[first + 7].end))) ++first;
    const std::size_t cut = tokens[first].end, end = tokens[first + 7].end;
    const Shown s = show("next-token", {{"mode", "loop"}, {"prompt", text.substr(0, cut)}, {"force", text.substr(cut, end - cut)}, {"steps", "7"}, {"documents", "40"}});
    std::int64_t hits = 0;
    std::size_t bytes = 0;
    for (std::uint64_t i = 0; i < 40; ++i) {
        const std::string document = sim::document(7, i).text;
        bytes += document.size();
        for (std::size_t at = document.find(text.substr(0, end)); at != std::string::npos; at = document.find(text.substr(0, end), at + 1)) ++hits;
    }
    EXPECT_GE(hits, 1);
    EXPECT_EQ(s.value("corpus_hits"), static_cast<double>(hits));
    EXPECT_GE(s.value("written_hits"), static_cast<double>(hits));
    EXPECT_EQ(s.value("searched_bytes"), static_cast<double>(bytes));
    EXPECT_THAT(s.drawn(last(s)).log(), HasSubstr(std::to_string(static_cast<int>(s.value("written_hits"))) + " 次"));
}

TEST_F(NextToken, GreedyRepeatsAndSamplingDoesNot) {
    const Shown s = show("next-token", {{"mode", "columns"}, {"temperature", "1.5"}, {"steps", "10"}});
    EXPECT_EQ(s.value("greedy_equal"), 1);
    EXPECT_EQ(s.value("sampled_equal"), 0);
    EXPECT_EQ(s.value("temperature"), 1.5);
    EXPECT_EQ(s.value("passes"), 40);
    int differ = 0;
    for (std::size_t i = 0; i < 10; ++i) differ += data(s).runs[2].steps[i].id != data(s).runs[3].steps[i].id;
    EXPECT_EQ(s.value("differing_positions"), differ);
    EXPECT_EQ(show("next-token", {{"mode", "columns"}}).value("temperature"), 0.8);
}

TEST_F(NextToken, SentencesAddUp) {
    const std::string a = "湖南大学 is in hunan", b = "hunan 大桥";
    const Shown s = show("next-token", {{"mode", "scorer"}, {"prompt", a}, {"text2", b}});
    for (const auto& [text, name] : {std::pair{a, "first"}, std::pair{b, "second"}}) {
        const std::vector<std::int32_t> ids = encode(text);
        double sum = 0;
        for (std::size_t i = 1; i < ids.size(); ++i) {
            const double log_p = dg::log(softmax_after({ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(i)})[static_cast<std::size_t>(ids[i])]);
            EXPECT_NEAR(s.value("log_p_" + std::string(name), std::to_string(i)), log_p, 1e-4);
            sum += log_p;
        }
        EXPECT_NEAR(s.value("sum_log_p", name), sum, 1e-3);
        const auto pairs = static_cast<double>(ids.size() - 1);
        EXPECT_NEAR(s.value("loss", name), -sum / pairs, 1e-4);
        EXPECT_NEAR(s.value("perplexity", name), dg::exp(-sum / pairs), 1e-3 * dg::exp(-sum / pairs));
    }
    const Shown corpus = show("next-token", {{"mode", "corpus"}, {"prompt", a}});
    EXPECT_EQ(corpus.value("pairs"), corpus.value("tokens") - 1);
    double mean = 0;
    for (const Observation& o : corpus.all("nll")) mean += o.value / corpus.value("pairs");
    EXPECT_NEAR(corpus.value("loss"), mean, 1e-5);  // the loss op against our own sum
}

TEST_F(NextToken, CellsExplainDownFromTheBars) {
    const Shown s = show("next-token", {{"watch", "学,车"}});
    const LogCanvas canvas = s.drawn(last(s));
    EXPECT_GE(expect_cells_explain(s, canvas), 8);
    for (const Region& region : canvas.regions()) {
        if (!region.cell) continue;
        const auto id = static_cast<std::int32_t>(region.cell->at.back());
        const auto row = std::ranges::find_if(data(s).next.rows, [&](const Candidate& c) { return c.ids[0] == id; });
        ASSERT_NE(row, data(s).next.rows.end());
        const auto why = s.data->trace()->tape.explain("next.probs", region.cell->at);
        EXPECT_NEAR(why->value, row->factors[0], 1e-7);
        EXPECT_EQ(why->operands[0].tensor, "logits");
    }
    for (const char* mode : {"loop", "corpus", "scorer"}) {
        const Shown other = show("next-token", {{"mode", mode}});
        EXPECT_GE(expect_cells_explain(other, other.drawn(last(other))), 2) << mode;
    }
}

TEST_F(NextToken, NothingIsGivenAwayBeforeTheReveal) {
    for (const char* mode : {"bars", "loop", "columns", "scorer", "corpus"}) {
        const Shown s = show("next-token", {{"mode", mode}, {"watch", "学"}, {"text2", "hunan 大"}});
        View view = last(s);
        view.revealed = false;
        const LogCanvas canvas = s.drawn(view);
        for (const LogCanvas::DrawnText& text : canvas.texts()) {
            const bool scale = text.text.find("100%") != std::string::npos;
            EXPECT_TRUE(scale || text.text.find('%') == std::string::npos) << mode << ": " << text.text;
        }
        for (const Region& region : canvas.regions()) {
            EXPECT_FALSE(region.cell) << mode;
            EXPECT_NE(region.action, "step");
        }
    }
    // rows stand in vocabulary order
    const Shown s = show("next-token", {});
    View view = last(s);
    view.revealed = false;
    std::vector<std::int32_t> ids;
    const LogCanvas canvas = s.drawn(view);
    for (const LogCanvas::DrawnText& text : canvas.texts()) {
        const auto row = std::ranges::find(data(s).next.rows, text.text, &Candidate::label);
        if (row != data(s).next.rows.end() && text.style.align == Align::kCenter && text.box.x > 500) ids.push_back(row->ids[0]);
    }
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    EXPECT_GE(ids.size(), 6U);
    EXPECT_TRUE(std::ranges::is_sorted(ids));
}

TEST_F(NextToken, PrintedSharesAddUp) {
    const Shown s = show("next-token", {});
    double sum = 0;
    int numbers = 0, small = 0;
    const LogCanvas canvas = s.drawn(last(s));
    for (const LogCanvas::DrawnText& text : canvas.texts()) {
        if (text.text.ends_with("%") && text.style.align == Align::kRight && text.text.find('=') == std::string::npos) {
            ++numbers;
            if (text.text[0] == '<') ++small;
            else sum += std::stod(text.text);
        }
    }
    EXPECT_GE(numbers, 9);
    EXPECT_NEAR(sum, 100, 0.05) << small;
}

TEST_F(NextToken, AnimationOnlyMovesWhatIsThere) {
    const Shown s = show("next-token", {});
    View view = last(s);
    view.stage = 1, view.u = 0;
    const std::string start = s.drawn(view).log();
    view.u = 0.5;
    const std::string middle = s.drawn(view).log();
    view.u = 1;
    EXPECT_NE(start, middle);
    EXPECT_NE(middle, s.drawn(view).log());
    EXPECT_EQ(s.drawn(view).log(), s.drawn(view).log());
}

TEST_F(NextToken, EveryPictureIsTidy) {
    const std::vector<Set> sets = {{},
                                   {{"watch", "学,车"}, {"compare", "random"}},
                                   {{"prompt", "the university is in hunan and the university is in hunan"}, {"temperature", "1"}, {"force", "大学"}},
                                   {{"mode", "loop"}},
                                   {{"mode", "loop"}, {"prompt", "the university is in hunan"}, {"steps", "30"}, {"documents", "20"}},
                                   {{"mode", "columns"}, {"steps", "20"}, {"temperature", "2"}},
                                   {{"mode", "scorer"}, {"prompt", "湖南大学 is in hunan"}, {"text2", "hunan 大桥"}},
                                   {{"mode", "corpus"}, {"prompt", "the university is in hunan 湖南大学"}}};
    for (const Set& set : sets) {
        const Shown s = show("next-token", set);
        expect_tidy(s);
        for (const ThemeId theme : {ThemeId::kLight, ThemeId::kProjector}) {
            for (const Lang lang : {Lang::kZh, Lang::kEn}) EXPECT_THAT(overlaps(s.drawn(last(s, lang, theme))), testing::IsEmpty()) << testing::PrintToString(set);
        }
    }
}

TEST_F(NextToken, EmptyAndTooLongSaySo) {
    const Shown none = show("next-token", {{"prompt", ""}});
    EXPECT_THAT(none.drawn(last(none)).log(), HasSubstr(tr(Lang::kZh, "state.empty.prompt")));
    const Shown one = show("next-token", {{"prompt", "h"}, {"mode", "corpus"}});
    EXPECT_THAT(one.drawn(last(one)).log(), HasSubstr(tr(Lang::kZh, "next_token.too_short")));
    const Scene* scene = find_scene("next-token");
    const auto params = parse_params(scene->params, {{"prompt", std::string(400, 'a')}}).value();
    EXPECT_EQ(scene->compute(session_, params, Progress{}).error().code, "too_long");
    const auto stop = parse_params(scene->params, {{"mode", "loop"}}).value();
    EXPECT_EQ(scene->compute(session_, stop, Progress{[](double) { return false; }}).error().code, "cancelled");
    EXPECT_EQ(split_list("学，车, a、,").size(), 3U);
}

TEST_F(NextToken, EveryParameterHasWords) {
    const Scene* scene = find_scene("next-token");
    EXPECT_TRUE(has_key("scene.next-token.name"));
    for (const ParamSpec& spec : scene->params) {
        const std::string own = "param.next-token." + spec.id;
        const std::string key = has_key(own + ".label") ? own : "param." + spec.id;
        EXPECT_TRUE(has_key(key + ".label") && has_key(key + ".help")) << spec.id;
        for (const std::string& choice : spec.choices) EXPECT_TRUE(has_key(own + "." + choice) || has_key(key + "." + choice)) << choice;
    }
    for (const StageSpec& stage : scene->stages) EXPECT_TRUE(has_key("stage.next-token." + stage.id)) << stage.id;
}

}  // namespace
}  // namespace dg::viz::next_token
