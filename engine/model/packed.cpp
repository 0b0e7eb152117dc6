#include "engine/model/packed.h"

#include "engine/base/mathfn.h"

#include <cmath>

namespace dg {
namespace {

class Packer {
  public:
    explicit Packer(const Model<float>& model) : model_(model), config_(model.config) {}

    PackedLayer layer(std::int64_t i) const {
        const std::string w = fmt::format("model.layers.{}.", i);
        PackedLayer l;
        l.input_norm = vector(w + "input_layernorm.weight");
        l.post_norm = vector(w + "post_attention_layernorm.weight");
        attention(w + "self_attn.", l);
        if (!config_.is_moe(i)) {
            l.dense = mlp(w + "mlp.");
            return l;
        }
        l.router = matrix(w + "mlp.gate.weight");
        if (config_.topk_method == TopkMethod::kNoauxTc) l.router_bias = vector(w + "mlp.gate.e_score_correction_bias");
        for (std::int64_t e = 0; e < config_.n_routed_experts; ++e) l.experts.push_back(mlp(fmt::format("{}mlp.experts.{}.", w, e)));
        if (config_.n_shared_experts > 0) l.shared = mlp(w + "mlp.shared_experts.");
        return l;
    }

    [[nodiscard]] std::vector<float> vector(const std::string& name) const {
        const auto values = model_.weights.at(name).values();
        return {values.begin(), values.end()};
    }

    /// y = x W^T
    [[nodiscard]] PackedMatrix<float> matrix(const std::string& name) const {
        return PackedMatrix<float>(view(model_.weights.at(name)).transposed());
    }

  private:
    [[nodiscard]] PackedMlp mlp(const std::string& w) const {
        return {matrix(w + "gate_proj.weight"), matrix(w + "up_proj.weight"), matrix(w + "down_proj.weight")};
    }

    void attention(const std::string& w, PackedLayer& l) const {
        l.o = matrix(w + "o_proj.weight");
        if (config_.attention != AttentionKind::kMla) {
            l.q = matrix(w + "q_proj.weight");
            l.k = matrix(w + "k_proj.weight");
            l.v = matrix(w + "v_proj.weight");
            return;
        }
        if (config_.q_lora_rank) {
            l.q_a = matrix(w + "q_a_proj.weight");
            l.q_norm = vector(w + "q_a_layernorm.weight");
            l.q_b = matrix(w + "q_b_proj.weight");
        } else {
            l.q = matrix(w + "q_proj.weight");
        }
        l.kv_a = matrix(w + "kv_a_proj_with_mqa.weight");
        l.kv_norm = vector(w + "kv_a_layernorm.weight");
        const Tensor<float>& kv_b = model_.weights.at(w + "kv_b_proj.weight");
        const std::int64_t nope = config_.qk_nope_head_dim, v_dim = config_.v_head_dim, rank = config_.kv_lora_rank;
        for (std::int64_t h = 0; h < config_.num_attention_heads; ++h) {
            const float* rows = kv_b.row(h * (nope + v_dim));
            l.absorb_q.emplace_back(View<const float>{rows, nope, rank, rank, 1});
            l.absorb_v.emplace_back(View<const float>{rows + nope * rank, v_dim, rank, rank, 1}.transposed());
        }
    }

    const Model<float>& model_;
    const Config& config_;
};

}  // namespace

PackedModel::PackedModel(const Model<float>& model) : impl_(std::make_unique<Impl>()) {
    const Packer pack(model);
    Impl& m = *impl_;
    m.config = model.config;
    m.embedding = model.weights.at("model.embed_tokens.weight");
    for (std::int64_t i = 0; i < m.config.num_hidden_layers; ++i) m.layers.push_back(pack.layer(i));
    m.final_norm = pack.vector("model.norm.weight");
    m.head = pack.matrix("lm_head.weight");
    const ops::RopeTable rope = ops::rope_table(m.config);
    const auto width = static_cast<double>(m.config.attention == AttentionKind::kMla ? m.config.qk_head_dim() : m.config.head_dim);
    m.scale = static_cast<float>(rope.mscale * rope.mscale / std::sqrt(width));
    m.pairs = static_cast<std::int64_t>(rope.frequencies.size());
    for (std::int64_t t = 0; t < m.config.max_position_embeddings; ++t)
        for (const double f : rope.frequencies) {
            m.cosines.push_back(static_cast<float>(dg::cos(static_cast<double>(t) * f)));
            m.sines.push_back(static_cast<float>(dg::sin(static_cast<double>(t) * f)));
        }
}

PackedModel::~PackedModel() = default;
PackedModel::PackedModel(PackedModel&&) noexcept = default;

const Config& PackedModel::config() const { return impl_->config; }

}  // namespace dg
