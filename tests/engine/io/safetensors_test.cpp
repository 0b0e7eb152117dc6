#include "engine/io/safetensors.h"

#include "engine/base/rng.h"
#include "tests/engine/io/io_testing.h"

#include <bit>
#include <cmath>

namespace dg {
namespace {

using testing::golden;
using testing::TempFolder;

Tensor<float> random_tensor(const Shape& shape, std::uint64_t seed) {
    Tensor<float> t(shape);
    Rng rng(seed);
    for (std::int64_t i = 0; i < t.size(); ++i) t[i] = static_cast<float>(rng.normal());
    return t;
}

SafeTensors sample() {
    SafeTensors content;
    content.metadata = {{"format", "pt"}, {"注", "\"引号\"\n"}};
    content.tensors["b.half"] = RawTensor::from(random_tensor({3, 5}, 1), DType::kBF16);
    content.tensors["a.full"] = RawTensor::from(random_tensor({2, 3, 4}, 2));
    content.tensors["c.ids"] = RawTensor::from_ints({3}, {-1, 0, std::int64_t{1} << 40});
    content.tensors["d.codes"] = RawTensor::from_codes({3}, {0x7E, 0xFE, 0x01}, DType::kF8E4M3);
    content.tensors["e.none"] = RawTensor::from(Tensor<float>(Shape{0, 4}));
    content.tensors["f.scalar"] = RawTensor::from(random_tensor({}, 3), DType::kF64);
    content.tensors["学.名"] = RawTensor::from(random_tensor({7}, 4), DType::kF16);
    return content;
}

void expect_same(const SafeTensors& a, const SafeTensors& b) {
    EXPECT_EQ(a.metadata, b.metadata);
    ASSERT_EQ(a.tensors.size(), b.tensors.size());
    for (const auto& [name, raw] : a.tensors) {
        ASSERT_TRUE(b.tensors.contains(name)) << name;
        EXPECT_EQ(raw.dtype, b.tensors.at(name).dtype) << name;
        EXPECT_EQ(raw.shape, b.tensors.at(name).shape) << name;
        EXPECT_EQ(raw.bytes, b.tensors.at(name).bytes) << name;
    }
}

TEST(SafeTensors, WriteThenReadIsBitEqual) {
    const TempFolder folder;
    ASSERT_TRUE(write_safetensors(folder / "x", sample()));
    expect_same(read_safetensors(folder / "x").value(), sample());
    expect_same(parse_safetensors(read_file(folder / "x").value(), "x").value(), sample());
    EXPECT_EQ(folder.entries(), 1U);
}

TEST(SafeTensors, DataIsAligned) {
    const TempFolder folder;
    ASSERT_TRUE(write_safetensors(folder / "x", sample()));
    const SafeTensorsFile file = SafeTensorsFile::open(folder / "x").value();
    EXPECT_EQ(file.header().data_start % 8, 0U);
    for (const auto& [name, entry] : file.header().entries) {
        EXPECT_EQ(entry.begin % dtype_size(entry.dtype), 0U) << name;
    }
}

TEST(SafeTensors, EmptyFileOfNoTensorsIsLegal) {
    const TempFolder folder;
    ASSERT_TRUE(write_safetensors(folder / "x", SafeTensors{}));
    EXPECT_TRUE(read_safetensors(folder / "x").value().tensors.empty());
}

TEST(SafeTensors, HeaderAloneHasNamesAndShapesOnly) {
    const SafeTensors header =
        read_safetensors_header(golden("model/v3_fp8/model.safetensors")).value();
    const RawTensor& weight = header.tensors.at("model.layers.0.self_attn.kv_b_proj.weight");
    EXPECT_EQ(weight.dtype, DType::kF8E4M3);
    EXPECT_EQ(weight.shape, (Shape{288, 144}));
    EXPECT_TRUE(weight.bytes.empty());
    EXPECT_EQ(header.metadata.at("format"), "pt");
}

TEST(SafeTensors, GoldenFilesRead) {
    const SafeTensors content =
        read_safetensors(golden("model/v3_grouped/golden.safetensors")).value();
    const RawTensor& ids = content.tensors.at("input_ids");
    EXPECT_EQ(ids.shape, (Shape{2, 24}));
    for (const std::int64_t id : ids.to_ints()) EXPECT_TRUE(id >= 0 && id < 80);
    const Tensor<float> logits = content.tensors.at("logits").to_float();
    EXPECT_EQ(logits.shape(), (Shape{2, 24, 80}));

    // the largest logit as meta.json states it
    float largest = 0;
    for (const float v : logits.values()) largest = std::max(largest, std::abs(v));
    EXPECT_FLOAT_EQ(largest, 4.441040992736816F);
}

TEST(RawTensor, WidensEveryDtypeExactly) {
    const Tensor<float> t = random_tensor({4, 3}, 9);
    for (const DType dtype : {DType::kF32, DType::kF64}) {
        EXPECT_TRUE(std::ranges::equal(RawTensor::from(t, dtype).to_float().values(), t.values()));
    }
    for (const DType dtype : {DType::kBF16, DType::kF16}) {
        const Tensor<float> once = RawTensor::from(t, dtype).to_float();
        const double limit = dtype == DType::kBF16 ? 0x1p-8 : 0x1p-11;
        for (std::int64_t i = 0; i < t.size(); ++i)
            EXPECT_LE(std::abs(once[i] - t[i]), limit * std::abs(t[i]));
        EXPECT_EQ(RawTensor::from(once, dtype).bytes, RawTensor::from(t, dtype).bytes);
    }
    const RawTensor codes = RawTensor::from_codes({2}, {0x38, 0xB8}, DType::kF8E4M3);
    EXPECT_EQ(codes.to_double()[0], 1.0);
    EXPECT_EQ(codes.to_double()[1], -1.0);
    EXPECT_EQ(RawTensor::from_codes({1}, {0x3C}, DType::kF8E5M2).to_float()[0], 1.0F);
    EXPECT_EQ(RawTensor::from_codes({1}, {200}, DType::kU8).to_ints()[0], 200);
    Tensor<float> ids(Shape{2}, {3.0F, 70000.0F});
    EXPECT_EQ(RawTensor::from(ids, DType::kI64).to_ints(), (std::vector<std::int64_t>{3, 70000}));
    EXPECT_EQ(RawTensor::from(ids, DType::kI32).to_ints(), (std::vector<std::int64_t>{3, 70000}));
}

TEST(RawTensor, MisuseIsABug) {
    EXPECT_THROW((void)RawTensor::from(random_tensor({2}, 1), DType::kI64), Bug);
    EXPECT_THROW((void)RawTensor::from(random_tensor({2}, 1), DType::kF8E4M3), Bug);
    EXPECT_THROW((void)RawTensor::from(random_tensor({2}, 1)).to_ints(), Bug);
    EXPECT_THROW((void)RawTensor::from_ints({3}, {1}), Bug);
}

TEST(SafeTensors, AFileCutWhileOpenIsAnError) {
    const TempFolder folder;
    ASSERT_TRUE(write_safetensors(folder / "x", sample()));
    const SafeTensorsFile file = SafeTensorsFile::open(folder / "x").value();
    std::filesystem::resize_file(folder / "x", file.header().data_start + 4);
    testing::expect_error(file.read("a.full").error(), "safetensors_truncated");
}

TEST(SafeTensors, UnwritableTargetsAreErrors) {
    const TempFolder folder;
    testing::expect_error(write_safetensors(folder / "absent/x", sample()).error(), "file_write");
    testing::expect_error(write_safetensors("/dev/full", sample()).error(), "file_write");
    testing::expect_error(read_safetensors(folder / "absent").error(), "file_read");
}

}  // namespace
}  // namespace dg
