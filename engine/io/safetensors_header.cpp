// The JSON header of a safetensors file: a strict reader that believes nothing.
#include "engine/io/safetensors.h"
#include "engine/io/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace dg {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDimensions = 16;
constexpr std::uint64_t kMaxElements = std::uint64_t{1} << 56U;

/// One tensor while its object is being read.
struct Draft {
    bool has_dtype = false, has_shape = false, has_offsets = false;
    SafeTensorsEntry entry;
    std::vector<std::uint64_t> numbers;  // of the array being read
};

/// Receives the header's JSON events. Only this grammar passes:
/// { name: {"dtype": text, "shape": [n...], "data_offsets": [begin, end]}, "__metadata__": {text:
/// text} }
class HeaderReader : public nlohmann::json_sax<Json> {
  public:
    HeaderReader(std::string_view json, const std::string& where) : json_(json), where_(where) {}

    bool null() override { return unexpected("null"); }

    bool boolean(bool value) override { return unexpected(value ? "true" : "false"); }

    bool binary(binary_t&) override { return unexpected("binary"); }

    bool number_integer(number_integer_t value) override {
        return bad_number(fmt::format("{}", value));
    }

    bool number_float(number_float_t, const string_t& text) override { return bad_number(text); }

    bool number_unsigned(number_unsigned_t value) override {
        if (level_ != Level::kArray) return unexpected(fmt::format("{}", value));
        if (draft_.numbers.size() >= kMaxDimensions) return bad_number("...");
        draft_.numbers.push_back(value);
        return true;
    }

    bool string(string_t& value) override;
    bool key(string_t& name) override;
    bool start_object(std::size_t) override;
    bool end_object() override;
    bool start_array(std::size_t) override;
    bool end_array() override;

    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override {
        if (error_) return false;
        const std::size_t at = position > 0 ? position - 1 : 0;
        const std::string_view near =
            at < json_.size() ? json_.substr(at, 40) : std::string_view("end of header");
        return fail("safetensors_header",
                    {{"position", fmt::format("{}", at)}, {"near", printable(near)}});
    }

    [[nodiscard]] Result<SafeTensorsHeader> finish() {
        if (error_) return *error_;
        return std::move(header_);
    }

  private:
    enum class Level { kStart, kRoot, kMetadata, kTensor, kArray, kDone };

    /// Bytes of a broken header in a message: everything beyond ASCII as "?".
    static std::string printable(std::string_view bytes) {
        std::string text(bytes);
        for (char& c : text) {
            if (static_cast<unsigned char>(c) >= 0x80U) c = '?';
        }
        return clip(text);
    }

    bool fail(std::string code, std::vector<std::pair<std::string, std::string>> args) {
        error_ = Error{.code = std::move(code), .args = std::move(args), .where = where_};
        return false;
    }

    bool unexpected(const std::string& found) {
        return fail("safetensors_entry",
                    {{"tensor", clip(name_)}, {"field", clip(field_)}, {"found", clip(found)}});
    }

    bool bad_number(const std::string& found) {
        if (level_ != Level::kArray) return unexpected(found);
        const char* code = field_ == "shape" ? "safetensors_shape" : "safetensors_offsets_value";
        return fail(code, {{"tensor", clip(name_)}, {"found", clip(found)}});
    }

    bool finish_tensor();

    std::string_view json_;
    const std::string& where_;
    Level level_ = Level::kStart;
    std::string name_, field_;
    Draft draft_;
    bool metadata_seen_ = false;
    SafeTensorsHeader header_;
    std::optional<Error> error_;
};

bool HeaderReader::string(string_t& value) {
    if (level_ == Level::kMetadata) {
        if (!header_.metadata.emplace(field_, value).second) {
            return fail("safetensors_duplicate", {{"tensor", "__metadata__ " + clip(field_)}});
        }
        return true;
    }
    if (level_ != Level::kTensor || field_ != "dtype" || draft_.has_dtype) return unexpected(value);
    const std::optional<DType> dtype = dtype_of_name(value);
    if (!dtype) return fail("safetensors_dtype", {{"tensor", clip(name_)}, {"found", clip(value)}});
    draft_.entry.dtype = *dtype;
    draft_.has_dtype = true;
    return true;
}

bool HeaderReader::key(string_t& name) {
    if (level_ != Level::kRoot) {
        field_ = name;
        return true;
    }
    name_ = name;
    field_.clear();
    const bool repeated = name == "__metadata__" ? metadata_seen_ : header_.entries.contains(name);
    return !repeated || fail("safetensors_duplicate", {{"tensor", clip(name)}});
}

bool HeaderReader::start_object(std::size_t) {
    if (level_ == Level::kStart) {
        level_ = Level::kRoot;
        return true;
    }
    if (level_ != Level::kRoot) return unexpected("{");
    const bool metadata = name_ == "__metadata__";
    metadata_seen_ = metadata_seen_ || metadata;
    level_ = metadata ? Level::kMetadata : Level::kTensor;
    draft_ = {};
    return true;
}

bool HeaderReader::end_object() {
    if (level_ == Level::kTensor && !finish_tensor()) return false;
    level_ = level_ == Level::kRoot ? Level::kDone : Level::kRoot;
    return true;
}

bool HeaderReader::start_array(std::size_t) {
    const bool shape = field_ == "shape" && !draft_.has_shape;
    const bool offsets = field_ == "data_offsets" && !draft_.has_offsets;
    if (level_ != Level::kTensor || !(shape || offsets)) return unexpected("[");
    level_ = Level::kArray;
    draft_.numbers.clear();
    return true;
}

bool HeaderReader::end_array() {
    if (field_ == "shape") {
        // the product of the dimensions, zeros left out: no partial product can overflow later
        std::uint64_t elements = 1;
        for (const std::uint64_t d : draft_.numbers) {
            if (__builtin_mul_overflow(elements, std::max<std::uint64_t>(d, 1), &elements) ||
                elements > kMaxElements) {
                return bad_number(fmt::format("{}", fmt::join(draft_.numbers, ", ")));
            }
            draft_.entry.shape.push_back(static_cast<std::int64_t>(d));
        }
        draft_.has_shape = true;
        level_ = Level::kTensor;
        return true;
    }
    if (draft_.numbers.size() != 2 || draft_.numbers[0] > draft_.numbers[1]) {
        return bad_number(fmt::format("{}", fmt::join(draft_.numbers, ", ")));
    }
    draft_.entry.begin = draft_.numbers[0];
    draft_.entry.end = draft_.numbers[1];
    draft_.has_offsets = true;
    level_ = Level::kTensor;
    return true;
}

bool HeaderReader::finish_tensor() {
    const Draft& d = draft_;
    if (!d.has_dtype || !d.has_shape || !d.has_offsets) {
        const char* missing = !d.has_dtype ? "dtype" : (!d.has_shape ? "shape" : "data_offsets");
        return fail("safetensors_entry",
                    {{"tensor", clip(name_)}, {"field", missing}, {"found", "–"}});
    }
    const auto elements = static_cast<std::uint64_t>(count(d.entry.shape));
    const std::uint64_t bytes = elements * dtype_size(d.entry.dtype);
    if (d.entry.end - d.entry.begin != bytes) {
        return fail("safetensors_size",
                    {{"tensor", clip(name_)},
                     {"dtype", std::string(dtype_name(d.entry.dtype))},
                     {"shape", to_string(d.entry.shape)},
                     {"expected", fmt::format("{}", bytes)},
                     {"found", fmt::format("{}", d.entry.end - d.entry.begin)}});
    }
    header_.entries.emplace(name_, d.entry);
    return true;
}

/// The tensors' bytes must fill the data section from its first byte to its last, one after the
/// other.
Result<void> check_layout(const SafeTensorsHeader& header, std::uint64_t data_start,
                          std::uint64_t data_bytes, const std::string& where) {
    std::vector<const std::pair<const std::string, SafeTensorsEntry>*> order;
    order.reserve(header.entries.size());
    for (const auto& named : header.entries) order.push_back(&named);
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return std::pair(a->second.begin, a->second.end) <
               std::pair(b->second.begin, b->second.end);
    });

    std::uint64_t filled = 0;
    for (const auto* named : order) {
        const SafeTensorsEntry& entry = named->second;
        if (entry.begin != filled) {
            return Error{.code = "safetensors_offsets",
                         .args = {{"tensor", clip(named->first)},
                                  {"found", fmt::format("{}", entry.begin)},
                                  {"expected", fmt::format("{}", filled)}},
                         .where = where};
        }
        filled = entry.end;
    }
    if (filled == data_bytes) return {};
    const char* code = filled > data_bytes ? "safetensors_truncated" : "safetensors_trailing";
    return Error{.code = code,
                 .args = {{"expected", fmt::format("{}", data_start + filled)},
                          {"found", fmt::format("{}", data_start + data_bytes)}},
                 .where = where};
}

}  // namespace

Result<SafeTensorsHeader> parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                                   const std::string& where) {
    HeaderReader reader(json, where);
    if (json.empty() || json.front() != '{') {
        const std::string found =
            clip(json.empty() ? std::string() : fmt::format("0x{:02x}", json.front() & 0xFF));
        return Error{.code = "safetensors_header",
                     .args = {{"position", "0"}, {"near", found}},
                     .where = where};
    }
    Json::sax_parse(json, &reader);
    DG_ASSIGN(SafeTensorsHeader header, reader.finish());
    header.data_start = sizeof(std::uint64_t) + json.size();
    DG_TRY(check_layout(header, header.data_start, data_bytes, where));
    return header;
}

}  // namespace dg
