// safetensors: u64 little-endian header length, JSON header, raw little-endian row-major data.
#pragma once

#include "engine/base/result.h"
#include "engine/io/files.h"
#include "engine/tensor/tensor.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dg {

enum class DType { kF32, kF64, kBF16, kF16, kF8E4M3, kF8E5M2, kI64, kI32, kU8 };

/// "F32", "BF16", "F8_E4M3", ... and bytes of one element.
std::string_view dtype_name(DType dtype);
std::size_t dtype_size(DType dtype);
std::optional<DType> dtype_of_name(std::string_view name);

struct RawTensor {
    DType dtype = DType::kF32;
    Shape shape;
    std::vector<std::byte> bytes;

    /// Widened (or, from F64, rounded) to float. FP8 codes decode without scale.
    [[nodiscard]] Tensor<float> to_float() const;
    [[nodiscard]] Tensor<double> to_double() const;
    /// From I64, I32 and U8; a Bug for floating-point tensors.
    [[nodiscard]] std::vector<std::int64_t> to_ints() const;
    /// F32, F64, BF16, F16 (nearest even), or I64 and I32 from exact integers; the rest is a Bug.
    static RawTensor from(const Tensor<float>& t, DType dtype = DType::kF32);
    static RawTensor from_ints(const Shape& shape, const std::vector<std::int64_t>& values);
    /// Bytes as they are: FP8 codes (F8_E4M3, F8_E5M2) or U8.
    static RawTensor from_codes(const Shape& shape, const std::vector<std::uint8_t>& codes,
                                DType dtype);
};

struct SafeTensors {
    std::map<std::string, RawTensor> tensors;
    std::map<std::string, std::string> metadata;
};

/// One tensor of a header: its bytes are [begin, end) of the data section.
struct SafeTensorsEntry {
    DType dtype = DType::kF32;
    Shape shape;
    std::uint64_t begin = 0, end = 0;
};

struct SafeTensorsHeader {
    std::map<std::string, SafeTensorsEntry> entries;
    std::map<std::string, std::string> metadata;
    std::uint64_t data_start = 0;  // offset of the data section in the file
};

/// Parses and checks the JSON header against the number of data bytes that follow it. Every lie is
/// caught: bad JSON, duplicate names, unknown dtype, negative or absurd shape, size that does not
/// match dtype and shape, overlaps, gaps, offsets out of range, bytes that belong to no tensor.
/// `where` names the file. Error codes: those of read_safetensors.
Result<SafeTensorsHeader> parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                                   const std::string& where);

/// An open file with a checked header; tensors are read one at a time.
class SafeTensorsFile {
  public:
    /// Error codes: those of read_safetensors.
    static Result<SafeTensorsFile> open(const std::filesystem::path& file);

    [[nodiscard]] const SafeTensorsHeader& header() const { return header_; }

    [[nodiscard]] const std::filesystem::path& path() const { return input_.path(); }

    /// The tensor of that name; a Bug if the header has none. Error codes: file_read,
    /// safetensors_truncated.
    [[nodiscard]] Result<RawTensor> read(const std::string& name) const;

  private:
    SafeTensorsFile(InputFile input, SafeTensorsHeader header)
        : input_(std::move(input)), header_(std::move(header)) {}

    InputFile input_;
    SafeTensorsHeader header_;
};

/// Reads a whole file. Error codes: file_read, safetensors_truncated, safetensors_header,
/// safetensors_entry, safetensors_header_length, safetensors_duplicate, safetensors_dtype,
/// safetensors_shape, safetensors_size, safetensors_offsets_value, safetensors_offsets,
/// safetensors_trailing.
Result<SafeTensors> read_safetensors(const std::filesystem::path& file);
/// The same from memory.
Result<SafeTensors> parse_safetensors(std::string_view bytes, const std::string& where);
/// Header only: names, dtypes, shapes (bytes stay empty); the same checks against the file's size.
Result<SafeTensors> read_safetensors_header(const std::filesystem::path& file);
/// Written beside the target, synced, renamed: whole or not at all. Wider dtypes come first, so all
/// data is aligned. Error code: file_write.
Result<void> write_safetensors(const std::filesystem::path& file, const SafeTensors& content);

}  // namespace dg
