#include "engine/io/safetensors.h"

#include "engine/io/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace dg {

namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the format's own readers

Error truncated(const std::string& where, std::uint64_t expected, std::uint64_t found) {
    return {
        .code = "safetensors_truncated",
        .args = {{"expected", fmt::format("{}", expected)}, {"found", fmt::format("{}", found)}},
        .where = where};
}

/// Checks the header length against the size of the file.
Result<void> check_length(std::uint64_t length, std::uint64_t file_bytes,
                          const std::string& where) {
    if (length > kMaxHeaderBytes) {
        return Error{.code = "safetensors_header_length",
                     .args = {{"found", fmt::format("{}", length)},
                              {"limit", fmt::format("{}", kMaxHeaderBytes)}},
                     .where = where};
    }
    if (length > file_bytes - kLengthBytes)
        return truncated(where, kLengthBytes + length, file_bytes);
    return {};
}

std::uint64_t little_endian_length(const char* bytes) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes, kLengthBytes);
    return length;
}

using NamedTensors = std::vector<const std::pair<const std::string, RawTensor>*>;

/// Tensors in file order: wider elements first, so that every tensor is aligned; then by name.
NamedTensors file_order(const SafeTensors& content) {
    NamedTensors order;
    for (const auto& named : content.tensors) order.push_back(&named);
    std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return dtype_size(a->second.dtype) > dtype_size(b->second.dtype);
    });
    return order;
}

/// Text as a JSON string; bytes that are not UTF-8 are replaced, since the header must stay
/// readable.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The JSON header, tensors in the order of their data.
std::string header_text(const SafeTensors& content, const NamedTensors& order) {
    std::vector<std::string> members;
    std::vector<std::string> notes;
    for (const auto& [key, value] : content.metadata)
        notes.push_back(quoted(key) + ":" + quoted(value));
    if (!notes.empty())
        members.push_back(fmt::format("\"__metadata__\":{{{}}}", fmt::join(notes, ",")));
    std::uint64_t offset = 0;
    for (const auto* named : order) {
        const auto& [name, raw] = *named;
        DG_CHECK(name != "__metadata__");
        DG_CHECK_EQ(raw.bytes.size(),
                    static_cast<std::size_t>(count(raw.shape)) * dtype_size(raw.dtype));
        const std::uint64_t end = offset + raw.bytes.size();
        members.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                      quoted(name), dtype_name(raw.dtype),
                                      fmt::join(raw.shape, ","), offset, end));
        offset = end;
    }
    return fmt::format("{{{}}}", fmt::join(members, ","));
}

}  // namespace

Result<SafeTensorsFile> SafeTensorsFile::open(const std::filesystem::path& file) {
    const std::string where = file.string();
    DG_ASSIGN(InputFile input, InputFile::open(file));
    if (input.size() < kLengthBytes) return truncated(where, kLengthBytes, input.size());
    std::string length_bytes(kLengthBytes, '\0');
    DG_ASSIGN(const std::size_t got, input.read_at(0, length_bytes.data(), kLengthBytes));
    if (got < kLengthBytes) return truncated(where, kLengthBytes, got);
    const std::uint64_t length = little_endian_length(length_bytes.data());
    DG_TRY(check_length(length, input.size(), where));

    std::string json(length, '\0');
    DG_ASSIGN(const std::size_t read, input.read_at(kLengthBytes, json.data(), json.size()));
    if (read < json.size()) return truncated(where, kLengthBytes + length, kLengthBytes + read);
    DG_ASSIGN(SafeTensorsHeader header,
              parse_safetensors_header(json, input.size() - kLengthBytes - length, where));
    return SafeTensorsFile(std::move(input), std::move(header));
}

Result<RawTensor> SafeTensorsFile::read(const std::string& name) const {
    const auto found = header_.entries.find(name);
    DG_CHECK(found != header_.entries.end());
    const SafeTensorsEntry& entry = found->second;
    RawTensor raw{.dtype = entry.dtype, .shape = entry.shape, .bytes = {}};
    raw.bytes.resize(entry.end - entry.begin);
    const std::uint64_t from = header_.data_start + entry.begin;
    DG_ASSIGN(const std::size_t got,
              input_.read_at(from, reinterpret_cast<char*>(raw.bytes.data()), raw.bytes.size()));

    // the file was long enough when it was opened: somebody is cutting it
    if (got < raw.bytes.size())
        return truncated(path().string(), from + raw.bytes.size(), from + got);
    return raw;
}

Result<SafeTensors> read_safetensors(const std::filesystem::path& file) {
    DG_ASSIGN(const SafeTensorsFile opened, SafeTensorsFile::open(file));
    const SafeTensorsHeader& header = opened.header();
    std::uint64_t bytes = 0;
    for (const auto& [name, entry] : header.entries) bytes += entry.end - entry.begin;
    if (bytes > physical_memory()) {
        return Error{.code = "file_read",
                     .args = {{"file", file.string()}, {"reason", std::strerror(EFBIG)}},
                     .where = {}};
    }
    SafeTensors content{.tensors = {}, .metadata = header.metadata};
    for (const auto& [name, entry] : header.entries) {
        DG_ASSIGN(content.tensors[name], opened.read(name));
    }
    return content;
}

Result<SafeTensors> parse_safetensors(std::string_view bytes, const std::string& where) {
    if (bytes.size() < kLengthBytes) return truncated(where, kLengthBytes, bytes.size());
    const std::uint64_t length = little_endian_length(bytes.data());
    DG_TRY(check_length(length, bytes.size(), where));
    const std::string_view data = bytes.substr(kLengthBytes + length);
    DG_ASSIGN(const SafeTensorsHeader header,
              parse_safetensors_header(bytes.substr(kLengthBytes, length), data.size(), where));
    SafeTensors content{.tensors = {}, .metadata = header.metadata};
    for (const auto& [name, entry] : header.entries) {
        RawTensor& raw = content.tensors[name];
        raw = {.dtype = entry.dtype, .shape = entry.shape, .bytes = {}};
        raw.bytes.resize(entry.end - entry.begin);
        if (!raw.bytes.empty())
            std::memcpy(raw.bytes.data(), data.data() + entry.begin, raw.bytes.size());
    }
    return content;
}

Result<SafeTensors> read_safetensors_header(const std::filesystem::path& file) {
    DG_ASSIGN(const SafeTensorsFile opened, SafeTensorsFile::open(file));
    SafeTensors content{.tensors = {}, .metadata = opened.header().metadata};
    for (const auto& [name, entry] : opened.header().entries) {
        content.tensors[name] = {.dtype = entry.dtype, .shape = entry.shape, .bytes = {}};
    }
    return content;
}

Result<void> write_safetensors(const std::filesystem::path& file, const SafeTensors& content) {
    const auto order = file_order(content);
    std::string text = header_text(content, order);

    // spaces after the JSON keep the data aligned to 8 bytes
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t length = text.size();
    std::string length_bytes(kLengthBytes, '\0');
    std::memcpy(length_bytes.data(), &length, kLengthBytes);

    DG_ASSIGN(OutputFile output, OutputFile::create(file));
    DG_TRY(output.write(length_bytes));
    DG_TRY(output.write(text));
    for (const auto* named : order) {
        const std::vector<std::byte>& bytes = named->second.bytes;
        DG_TRY(output.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    }
    return output.commit();
}

}  // namespace dg
