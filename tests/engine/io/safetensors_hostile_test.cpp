// Headers that lie. Each must end in its own error, and no mutation of a good file may do worse.
#include "engine/base/rng.h"
#include "engine/io/safetensors.h"
#include "tests/engine/io/io_testing.h"

#include <chrono>

namespace dg {
namespace {

using testing::expect_error;
using testing::safetensors_bytes;

struct Lie {
    const char* header;
    std::size_t data;
    const char* code;
};

constexpr Lie kLies[] = {
    // not the JSON it should be
    {"", 0, "safetensors_header"},
    {" {}", 0, "safetensors_header"},
    {"[]", 0, "safetensors_header"},
    {"{", 0, "safetensors_header"},
    {"{}x", 0, "safetensors_header"},
    {"{\"a\":\"\xff\xfe\"}", 0, "safetensors_header"},
    {R"({"a":)", 0, "safetensors_header"},
    {R"({"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}})", 4, "safetensors_header"},
    // objects of another form
    {R"({"a":1})", 0, "safetensors_entry"},
    {R"({"a":-1.5})", 0, "safetensors_entry"},
    {R"({"a":null})", 0, "safetensors_entry"},
    {R"({"a":[]})", 0, "safetensors_entry"},
    {R"({"a":{}})", 0, "safetensors_entry"},
    {R"({"a":{"dtype":"F32","shape":[1]}})", 4, "safetensors_entry"},
    {R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, "safetensors_entry"},
    {R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4, "safetensors_entry"},
    {R"({"a":{"dtype":5,"shape":[1],"data_offsets":[0,4]}})", 4, "safetensors_entry"},
    {R"({"a":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}})", 4, "safetensors_entry"},
    {R"({"a":{"dtype":"F32","shape":"1","data_offsets":[0,4]}})", 4, "safetensors_entry"},
    {R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "safetensors_entry"},
    {R"({"a":{"dtype":"F32","shape":[{}],"data_offsets":[0,4]}})", 4, "safetensors_entry"},
    {R"({"a":{"dtype":"F32","shape":[null],"data_offsets":[0,4]}})", 4, "safetensors_entry"},
    {R"({"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})", 4, "safetensors_entry"},
    {R"({"a":{"dtype":"F32","shape":[true],"data_offsets":[0,4]}})", 4, "safetensors_entry"},
    {R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4,
     "safetensors_entry"},
    {R"({"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}})", 4,
     "safetensors_entry"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":{}}})", 4, "safetensors_entry"},
    {R"({"__metadata__":{"a":1}})", 0, "safetensors_entry"},
    {R"({"__metadata__":{"a":{"b":"c"}}})", 0, "safetensors_entry"},
    {R"({"__metadata__":[]})", 0, "safetensors_entry"},
    // names twice
    {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
     2, "safetensors_duplicate"},
    {R"({"__metadata__":{},"__metadata__":{}})", 0, "safetensors_duplicate"},
    {R"({"__metadata__":{"k":"1","k":"2"}})", 0, "safetensors_duplicate"},
    // dtypes
    {R"({"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", 4, "safetensors_dtype"},
    {R"({"a":{"dtype":"","shape":[1],"data_offsets":[0,4]}})", 4, "safetensors_dtype"},
    {R"({"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}})", 4, "safetensors_dtype"},
    // shapes
    {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "safetensors_shape"},
    {R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "safetensors_shape"},
    {R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})", 4,
     "safetensors_shape"},
    {R"({"a":{"dtype":"F32","shape":[99999999999999999999999],"data_offsets":[0,4]}})", 4,
     "safetensors_shape"},
    {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
     "safetensors_shape"},
    {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}})", 0,
     "safetensors_shape"},
    {R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})", 4,
     "safetensors_shape"},
    // offsets
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "safetensors_offsets_value"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "safetensors_offsets_value"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4, "safetensors_offsets_value"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}})", 4, "safetensors_offsets_value"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.0]}})", 4, "safetensors_offsets_value"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 8, "safetensors_size"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "safetensors_size"},
    {R"({"a":{"dtype":"BF16","shape":[],"data_offsets":[0,4]}})", 4, "safetensors_size"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "safetensors_offsets"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551611,18446744073709551615]}})",
     4, "safetensors_offsets"},
    {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
     3, "safetensors_offsets"},
    {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
     2, "safetensors_offsets"},
    {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
     3, "safetensors_offsets"},
    {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 3, "safetensors_truncated"},
    {R"({"a":{"dtype":"U8","shape":[72057594037927936],"data_offsets":[0,72057594037927936]}})", 3,
     "safetensors_truncated"},
    {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 5, "safetensors_trailing"},
    {R"({})", 1, "safetensors_trailing"},
};

TEST(SafeTensorsHostile, EveryLieHasItsError) {
    for (const Lie& lie : kLies) {
        const Result<SafeTensors> parsed =
            parse_safetensors(safetensors_bytes(lie.header, lie.data), "lie");
        ASSERT_FALSE(parsed) << lie.header;
        SCOPED_TRACE(lie.header);
        expect_error(parsed.error(), lie.code);
        EXPECT_EQ(parsed.error().where, "lie");
    }
}

TEST(SafeTensorsHostile, TheSameLiesInAFile) {
    const testing::TempFolder folder;
    for (const Lie& lie : kLies) {
        ASSERT_TRUE(write_file(folder / "lie", safetensors_bytes(lie.header, lie.data)));
        EXPECT_EQ(read_safetensors(folder / "lie").error().code, lie.code) << lie.header;
        EXPECT_EQ(read_safetensors_header(folder / "lie").error().code, lie.code) << lie.header;
    }
}

TEST(SafeTensorsHostile, LengthsOfTheHeader) {
    const testing::TempFolder folder;
    for (std::size_t n = 0; n < 8; ++n) {
        ASSERT_TRUE(write_file(folder / "x", std::string(n, '\0')));
        expect_error(read_safetensors(folder / "x").error(), "safetensors_truncated");
        EXPECT_EQ(parse_safetensors(std::string(n, '\0'), "x").error().code,
                  "safetensors_truncated");
    }
    for (const std::uint64_t length :
         {std::uint64_t{3}, std::uint64_t{99'999'999}, std::uint64_t{100'000'001},
          std::uint64_t{1} << 63U, ~std::uint64_t{0}, ~std::uint64_t{7}}) {
        std::string bytes(8, '\0');
        std::memcpy(bytes.data(), &length, 8);
        ASSERT_TRUE(write_file(folder / "x", bytes + "{}"));
        const char* code =
            length > 100'000'000 ? "safetensors_header_length" : "safetensors_truncated";
        expect_error(read_safetensors(folder / "x").error(), code);
        EXPECT_EQ(parse_safetensors(bytes + "{}", "x").error().code, code);
    }
}

TEST(SafeTensorsHostile, EveryTruncationOfAGoodFileIsAnError) {
    const std::string good = safetensors_bytes(
        R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})",
        11);
    ASSERT_TRUE(parse_safetensors(good, "good"));
    for (std::size_t n = 0; n < good.size(); ++n) {
        EXPECT_EQ(parse_safetensors(good.substr(0, n), "cut").error().code, "safetensors_truncated")
            << n;
    }
}

TEST(SafeTensorsHostile, LongNamesAreCutAndDeepNestingIsSurvived) {
    const std::string name(100000, 'n');
    const Result<SafeTensors> parsed =
        parse_safetensors(safetensors_bytes("{\"" + name + "\":1}", 0), "x");
    EXPECT_LT(parsed.error().plain().size(), 500U);
    const std::string deep = "{\"a\":" + std::string(2'000'000, '[');
    EXPECT_EQ(parse_safetensors(safetensors_bytes(deep, 0), "x").error().code, "safetensors_entry");
}

TEST(SafeTensorsHostile, ReadableHeadersWithSpacesAndMetadataPass) {
    const std::string header =
        R"({ "__metadata__" : {"a":"b"}, "x" : {"shape":[], "data_offsets":[0,4], "dtype":"F32"} }   )";
    EXPECT_TRUE(parse_safetensors(safetensors_bytes(header, 4), "x"));
}

/// One to four edits: a byte changed, bytes cut, doubled or swapped in from a list of likely
/// trouble.
std::string mutate(std::string bytes, Rng& rng) {
    static const char* const kTrouble[] = {"0",     "-1",      "18446744073709551615",
                                           "1e9",   "[",       "]",
                                           "{",     "}",       "\"",
                                           ",",     ":",       "F64",
                                           "null",  "\\u0000", "data_offsets",
                                           "shape", "\xff",    "9223372036854775808"};
    const std::uint32_t edits = 1 + rng.below(4);
    for (std::uint32_t e = 0; e < edits && !bytes.empty(); ++e) {
        const auto at =
            static_cast<std::size_t>(rng.below(static_cast<std::uint32_t>(bytes.size())));
        switch (rng.below(5)) {
            case 0:
                bytes[at] = static_cast<char>(rng.below(256));
                break;
            case 1:
                bytes.erase(at, 1 + rng.below(8));
                break;
            case 2:
                bytes.insert(at, bytes.substr(at, 1 + rng.below(40)));
                break;
            case 3:
                bytes.replace(at, 1 + rng.below(3), kTrouble[rng.below(std::size(kTrouble))]);
                break;
            default:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << rng.below(8)));
                break;
        }
    }

    // most mutations should reach the JSON: give them an honest length
    if (bytes.size() >= 8 && rng.below(4) != 0) {
        const std::size_t end = bytes.rfind('}');
        const std::uint64_t length =
            end == std::string::npos || end < 8 ? bytes.size() - 8 : end - 7;
        std::memcpy(bytes.data(), &length, 8);
    }
    return bytes;
}

TEST(SafeTensorsHostile, MutationsNeverCrashAndWhatPassesIsConsistent) {
    const std::string good = safetensors_bytes(
        R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
        R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},"c":{"dtype":"I64","shape":[],"data_offsets":[14,22]}})",
        22);
    constexpr std::uint64_t kSeed = 20250101;
    Rng rng(kSeed);
    const auto stop = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    std::size_t tried = 0;
    std::size_t passed = 0;
    while (std::chrono::steady_clock::now() < stop) {
        for (int i = 0; i < 256; ++i, ++tried) {
            const Result<SafeTensors> parsed = parse_safetensors(mutate(good, rng), "mutation");
            if (!parsed) {
                ASSERT_FALSE(parsed.error().code.empty());
                continue;
            }
            ++passed;
            for (const auto& [name, raw] : parsed->tensors) {
                ASSERT_EQ(raw.bytes.size(),
                          static_cast<std::size_t>(count(raw.shape)) * dtype_size(raw.dtype))
                    << "seed " << kSeed << " try " << tried << " tensor " << name;
                ASSERT_EQ(raw.to_double().size(), count(raw.shape));
            }
        }
    }
    EXPECT_GT(tried, 1000U);
    EXPECT_GT(passed, 0U) << "the mutations never reach the happy path";
    RecordProperty("mutations", static_cast<int>(tried));
    RecordProperty("accepted", static_cast<int>(passed));
}

}  // namespace
}  // namespace dg
