#include "engine/model/batch_decode.h"

#include "engine/model/packed.h"
#include "engine/ops/rows.h"
#include "engine/ops/select.h"

#include <algorithm>
#include <cmath>

namespace dg {
namespace {

using Buffer = Tensor<float>::Storage;

/// A scratch matrix [rows, cols]; grows, never shrinks.
struct Scratch {
    Buffer data;
    std::int64_t cols = 0;

    View<float> set(std::int64_t rows, std::int64_t columns) {
        cols = columns;
        data.resize(std::max(data.size(), static_cast<std::size_t>(rows * columns)));
        return {data.data(), rows, columns, columns, 1};
    }
};

View<const float> read(View<float> v) { return {v.data, v.rows, v.cols, v.row_stride, v.col_stride}; }

}  // namespace

struct Decoder::Impl {
    explicit Impl(const PackedModel::Impl& packed) : model(packed), config(packed.config) {
        const bool mla = config.attention == AttentionKind::kMla;
        groups = mla ? 1 : config.num_key_value_heads;
        key_width = mla ? config.kv_lora_rank + config.qk_rope_head_dim : config.head_dim;
        value_width = mla ? config.kv_lora_rank : config.head_dim;
        // MLA keeps one row [latent ; rotary key] per token; its values are the latent itself. Others: keys, then values.
        row = mla ? key_width : groups * (key_width + value_width);
        caches.resize(static_cast<std::size_t>(config.num_hidden_layers) + 1);  // the last one for the MTP module
    }

    const PackedModel::Impl& model;
    const Config& config;
    std::int64_t groups, key_width, value_width, row;
    std::int64_t length = 0, draft_length = 0;
    std::vector<Buffer> caches;  // per layer [capacity][row], then kReadAhead numbers; `many`: one such block per slot
    bool many = false;           // the rows of x are sequences of equal length, not tokens of one sequence
    std::int64_t capacity = 0;   // tokens of a slot, when many
    std::vector<std::int64_t> slots;  // of every live sequence, when many
    Scratch x, normed, queries, q_latent, projected, scores, mixed, context, out, gate, up, picked, sent, returned;
    PackedMatrix<float> keys;  // of the layer under way, [key_width, tokens]
    std::vector<std::int64_t> chosen;  // expert of every (row, k)
    std::vector<float> weight;         // and its gate weight
    Buffer logits, hidden, draft_logits;

    void reserve(std::int64_t tokens, bool drafting = false) {
        for (std::size_t i = 0; i < caches.size(); ++i) {
            if ((i + 1 == caches.size()) != drafting) continue;
            Buffer& c = caches[i];
            const auto wanted = static_cast<std::size_t>(tokens * row + kReadAhead);
            if (c.size() < wanted) c.resize(std::max(wanted, 2 * c.size()), 0.0F);
        }
    }

    [[nodiscard]] std::int64_t position(std::int64_t r) const { return many ? length : length + r; }

    [[nodiscard]] float* cache_row(Buffer& cache, std::int64_t r) const {
        return cache.data() + (many ? slots[static_cast<std::size_t>(r)] * capacity + length : length + r) * row;
    }

    View<float> norm_rows(View<float> in, const std::vector<float>& gain) {
        const View<float> y = normed.set(in.rows, in.cols);
        for (std::int64_t r = 0; r < in.rows; ++r)
            ops::rmsnorm_row(in.data + r * in.row_stride, gain.data(), in.cols, config.rms_norm_eps, y.data + r * in.cols);
        return y;
    }

    template <class Weight>
    View<float> multiply(const Weight& w, View<float> in, Scratch& to) {
        const View<float> y = to.set(in.rows, w.cols());
        w.multiply(read(in), y);
        return y;
    }

    void rotate(float* v, std::int64_t position) const {
        float turned[512];
        DG_CHECK(2 * model.pairs <= 512);
        ops::rope_row(v, turned, model.cosines.data() + position * model.pairs, model.sines.data() + position * model.pairs, model.pairs);
        std::copy(turned, turned + 2 * model.pairs, v);
    }

    /// New cache rows, and queries [n*H, key_width] in the cache's space.
    void mla_inputs(const PackedLayer& l, View<float> in, Buffer& cache) {
        const std::int64_t heads = config.num_attention_heads, nope = config.qk_nope_head_dim, pe = config.qk_rope_head_dim, rank = config.kv_lora_rank;
        const View<float> kv = multiply(l.kv_a, in, projected);
        for (std::int64_t r = 0; r < in.rows; ++r) {
            float* to = cache_row(cache, r);
            ops::rmsnorm_row(kv.data + r * kv.cols, l.kv_norm.data(), rank, config.rms_norm_eps, to);
            std::copy(kv.data + r * kv.cols + rank, kv.data + r * kv.cols + rank + pe, to + rank);
            rotate(to + rank, position(r));
        }
        View<float> q = in;
        if (config.q_lora_rank) {
            const View<float> low = multiply(l.q_a, in, projected);
            for (std::int64_t r = 0; r < low.rows; ++r)
                ops::rmsnorm_row(low.data + r * low.cols, l.q_norm.data(), low.cols, config.rms_norm_eps, low.data + r * low.cols);
            q = multiply(l.q_b, low, queries);
        } else {
            q = multiply(l.q, in, queries);
        }
        const View<float> latent = q_latent.set(in.rows * heads, key_width);
        for (std::int64_t h = 0; h < heads; ++h) {
            const View<const float> q_nope{q.data + h * (nope + pe), in.rows, nope, q.cols, 1};
            l.absorb_q[static_cast<std::size_t>(h)].multiply(q_nope, {latent.data + h * key_width, in.rows, rank, heads * key_width, 1});
            for (std::int64_t r = 0; r < in.rows; ++r) {
                float* to = latent.data + (r * heads + h) * key_width + rank;
                std::copy_n(q.data + r * q.cols + h * (nope + pe) + nope, pe, to);
                rotate(to, position(r));
            }
        }
    }

    void grouped_inputs(const PackedLayer& l, View<float> in, Buffer& cache) {
        const std::int64_t heads = config.num_attention_heads, width = config.head_dim;
        const View<float> k = multiply(l.k, in, projected);
        for (std::int64_t r = 0; r < in.rows; ++r)
            for (std::int64_t g = 0; g < groups; ++g) {
                float* to = cache_row(cache, r) + g * width;
                std::copy_n(k.data + r * k.cols + g * width, width, to);
                rotate(to, position(r));
            }
        const View<float> v = multiply(l.v, in, projected);
        for (std::int64_t r = 0; r < in.rows; ++r)
            std::copy_n(v.data + r * v.cols, groups * width, cache_row(cache, r) + groups * width);
        const View<float> q = multiply(l.q, in, q_latent);
        for (std::int64_t r = 0; r < in.rows; ++r)
            for (std::int64_t h = 0; h < heads; ++h) rotate(q.data + r * q.cols + h * width, position(r));
    }

    /// mixed [n*H, value_width]: every new token's heads over its cache up to that token.
    void attend(std::int64_t rows, const Buffer& cache) {
        mixed.set(rows * config.num_attention_heads, value_width);
        if (!many) return attend_rows(0, rows, cache.data());
        for (std::int64_t r = 0; r < rows; ++r) attend_rows(r, 1, cache.data() + slots[static_cast<std::size_t>(r)] * capacity * row);
    }

    /// Rows [first, first + rows) are successive tokens of the sequence whose cache begins at `cached`.
    void attend_rows(std::int64_t first, std::int64_t rows, const float* cached) {
        const std::int64_t heads = config.num_attention_heads, per_group = heads / groups;
        const bool mla = config.attention == AttentionKind::kMla;
        for (std::int64_t g = 0; g < groups; ++g) {
            keys.assign(View<const float>{cached + g * key_width, length + rows, key_width, row, 1}.transposed());
            const float* values = mla ? cached : cached + groups * key_width + g * value_width;
            for (std::int64_t r = 0; r < rows; ++r) {
                const std::int64_t live = length + r + 1, at = (first + r) * heads + g * per_group;
                const View<float> s = scores.set(per_group, live);
                keys.multiply({q_latent.data.data() + at * key_width, per_group, key_width, key_width, 1}, s);
                for (std::int64_t h = 0; h < per_group; ++h) {
                    float* sh = s.data + h * live;
                    for (std::int64_t u = 0; u < live; ++u) sh[u] *= model.scale;
                    ops::softmax_row(sh, sh, live, live);
                }
                const View<const float> v{values, live, value_width, row, 1};
                matmul_in_place(read(s), v, View<float>{mixed.data.data() + at * value_width, per_group, value_width, value_width, 1});
            }
        }
    }

    /// [n, H*v] from mixed.
    View<float> head_outputs(const PackedLayer& l, std::int64_t rows) {
        const std::int64_t heads = config.num_attention_heads;
        if (config.attention != AttentionKind::kMla) return {mixed.data.data(), rows, heads * value_width, heads * value_width, 1};
        const std::int64_t v_dim = config.v_head_dim;
        const View<float> c = context.set(rows, heads * v_dim);
        for (std::int64_t h = 0; h < heads; ++h)
            l.absorb_v[static_cast<std::size_t>(h)].multiply({mixed.data.data() + h * value_width, rows, value_width, heads * value_width, 1},
                                                             {c.data + h * v_dim, rows, v_dim, heads * v_dim, 1});
        return c;
    }

    /// down(swiglu(gate(in), up(in))), valid until the next call.
    View<float> mlp(const PackedMlp& w, View<float> in) {
        const View<float> g = multiply(w.gate, in, gate), u = multiply(w.up, in, up);
        for (std::int64_t i = 0; i < g.rows * g.cols; ++i) g.data[i] = ops::swiglu_value(g.data[i], u.data[i]);
        return multiply(w.down, g, out);
    }

    static void add_to(View<float> to, View<float> from) {
        for (std::int64_t i = 0; i < to.rows * to.cols; ++i) to.data[i] += from.data[i];
    }

    void feed_forward(const PackedLayer& l, View<float> stream) {
        const View<float> in = norm_rows(stream, l.post_norm);
        if (l.experts.empty()) {
            add_to(stream, mlp(l.dense, in));
            return;
        }
        route(l, in);
        const std::int64_t dim = in.cols, k = config.num_experts_per_tok;
        const View<float> y = picked.set(in.rows, dim);
        if (config.n_shared_experts > 0) {
            std::copy_n(mlp(l.shared, in).data, in.rows * dim, y.data);
        } else {
            std::fill_n(y.data, in.rows * dim, 0.0F);
        }
        run_experts(l, in);
        for (std::int64_t r = 0; r < in.rows; ++r)  // in the order of choice, as the tape adds them
            for (std::int64_t j = r * k; j < (r + 1) * k; ++j) {
                const float w = weight[static_cast<std::size_t>(j)];
                const float* o = returned.data.data() + j * dim;
                for (std::int64_t i = 0; i < dim; ++i) y.data[r * dim + i] = std::fma(w, o[i], y.data[r * dim + i]);
            }
        add_to(stream, y);
    }

    /// `chosen` and `weight` of every row.
    void route(const PackedLayer& l, View<float> in) {
        const std::int64_t experts = config.n_routed_experts;
        const View<float> affinity = multiply(l.router, in, scores);
        chosen.clear();
        weight.clear();
        std::vector<float> choice(static_cast<std::size_t>(experts));
        for (std::int64_t r = 0; r < in.rows; ++r) {
            float* s = affinity.data + r * experts;
            score(s);
            for (std::int64_t e = 0; e < experts; ++e)
                choice[static_cast<std::size_t>(e)] = s[e] + (l.router_bias.empty() ? 0.0F : l.router_bias[static_cast<std::size_t>(e)]);
            const auto picks = select_experts(config, choice.data());
            float total = 1;
            if (config.norm_topk_prob && config.topk_method == TopkMethod::kNoauxTc) {
                total = 0;
                for (const std::int64_t e : picks) total += s[e];
            }
            for (const std::int64_t e : picks) {
                chosen.push_back(e);
                weight.push_back(s[e] / total * static_cast<float>(config.routed_scaling_factor));
            }
        }
    }

    /// returned [rows * K, dim]: each expert once over all rows that chose it.
    void run_experts(const PackedLayer& l, View<float> in) {
        const std::int64_t dim = in.cols, k = config.num_experts_per_tok;
        const View<float> to = returned.set(in.rows * k, dim);
        std::vector<std::int64_t> places;
        for (std::int64_t e = 0; e < config.n_routed_experts; ++e) {
            places.clear();
            for (std::size_t j = 0; j < chosen.size(); ++j)
                if (chosen[j] == e) places.push_back(static_cast<std::int64_t>(j));
            if (places.empty()) continue;
            const View<float> x_e = sent.set(static_cast<std::int64_t>(places.size()), dim);
            for (std::size_t i = 0; i < places.size(); ++i)
                std::copy_n(in.data + places[i] / k * dim, dim, x_e.data + static_cast<std::int64_t>(i) * dim);
            const View<float> y_e = mlp(l.experts[static_cast<std::size_t>(e)], x_e);
            for (std::size_t i = 0; i < places.size(); ++i)
                std::copy_n(y_e.data + static_cast<std::int64_t>(i) * dim, dim, to.data + places[i] * dim);
        }
    }

    void score(float* z) const {
        const std::int64_t n = config.n_routed_experts;
        if (config.scoring_func == ScoringFunc::kSigmoid) {
            for (std::int64_t e = 0; e < n; ++e) z[e] = ops::sigmoid(z[e]);
            return;
        }
        const float top = *std::max_element(z, z + n);
        float sum = 0;
        for (std::int64_t e = 0; e < n; ++e) sum += z[e] = dg::exp(z[e] - top);
        for (std::int64_t e = 0; e < n; ++e) z[e] /= sum;
    }

    /// One layer over the new rows of `stream`.
    void block(const PackedLayer& l, View<float> stream, Buffer& cache) {
        const View<float> in = norm_rows(stream, l.input_norm);
        if (config.attention == AttentionKind::kMla) {
            mla_inputs(l, in, cache);
        } else {
            grouped_inputs(l, in, cache);
        }
        attend(stream.rows, cache);
        add_to(stream, multiply(l.o, head_outputs(l, stream.rows), out));
        feed_forward(l, stream);
    }

    /// `next` [n] tokens after the states `states` [n, D], at positions draft_length ..
    void draft(std::span<const std::int32_t> next, std::span<const float> states) {
        const PackedMtp& m = *model.mtp;
        const auto n = static_cast<std::int64_t>(next.size());
        const std::int64_t dim = config.hidden_size;
        reserve(draft_length + n, true);
        const View<float> joined = sent.set(n, 2 * dim);
        for (std::int64_t r = 0; r < n; ++r) {
            ops::rmsnorm_row(model.embedding.row(next[static_cast<std::size_t>(r)]), m.enorm.data(), dim, config.rms_norm_eps, joined.data + 2 * r * dim);
            ops::rmsnorm_row(states.data() + r * dim, m.hnorm.data(), dim, config.rms_norm_eps, joined.data + (2 * r + 1) * dim);
        }
        const View<float> stream = multiply(m.eh, joined, x);
        std::swap(length, draft_length);  // the block reads and writes at the module's own positions
        block(m.block, stream, caches.back());
        std::swap(length, draft_length);
        draft_length += n;
        const View<float> last = norm_rows({stream.data + (n - 1) * dim, 1, dim, dim, 1}, m.norm);
        draft_logits.resize(static_cast<std::size_t>(config.vocab_size));
        model.head.multiply_row(last.data, draft_logits.data());
    }

    /// The residual stream after the last layer, one row per id.
    View<float> through_layers(std::span<const std::int32_t> ids) {
        const auto n = static_cast<std::int64_t>(ids.size());
        const View<float> stream = x.set(n, config.hidden_size);
        for (std::int64_t r = 0; r < n; ++r) {
            const float* from = model.embedding.row(ids[static_cast<std::size_t>(r)]);
            std::copy(from, from + config.hidden_size, stream.data + r * config.hidden_size);
        }
        for (std::size_t i = 0; i < model.layers.size(); ++i) block(model.layers[i], stream, caches[i]);
        length += many ? 1 : n;
        return stream;
    }

    /// all: logits of every new row, and their normed states.
    void run(std::span<const std::int32_t> ids, bool all = false) {
        const auto n = static_cast<std::int64_t>(ids.size());
        reserve(length + n);
        const View<float> stream = through_layers(ids);
        const std::int64_t rows = all ? n : 1, dim = config.hidden_size;
        const View<float> last{stream.data + (n - rows) * dim, rows, dim, dim, 1};
        const View<float> final_rows = norm_rows(last, model.final_norm);
        hidden.assign(final_rows.data, final_rows.data + (all ? n * dim : 0));
        logits.resize(static_cast<std::size_t>(rows * config.vocab_size));
        for (std::int64_t r = 0; r < rows; ++r) model.head.multiply_row(final_rows.data + r * dim, logits.data() + r * config.vocab_size);
    }

    /// logits [n, V] of the next token of every live sequence.
    void run_many(std::span<const std::int32_t> ids) {
        const auto n = static_cast<std::int64_t>(ids.size());
        const View<float> final_rows = norm_rows(through_layers(ids), model.final_norm);
        logits.resize(static_cast<std::size_t>(n * config.vocab_size));
        model.head.multiply(read(final_rows), {logits.data(), n, config.vocab_size, config.vocab_size, 1});
    }

    /// Tokens that the model has, and room for them after `before` others. Error codes: empty_prompt and those of check.
    [[nodiscard]] Result<void> check_next(std::span<const std::int32_t> ids, std::int64_t before) const {
        if (ids.empty()) return Error{"empty_prompt", {}, {}};
        return check(ids, before + static_cast<std::int64_t>(ids.size()), config.max_position_embeddings);
    }

    /// Error codes: bad_token_id, too_long.
    [[nodiscard]] Result<void> check(std::span<const std::int32_t> ids, std::int64_t total, std::int64_t limit) const {
        if (total > limit) return Error{"too_long", {{"tokens", std::to_string(total)}, {"limit", std::to_string(limit)}}, {}};
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (ids[i] < 0 || ids[i] >= config.vocab_size)
                return Error{"bad_token_id", {{"id", std::to_string(ids[i])}, {"vocab", std::to_string(config.vocab_size)}}, fmt::format("position {}", i)};
        return {};
    }
};

Decoder::Decoder(const PackedModel& packed) : impl_(std::make_unique<Impl>(packed.impl())) {}

Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;

Result<std::span<const float>> Decoder::append(std::span<const std::int32_t> ids) {
    DG_TRY(impl_->check_next(ids, impl_->length));
    impl_->run(ids);
    return std::span<const float>(impl_->logits);
}

Result<std::span<const float>> Decoder::append_all(std::span<const std::int32_t> ids) {
    DG_TRY(impl_->check_next(ids, impl_->length));
    impl_->run(ids, true);
    return std::span<const float>(impl_->logits);
}

std::span<const float> Decoder::hidden() const { return impl_->hidden; }

Result<std::span<const float>> Decoder::draft(std::span<const std::int32_t> next, std::span<const float> hidden) {
    if (!impl_->model.mtp) return Error{"no_mtp", {}, {}};
    DG_TRY(impl_->check_next(next, impl_->draft_length));
    DG_CHECK_EQ(hidden.size(), next.size() * static_cast<std::size_t>(impl_->config.hidden_size));
    impl_->draft(next, hidden);
    return std::span<const float>(impl_->draft_logits);
}

std::int64_t Decoder::draft_length() const { return impl_->draft_length; }

std::int64_t Decoder::length() const { return impl_->length; }

void Decoder::truncate(std::int64_t length) {
    DG_CHECK(length >= 0 && length <= impl_->length);
    impl_->length = length;
}

std::int64_t Decoder::cache_bytes_per_token() const {
    return impl_->config.num_hidden_layers * impl_->row * static_cast<std::int64_t>(sizeof(float));
}

BatchDecoder::BatchDecoder(const PackedModel& packed, std::int64_t sequences, std::int64_t tokens) : impl_(std::make_unique<Decoder::Impl>(packed.impl())) {
    impl_->many = true;
    impl_->capacity = std::min(tokens, packed.config().max_position_embeddings);
    for (std::int64_t i = 0; i < sequences; ++i) impl_->slots.push_back(i);
    for (Buffer& c : impl_->caches) c.resize(static_cast<std::size_t>(sequences * impl_->capacity * impl_->row + kReadAhead), 0.0F);
    all_ = sequences;
}

BatchDecoder::~BatchDecoder() = default;
BatchDecoder::BatchDecoder(BatchDecoder&&) noexcept = default;

Result<View<const float>> BatchDecoder::append(std::span<const std::int32_t> ids) {
    DG_CHECK_EQ(static_cast<std::int64_t>(ids.size()), live());
    if (ids.empty()) return Error{"empty_prompt", {}, {}};
    DG_TRY(impl_->check(ids, impl_->length + 1, impl_->capacity));
    impl_->run_many(ids);
    return View<const float>{impl_->logits.data(), live(), impl_->config.vocab_size, impl_->config.vocab_size, 1};
}

std::int64_t BatchDecoder::live() const { return static_cast<std::int64_t>(impl_->slots.size()); }

std::int64_t BatchDecoder::length() const { return impl_->length; }

void BatchDecoder::select(std::span<const std::int64_t> places) {
    Decoder::Impl& d = *impl_;
    DG_CHECK(static_cast<std::int64_t>(places.size()) <= all_);
    std::vector<bool> kept(static_cast<std::size_t>(all_), false);
    for (const std::int64_t p : places) kept[static_cast<std::size_t>(d.slots.at(static_cast<std::size_t>(p)))] = true;
    std::vector<bool> seen(kept.size(), false);
    std::vector<std::int64_t> slots;
    std::int64_t free = 0;
    for (const std::int64_t p : places) {
        std::int64_t slot = d.slots[static_cast<std::size_t>(p)];
        if (seen[static_cast<std::size_t>(slot)]) {
            // the second of a kind: its cache is copied to a slot nobody keeps
            while (kept[static_cast<std::size_t>(free)]) ++free;
            for (Buffer& c : d.caches) std::copy_n(c.data() + slot * d.capacity * d.row, d.length * d.row, c.data() + free * d.capacity * d.row);
            slot = free;
            kept[static_cast<std::size_t>(slot)] = true;
        }
        seen[static_cast<std::size_t>(slot)] = true;
        slots.push_back(slot);
    }
    d.slots = std::move(slots);
}

}  // namespace dg
