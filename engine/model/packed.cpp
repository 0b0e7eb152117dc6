#include "engine/model/packed.h"

#include "engine/base/mathfn.h"

#include <cmath>

namespace dg {
namespace {

class Packer {
  public:
    Packer(const Model<float>& model, const Numerics& numerics) : model_(model), config_(model.config), numerics_(resolve(numerics, model.config)) {}

    PackedLayer layer(std::int64_t i) {
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

    /// Module 1, stored as layer L.
    PackedMtp mtp() {
        const std::string w = fmt::format("model.layers.{}.", config_.num_hidden_layers);
        return {vector(w + "enorm.weight"), vector(w + "hnorm.weight"), vector(w + "shared_head.norm.weight"), matrix(w + "eh_proj.weight"),
                layer(config_.num_hidden_layers)};
    }

    [[nodiscard]] std::vector<float> vector(const std::string& name) const {
        const auto values = model_.weights.at(name).values();
        return {values.begin(), values.end()};
    }

    /// y = x W^T
    [[nodiscard]] PackedMatrix<float> matrix(const std::string& name) const {
        return PackedMatrix<float>(view(model_.weights.at(name)).transposed());
    }

    [[nodiscard]] const PackedModel::Bytes& bytes() const { return bytes_; }

  private:
    /// y = Q(x) Q(W)^T in the model's number format.
    PackedWeight weight(const std::string& name) {
        return part_of(name, {}, stored_codes(model_, name, numerics_), true);
    }

    PackedWeight part_of(const std::string& name, const fp8::Part& part, const fp8::QuantisedMatrix* codes, bool quantise_input) {
        PackedWeight packed(model_.weights.at(name), part, numerics_, codes, quantise_input);
        bytes_.linear += packed.bytes();
        bytes_.linear_numbers += packed.rows() * packed.cols();
        return packed;
    }

    PackedMlp mlp(const std::string& w) {
        return {weight(w + "gate_proj.weight"), weight(w + "up_proj.weight"), weight(w + "down_proj.weight")};
    }

    void attention(const std::string& w, PackedLayer& l) {
        l.o = weight(w + "o_proj.weight");
        if (config_.attention != AttentionKind::kMla) {
            l.q = weight(w + "q_proj.weight");
            l.k = weight(w + "k_proj.weight");
            l.v = weight(w + "v_proj.weight");
            return;
        }
        if (config_.q_lora_rank) {
            l.q_a = weight(w + "q_a_proj.weight");
            l.q_norm = vector(w + "q_a_layernorm.weight");
            l.q_b = weight(w + "q_b_proj.weight");
        } else {
            l.q = weight(w + "q_proj.weight");
        }
        l.kv_a = weight(w + "kv_a_proj_with_mqa.weight");
        l.kv_norm = vector(w + "kv_a_layernorm.weight");
        // W^UK and W^UV of each head; their inputs are not quantised (V3's inference code)
        const std::string kv_b = w + "kv_b_proj.weight";
        const std::int64_t nope = config_.qk_nope_head_dim, v_dim = config_.v_head_dim;
        const fp8::QuantisedMatrix* codes = stored_codes(model_, kv_b, numerics_);
        fp8::QuantisedMatrix online;
        if (codes == nullptr && numerics_.fp8()) codes = &(online = fp8::quantise(model_.weights.at(kv_b), numerics_.weights()));
        for (std::int64_t h = 0; h < config_.num_attention_heads; ++h) {
            const std::int64_t first = h * (nope + v_dim);
            l.absorb_q.push_back(part_of(kv_b, {first, nope, false}, codes, false));
            l.absorb_v.push_back(part_of(kv_b, {first + nope, v_dim, true}, codes, false));
        }
    }

    const Model<float>& model_;
    const Config& config_;
    Numerics numerics_;
    PackedModel::Bytes bytes_;
};

}  // namespace

PackedModel::PackedModel(const Model<float>& model, const Numerics& numerics) : impl_(std::make_unique<Impl>()) {
    Packer pack(model, numerics);
    Impl& m = *impl_;
    m.config = model.config;
    m.embedding = model.weights.at("model.embed_tokens.weight");
    for (std::int64_t i = 0; i < m.config.num_hidden_layers; ++i) m.layers.push_back(pack.layer(i));
    m.final_norm = pack.vector("model.norm.weight");
    m.head = pack.matrix("lm_head.weight");
    if (m.config.num_nextn_predict_layers > 0) m.mtp = pack.mtp();
    const ops::RopeTable rope = ops::rope_table(m.config);
    const auto width = static_cast<double>(m.config.attention == AttentionKind::kMla ? m.config.qk_head_dim() : m.config.head_dim);
    m.scale = static_cast<float>(rope.mscale * rope.mscale / std::sqrt(width));
    m.pairs = static_cast<std::int64_t>(rope.frequencies.size());
    for (std::int64_t t = 0; t < m.config.max_position_embeddings; ++t)
        for (const double f : rope.frequencies) {
            m.cosines.push_back(static_cast<float>(dg::cos(static_cast<double>(t) * f)));
            m.sines.push_back(static_cast<float>(dg::sin(static_cast<double>(t) * f)));
        }
    m.bytes = pack.bytes();
    m.bytes.other = m.head.bytes() + 4 * m.embedding.size();
    for (const PackedLayer& l : m.layers) {
        m.bytes.other += l.router.bytes();
        for (const auto* v : {&l.input_norm, &l.post_norm, &l.q_norm, &l.kv_norm, &l.router_bias}) m.bytes.other += 4 * static_cast<std::int64_t>(v->size());
    }
}

PackedModel::Bytes PackedModel::bytes() const { return impl_->bytes; }

PackedModel::~PackedModel() = default;
PackedModel::PackedModel(PackedModel&&) noexcept = default;

const Config& PackedModel::config() const { return impl_->config; }

}  // namespace dg
