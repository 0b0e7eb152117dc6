// A small model in a folder of its own, sharp enough that its choices are not ties; what the tests of the scenes
// next-token and sampler share.
#pragma once

#include "engine/io/files.h"
#include "engine/io/hf.h"
#include "viz/canvas/log_canvas.h"
#include "viz/scenes/scene.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

namespace dg::viz {

class SmallModel : public testing::Test {
  public:
    using Set = std::map<std::string, std::string>;

  protected:
    SmallModel() {
        std::filesystem::remove_all(dir_);
        auto words = Tokenizer::train("湖南大学 hunan university 湖南大学 湖南大桥 the university is in hunan", 275, {"<|doc|>"});
        Config c;
        c.vocab_size = 280, c.hidden_size = 16, c.intermediate_size = 24, c.num_hidden_layers = 2, c.first_k_dense_replace = 2;
        c.num_attention_heads = 2, c.num_key_value_heads = 2, c.q_lora_rank = 8, c.kv_lora_rank = 8;
        c.qk_nope_head_dim = 4, c.qk_rope_head_dim = 4, c.v_head_dim = 4, c.max_position_embeddings = 64;
        Model<float> model = random_model(c, 5);
        for (float& w : model.weights.at("lm_head.weight").storage()) w *= 6;
        const auto folder = dir_ / "models" / "mini";
        std::filesystem::create_directories(folder);
        EXPECT_TRUE(save_model(folder, model, DType::kF32));
        EXPECT_TRUE(write_file(folder / "tokenizer.json", words->json()));
    }

    ~SmallModel() override { std::filesystem::remove_all(dir_); }

    /// Parameters and data of a scene under some settings.
    struct Shown {
        const Scene* scene = nullptr;
        Params params;
        std::shared_ptr<const SceneData> data;

        /// The one observation of this name and index.
        [[nodiscard]] double value(const std::string& name, const std::string& index = "") const {
            for (const Observation& o : scene->observe(*data)) {
                if (o.name == name && o.index == index) return o.value;
            }
            ADD_FAILURE() << "no observation " << name << "[" << index << "]";
            return 0;
        }

        [[nodiscard]] std::vector<Observation> all(const std::string& name) const {
            std::vector<Observation> found;
            for (const Observation& o : scene->observe(*data)) {
                if (o.name == name) found.push_back(o);
            }
            return found;
        }

        [[nodiscard]] LogCanvas drawn(const View& view, Rect page = {0, 0, 1920, 1080}) const {
            LogCanvas canvas(page);
            scene->draw(canvas, *data, params, view);
            return canvas;
        }
    };

    Shown show(const std::string& id, const Set& set) {
        Shown s;
        s.scene = find_scene(id);
        auto params = parse_params(s.scene->params, set);
        EXPECT_TRUE(params) << params.error().plain();
        s.params = *params;
        auto data = s.scene->compute(session_, s.params, Progress{});
        EXPECT_TRUE(data) << data.error().plain();
        s.data = *data;
        return s;
    }

    /// The finished picture.
    static View last(const Shown& s, Lang lang = Lang::kZh, ThemeId theme = ThemeId::kLight) {
        View view;
        view.stage = static_cast<int>(s.scene->stages.size()) - 1;
        view.lang = lang, view.theme = theme;
        return view;
    }

    /// Every text inside the page, none empty of words, in all themes, languages, sizes, stages.
    static void expect_tidy(const Shown& s) {
        for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{0, 0, 1280, 720}}) {
            for (const ThemeId theme : {ThemeId::kLight, ThemeId::kDark, ThemeId::kProjector, ThemeId::kPaper}) {
                if (page.w < viz::theme(theme).page_width) continue;  // no page of this type is that small
                for (const Lang lang : {Lang::kZh, Lang::kEn}) {
                    View view = last(s, lang, theme);
                    for (const bool revealed : {true, false}) {
                        view.revealed = revealed;
                        expect_tidy(s, view, page);
                    }
                }
            }
        }
        View view = last(s);
        for (int stage = 0; stage < static_cast<int>(s.scene->stages.size()); ++stage) {
            for (const double u : {0.0, 0.4, 1.0}) {
                view.stage = stage, view.u = u;
                expect_tidy(s, view, {0, 0, 1920, 1080});
            }
        }
    }

    static void expect_tidy(const Shown& s, const View& view, Rect page) {
        const LogCanvas canvas = s.drawn(view, page);
        const auto where = testing::PrintToString(s.params.written()) + " " + std::to_string(static_cast<int>(page.w)) + " theme " +
                           std::to_string(static_cast<int>(view.theme)) + (view.lang == Lang::kZh ? " zh" : " en") + " stage " + std::to_string(view.stage);
        EXPECT_GT(canvas.texts().size(), 5U) << where;
        for (const LogCanvas::DrawnText& text : canvas.texts()) {
            EXPECT_EQ(text.text.find("⟦"), std::string::npos) << text.text << where;
            EXPECT_GE(text.box.x, page.x) << text.text << " in " << where;
            EXPECT_LE(text.box.right(), page.right()) << text.text << " in " << where;
            EXPECT_GE(text.box.y, page.y) << text.text << " in " << where;
            EXPECT_LE(text.box.bottom(), page.bottom()) << text.text << " in " << where;
        }
    }

    /// Texts that lie on each other, the line's empty space left out.
    static std::vector<std::string> overlaps(const LogCanvas& canvas) {
        std::vector<std::string> found;
        const auto ink = [](const LogCanvas::DrawnText& t) { return Rect{t.box.x + 1, t.box.y + t.box.h * 0.2F, t.box.w - 2, t.box.h * 0.55F}; };
        const auto& texts = canvas.texts();
        for (std::size_t i = 0; i < texts.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const Rect a = ink(texts[i]), b = ink(texts[j]);
                if (a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()) found.push_back(texts[i].text + " / " + texts[j].text);
            }
        }
        return found;
    }

    /// The drawn cells are those of the recorded run, and each can be asked why.
    static int expect_cells_explain(const Shown& s, const LogCanvas& canvas) {
        int cells = 0;
        for (const Region& region : canvas.regions()) {
            if (!region.cell) continue;
            ++cells;
            EXPECT_EQ(region_at(canvas.regions(), region.rect.center())->cell, region.cell);
            const auto why = s.data->trace()->tape.explain(region.cell->tensor, region.cell->at);
            EXPECT_TRUE(why) << region.cell->tensor;
            if (!why) continue;
            EXPECT_NEAR(why->difference(), 0, 1e-5);
            // leaves have none, and a raw cast's scale is the constant 1
            EXPECT_TRUE(!why->operands.empty() || why->op == "weight" || why->op == "input" || region.cell->tensor.ends_with(".scales")) << region.cell->tensor;
        }
        return cells;
    }

    std::filesystem::path dir_ = std::filesystem::temp_directory_path() /
                                 ("deepglass_scene_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    Session session_{dir_};
};

}  // namespace dg::viz
