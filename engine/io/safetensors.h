// safetensors: u64 little-endian header length, JSON header, raw little-endian row-major data.
#pragma once

#include "engine/base/result.h"
#include "engine/tensor/tensor.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dg {

enum class DType { kF32, kF64, kBF16, kF16, kF8E4M3, kF8E5M2, kI64, kI32, kU8 };

/// "F32", "BF16", "F8_E4M3", ... and bytes of one element.
std::string_view dtype_name(DType dtype);
std::size_t dtype_size(DType dtype);

struct RawTensor {
    DType dtype = DType::kF32;
    Shape shape;
    std::vector<std::byte> bytes;

    /// Widened (or, from F64, rounded) to float. FP8 codes decode without scale.
    [[nodiscard]] Tensor<float> to_float() const;
    [[nodiscard]] Tensor<double> to_double() const;
    [[nodiscard]] std::vector<std::int64_t> to_ints() const;
    static RawTensor from(const Tensor<float>& t, DType dtype = DType::kF32);  // F32 or BF16 (nearest even) or I64
    static RawTensor from_ints(const Shape& shape, const std::vector<std::int64_t>& values);
};

struct SafeTensors {
    std::map<std::string, RawTensor> tensors;
    std::map<std::string, std::string> metadata;
};

/// Reads a whole file. Every lie of a header is caught: length beyond the file, overlapping or gapped or out-of-range
/// offsets, size that does not match dtype and shape, unknown dtype, negative or absurd shape, duplicate names, bad JSON.
/// Error codes: file_read, safetensors_truncated, safetensors_header, safetensors_dtype, safetensors_shape, safetensors_offsets.
Result<SafeTensors> read_safetensors(const std::filesystem::path& file);
/// Header only: names, dtypes, shapes (bytes stay empty); the same checks against the file's size.
Result<SafeTensors> read_safetensors_header(const std::filesystem::path& file);
/// Written beside the target, synced, renamed: whole or not at all. Error code: file_write.
Result<void> write_safetensors(const std::filesystem::path& file, const SafeTensors& content);

}  // namespace dg
