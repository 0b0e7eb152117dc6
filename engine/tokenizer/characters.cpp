#include "engine/tokenizer/characters.h"

#include "engine/tokenizer/impl.h"

namespace dg {

Tokenizer character_tokenizer(std::string_view alphabet, const std::string& unknown) {
    Tokenizer::Impl impl;
    impl.bytes.push_back(unknown);
    impl.special.push_back(1);
    impl.specials.push_back(0);
    impl.byte_id.fill(0);
    impl.unknown = 0;
    for (const char c : alphabet) {
        std::int32_t& id = impl.byte_id[static_cast<unsigned char>(c)];
        DG_CHECK_EQ(id, 0);
        id = static_cast<std::int32_t>(impl.bytes.size());
        impl.bytes.emplace_back(1, c);
        impl.special.push_back(0);
    }
    return Tokenizer::Impl::wrap(std::move(impl));
}

}  // namespace dg
