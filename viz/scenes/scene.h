// A scene is three pure functions over one description of its parameters:
//     compute(session, params) -> data     may be slow, runs off the frame thread
//     draw(canvas, data, params, view)     same inputs, same picture; no ImGui, no clock of its own, no randomness
//     observe(data)                        named numbers: lessons assert them, CSV/JSON export them, tests read them
// Controls, --set, a lesson's `set`, figure recipes and help texts all follow from the one list of ParamSpec.
#pragma once

#include "engine/base/result.h"
#include "sim/params.h"
#include "viz/canvas/canvas.h"
#include "viz/i18n/i18n.h"
#include "viz/scenes/session.h"
#include "viz/theme/theme.h"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace dg::viz {

/// Parameters: sim/params.h. Of a scene, label and help are catalogue keys "param.<scene>.<id>.label" / ".help" (shared ones:
/// "param.<id>.label") and choices "param.<scene>.<id>.<choice>". Shared by all scenes: model prompt layer head position seed.
using sim::ParamSpec;
using sim::ParamType;
using sim::Params;
using sim::parse_assignments;
using sim::parse_params;

/// Kind of a quantity, drawn as the badge of every figure.
enum class Kind { kComputed, kPublished, kIllustration };

/// A named number. `index` names the cell: "", "学", "3", "2,5".
struct Observation {
    std::string name, index;
    double value = 0;
    Kind kind = Kind::kComputed;
};

class SceneData {
  public:
    virtual ~SceneData() = default;

    /// The recorded run that cells of regions refer to; nullptr when the scene has none. The inspector explains its cells.
    [[nodiscard]] virtual const Trace* trace() const { return nullptr; }

    /// Recipe facts for badge and export: model hash (may be empty).
    [[nodiscard]] virtual std::string model_hash() const { return {}; }
};

/// A plain value: where the clock stands and what the viewer points at. Exports use the defaults with the last stage done.
struct View {
    int stage = 0;        // index into Scene::stages
    double u = 1;         // progress within the stage, 0 .. 1
    std::optional<CellRef> hover, selection;
    std::vector<CellRef> operands;   // of the hovered (else selected) cell: draw them lit
    bool revealed = true;            // false: a lesson covers what must be predicted
    ThemeId theme = ThemeId::kLight;
    Lang lang = Lang::kZh;
    bool presenter = false;          // bigger, fewer numbers
    bool interactive = false;        // window: draw hints such as "hover a row"
};

/// Progress of a compute or a job: done/total, and whether to stop. Poll at least every 50 ms.
struct Progress {
    std::function<bool(double fraction)> report = [](double) { return true; };  // false = cancel (error code cancelled)
    /// Shows what is known so far: complete scene data of its own, never changed afterwards. The window draws the latest
    /// (publish at most 30 times a second); figures, lessons and tests wait for the end. Set only where someone looks, so
    /// `if (progress.publish)` spares the copy.
    std::function<void(std::shared_ptr<const SceneData>)> publish = {};
};

struct StageSpec {
    std::string id;  // catalogue key "stage.<scene>.<id>"
    double seconds = 0.6;
};

struct Scene {
    std::string_view id;       // stable: lessons, files and commands use it
    std::string_view chapter;  // "tokens", "attention", ...: grouping in the menu
    std::string_view source = {};  // engine file behind it, for "show source"
    std::vector<ParamSpec> params = {};
    std::vector<StageSpec> stages = {};
    Result<std::shared_ptr<const SceneData>> (*compute)(Session&, const Params&, const Progress&);
    void (*draw)(Canvas&, const SceneData&, const Params&, const View&);
    std::vector<Observation> (*observe)(const SceneData&);
    /// Applies a region's action that is not "set name=value" to the parameters ("roll" -> seed + 1). May be nullptr.
    std::map<std::string, std::string> (*act)(const SceneData&, const Params&, std::string_view action) = nullptr;
};

/// The one table (scenes.cpp): the only edit needed to add a scene.
std::span<const Scene> scenes();
const Scene* find_scene(std::string_view id);
/// The scene of `table`, or error code unknown_scene with a suggestion.
Result<const Scene*> require_scene(std::string_view id, std::span<const Scene> table = scenes());

/// Specs of the parameters that scenes share, so that they mean the same everywhere.
ParamSpec model_param(std::string default_value = "mini");
ParamSpec prompt_param(std::string default_value);
ParamSpec layer_param(std::int64_t default_value, std::int64_t last = 60);
ParamSpec head_param(std::int64_t default_value, std::int64_t last = 127);
/// -1 = the last token.
ParamSpec position_param(std::int64_t default_value = -1);
ParamSpec seed_param(std::int64_t default_value = 1);

}  // namespace dg::viz
