#include "engine/io/convert.h"

namespace dg {

bool same_directory(const std::filesystem::path& a, const std::filesystem::path& b) {
    std::error_code absent;
    return std::filesystem::equivalent(a, b, absent);
}

Result<void> convert_model(const std::filesystem::path& in, const std::filesystem::path& out,
                           DType dtype) {
    if (same_directory(in, out)) {
        return Error{.code = "convert_same", .args = {{"file", out.string()}}, .where = {}};
    }
    DG_ASSIGN(const Model<float> model, load_model(in));

    // read the tokenizer before anything is written: a broken source leaves no half a model
    const std::filesystem::path tokenizer = in / "tokenizer.json";
    std::error_code absent;
    std::optional<std::string> vocabulary;
    if (std::filesystem::exists(tokenizer, absent)) {
        DG_ASSIGN(vocabulary, read_file(tokenizer));
    }
    DG_TRY(save_model(out, model, dtype));
    if (vocabulary) return write_file(out / "tokenizer.json", *vocabulary);
    return {};
}

}  // namespace dg
