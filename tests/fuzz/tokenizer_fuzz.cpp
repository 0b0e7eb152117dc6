// libFuzzer entry: any bytes are a text and a tokenizer.json.
#include "tests/fuzz/tokenizer_body.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    dg::fuzz::tokenizer_round(std::string(data, data + size));
    return 0;
}
