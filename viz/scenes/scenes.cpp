// The one table of scenes: to add a scene, declare its entry function here and add a row. Order = order of the menu.
#include "viz/scenes/scene.h"

namespace dg::viz {

// Each returns the scene's description: id, parameters, stages, the three functions. Defined in viz/scenes/<id>/.
Scene next_token_scene();
Scene tokens_scene();
Scene attention_scene();
Scene sampler_scene();
Scene double_descent_scene();
Scene networks_scene();
Scene floats_scene();
Scene moe_scene();
Scene mla_scene();
Scene mtp_scene();
Scene balance_scene();
Scene block_scene();
Scene heads_scene();
Scene rope_scene();
Scene model_map_scene();
Scene embedding_scene();
Scene fp8_scene();
Scene train_scene();
Scene grpo_scene();
Scene reasoning_scene();

std::span<const Scene> scenes() {
    static const std::vector<Scene> table = {
        next_token_scene(),
        tokens_scene(),
        embedding_scene(),
        attention_scene(),
        heads_scene(),
        rope_scene(),
        block_scene(),
        model_map_scene(),
        sampler_scene(),
        double_descent_scene(),
        networks_scene(),
        mla_scene(),
        moe_scene(),
        balance_scene(),
        mtp_scene(),
        floats_scene(),
        fp8_scene(),
        train_scene(),
        grpo_scene(),
        reasoning_scene(),
    };
    return table;
}

}  // namespace dg::viz
