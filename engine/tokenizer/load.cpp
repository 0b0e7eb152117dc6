#include "engine/io/files.h"
#include "engine/tokenizer/tokenizer.h"

namespace dg {

Result<Tokenizer> Tokenizer::load(const std::filesystem::path& file) {
    DG_ASSIGN(const std::string text, read_file(file));
    return parse(text, file.string());
}

}  // namespace dg
