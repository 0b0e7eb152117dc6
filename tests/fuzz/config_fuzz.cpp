// libFuzzer: any text as a config.json. What is accepted must survive its own round trip and be
// countable.
#include "engine/model/config.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const dg::Result<dg::Config> parsed = dg::parse_config(text, "fuzz");
    if (!parsed) return 0;
    DG_CHECK(dg::parse_config(dg::config_json(*parsed), "again").value() == *parsed);
    DG_CHECK(dg::count_parameters(*parsed).total > 0);
    return 0;
}
