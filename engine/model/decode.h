// Fast decoding: the latent cache, absorbed attention, weights packed once. Nothing is recorded; the logits have the same
// bits as decode.logits of a tape (decode_test), because every output is the same chain of operations. In FP8 the weights of
// attention and MLP stay one byte per number. (fp8-tensor: one scale per activation tensor, and a token alone is another tensor
// than a whole prompt; there tape and decoder differ by rounding.)
#pragma once

#include "engine/model/model.h"

#include <memory>
#include <span>

namespace dg {

/// Weights in the layout of the kernels. Made once per model, shared by any number of decoders.
class PackedModel {
  public:
    explicit PackedModel(const Model<float>& model, const Numerics& numerics = {});
    ~PackedModel();
    PackedModel(PackedModel&&) noexcept;

    [[nodiscard]] const Config& config() const;

    /// What the weights weigh in memory.
    struct Bytes {
        std::int64_t linear = 0;          // Linears of attention and MLP: numbers and scales
        std::int64_t linear_numbers = 0;  // how many numbers those are (without padding)
        std::int64_t other = 0;           // embedding, head, router, norms
    };
    [[nodiscard]] Bytes bytes() const;

    struct Impl;

    [[nodiscard]] const Impl& impl() const { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

/// One growing sequence.
class Decoder {
  public:
    /// `packed` must outlive the decoder.
    explicit Decoder(const PackedModel& packed);
    ~Decoder();
    Decoder(Decoder&&) noexcept;

    /// Appends tokens and returns the logits after the last one, [V]; valid until the next call. Many tokens at once run as
    /// matrices, with the same bits as one by one. Error codes: bad_token_id, too_long, empty_prompt.
    Result<std::span<const float>> append(std::span<const std::int32_t> ids);

    /// The same, with the logits after every new token, [n, V]; hidden() then has their rows. What verifies a draft.
    Result<std::span<const float>> append_all(std::span<const std::int32_t> ids);
    /// Final-normed states of the tokens of the last append_all, [n, D].
    [[nodiscard]] std::span<const float> hidden() const;

    /// The first MTP module (V3 2.2) on its own cache: for positions draft_length().. the normed states `hidden` [n, D] and
    /// the tokens that follow them; logits [V] for the token after the last of `next`. Bits of mtp.0.logits of a tape whose
    /// attention is naive differ in rounding only. Error codes: no_mtp, bad_token_id, too_long, empty_prompt.
    Result<std::span<const float>> draft(std::span<const std::int32_t> next, std::span<const float> hidden);
    [[nodiscard]] std::int64_t draft_length() const;

    /// Tokens in the cache.
    [[nodiscard]] std::int64_t length() const;
    /// Forgets all tokens from position `length` on.
    void truncate(std::int64_t length);
    /// Bytes of cached numbers for one token over all layers (f32): layers * cache_elements * 4.
    [[nodiscard]] std::int64_t cache_bytes_per_token() const;

    struct Impl;

  private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace dg
