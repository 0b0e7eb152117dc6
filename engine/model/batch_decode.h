// Decoding many sequences at once.
#pragma once

#include "engine/model/decode.h"
#include "engine/tensor/matmul.h"

namespace dg {

/// Many sequences of equal length at once, one token each per call: the matrices of a step serve all of them. Every sequence
/// has the bits it would have in a Decoder of its own (decode_test). Serial: run several side by side for more threads.
class BatchDecoder {
  public:
    /// `packed` must outlive the decoder. Room for `sequences` of `tokens` tokens (at most the model's context).
    BatchDecoder(const PackedModel& packed, std::int64_t sequences, std::int64_t tokens);
    ~BatchDecoder();
    BatchDecoder(BatchDecoder&&) noexcept;

    /// One more token for every live sequence: ids [live] -> logits [live, V], valid until the next call. Error codes:
    /// bad_token_id, too_long, empty_prompt (nothing is live).
    Result<View<const float>> append(std::span<const std::int32_t> ids);
    /// Goes on with the sequences at these places among the live ones: leave finished ones out, name one several times to fork
    /// it. At most as many as there is room for.
    void select(std::span<const std::int64_t> places);

    [[nodiscard]] std::int64_t live() const;
    /// Tokens in every live sequence.
    [[nodiscard]] std::int64_t length() const;

  private:
    std::unique_ptr<Decoder::Impl> impl_;
    std::int64_t all_ = 0;
};

}  // namespace dg
