#include "engine/base/check.h"

namespace dg {

void throw_bug(const char* file, int line, const std::string& what) {
    throw Bug(fmt::format("{}:{}: {}", file, line, what));
}

}  // namespace dg
