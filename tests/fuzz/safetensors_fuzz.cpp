// libFuzzer: any bytes as a safetensors file. What is accepted must be consistent with itself.
#include "engine/io/safetensors.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const dg::Result<dg::SafeTensors> parsed = dg::parse_safetensors(bytes, "fuzz");
    if (!parsed) return 0;
    for (const auto& [name, raw] : parsed->tensors)
        DG_CHECK_EQ(raw.to_float().size(), dg::count(raw.shape));
    return 0;
}
