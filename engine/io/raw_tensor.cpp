// Elements of safetensors files, to and from our tensors.
#include "engine/fp8/format.h"
#include "engine/io/safetensors.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace dg {

static_assert(std::endian::native == std::endian::little,
              "safetensors data is little-endian and copied as it is");

namespace {

struct DTypeInfo {
    DType dtype;
    std::string_view name;
    std::size_t size;
};

constexpr std::array<DTypeInfo, 9> kDTypes = {{
    {DType::kF32, "F32", 4},
    {DType::kF64, "F64", 8},
    {DType::kBF16, "BF16", 2},
    {DType::kF16, "F16", 2},
    {DType::kF8E4M3, "F8_E4M3", 1},
    {DType::kF8E5M2, "F8_E5M2", 1},
    {DType::kI64, "I64", 8},
    {DType::kI32, "I32", 4},
    {DType::kU8, "U8", 1},
}};

const DTypeInfo& info(DType dtype) {
    return kDTypes.at(static_cast<std::size_t>(dtype));
}

/// Calls use(i, element) for every element of type Stored.
template <class Stored, class Use>
void for_each(const RawTensor& raw, Use use) {
    const std::size_t n = raw.bytes.size() / sizeof(Stored);
    for (std::size_t i = 0; i < n; ++i) {
        Stored element;
        std::memcpy(&element, raw.bytes.data() + i * sizeof(Stored), sizeof(Stored));
        use(i, element);
    }
}

/// The elements as Real.
template <class Real>
Tensor<Real> widen(const RawTensor& raw) {
    Tensor<Real> out(raw.shape);
    DG_CHECK_EQ(raw.bytes.size(), static_cast<std::size_t>(out.size()) * dtype_size(raw.dtype));
    Real* const values = out.data();
    const auto plain = [&](std::size_t i, auto element) { values[i] = static_cast<Real>(element); };
    const auto fp8 = [&](fp8::Format format) {
        const std::array<float, 256>& table = fp8::decode_table(format);
        for_each<std::uint8_t>(raw,
                               [&](std::size_t i, std::uint8_t code) { values[i] = table[code]; });
    };
    switch (raw.dtype) {
        case DType::kF32:
            for_each<float>(raw, plain);
            break;
        case DType::kF64:
            for_each<double>(raw, plain);
            break;
        case DType::kBF16:
            for_each<std::uint16_t>(
                raw, [&](std::size_t i, std::uint16_t c) { values[i] = fp8::decode_bf16(c); });
            break;
        case DType::kF16:
            for_each<std::uint16_t>(
                raw, [&](std::size_t i, std::uint16_t c) { values[i] = fp8::decode_fp16(c); });
            break;
        case DType::kF8E4M3:
            fp8(fp8::Format::kE4M3);
            break;
        case DType::kF8E5M2:
            fp8(fp8::Format::kE5M2);
            break;
        case DType::kI64:
            for_each<std::int64_t>(raw, plain);
            break;
        case DType::kI32:
            for_each<std::int32_t>(raw, plain);
            break;
        case DType::kU8:
            for_each<std::uint8_t>(raw, plain);
            break;
    }
    return out;
}

/// Fills the bytes with convert(value) of every element.
template <class Stored, class Convert>
void store(RawTensor& raw, std::span<const float> values, Convert convert) {
    raw.bytes.resize(values.size() * sizeof(Stored));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Stored element = convert(values[i]);
        std::memcpy(raw.bytes.data() + i * sizeof(Stored), &element, sizeof(Stored));
    }
}

/// An exact integer; a Bug otherwise.
template <class Integer>
Integer integer_of(float value) {
    DG_CHECK(std::abs(value) <= 16777216.0F && value == std::trunc(value));
    return static_cast<Integer>(value);
}

}  // namespace

std::string_view dtype_name(DType dtype) {
    return info(dtype).name;
}

std::size_t dtype_size(DType dtype) {
    return info(dtype).size;
}

std::optional<DType> dtype_of_name(std::string_view name) {
    for (const DTypeInfo& candidate : kDTypes) {
        if (candidate.name == name) return candidate.dtype;
    }
    return std::nullopt;
}

Tensor<float> RawTensor::to_float() const {
    return widen<float>(*this);
}

Tensor<double> RawTensor::to_double() const {
    return widen<double>(*this);
}

std::vector<std::int64_t> RawTensor::to_ints() const {
    DG_CHECK(dtype == DType::kI64 || dtype == DType::kI32 || dtype == DType::kU8);
    std::vector<std::int64_t> out(bytes.size() / dtype_size(dtype));
    const auto plain = [&](std::size_t i, auto element) {
        out[i] = static_cast<std::int64_t>(element);
    };
    if (dtype == DType::kI64) for_each<std::int64_t>(*this, plain);
    if (dtype == DType::kI32) for_each<std::int32_t>(*this, plain);
    if (dtype == DType::kU8) for_each<std::uint8_t>(*this, plain);
    return out;
}

RawTensor RawTensor::from(const Tensor<float>& t, DType dtype) {
    RawTensor raw{.dtype = dtype, .shape = t.shape(), .bytes = {}};
    const std::span<const float> values = t.values();
    switch (dtype) {
        case DType::kF32:
            store<float>(raw, values, [](float v) { return v; });
            break;
        case DType::kF64:
            store<double>(raw, values, [](float v) { return static_cast<double>(v); });
            break;
        case DType::kBF16:
            store<std::uint16_t>(raw, values, fp8::encode_bf16);
            break;
        case DType::kF16:
            store<std::uint16_t>(raw, values, fp8::encode_fp16);
            break;
        case DType::kI64:
            store<std::int64_t>(raw, values, integer_of<std::int64_t>);
            break;
        case DType::kI32:
            store<std::int32_t>(raw, values, integer_of<std::int32_t>);
            break;
        default:
            throw_bug(__FILE__, __LINE__,
                      fmt::format("no conversion from float to {}", dtype_name(dtype)));
    }
    return raw;
}

RawTensor RawTensor::from_ints(const Shape& shape, const std::vector<std::int64_t>& values) {
    DG_CHECK_EQ(static_cast<std::int64_t>(values.size()), count(shape));
    RawTensor raw{.dtype = DType::kI64, .shape = shape, .bytes = {}};
    raw.bytes.resize(values.size() * sizeof(std::int64_t));
    if (!values.empty()) std::memcpy(raw.bytes.data(), values.data(), raw.bytes.size());
    return raw;
}

RawTensor RawTensor::from_codes(const Shape& shape, const std::vector<std::uint8_t>& codes,
                                DType dtype) {
    DG_CHECK_EQ(static_cast<std::int64_t>(codes.size()), count(shape));
    DG_CHECK_EQ(dtype_size(dtype), 1U);
    RawTensor raw{.dtype = dtype, .shape = shape, .bytes = {}};
    raw.bytes.resize(codes.size());
    if (!codes.empty()) std::memcpy(raw.bytes.data(), codes.data(), codes.size());
    return raw;
}

}  // namespace dg
