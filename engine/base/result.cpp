#include "engine/base/result.h"

namespace dg {

std::string Error::plain() const {
    std::string text = where.empty() ? code : where + ": " + code;
    for (std::size_t i = 0; i < args.size(); ++i) {
        text += fmt::format("{}{}={}", i == 0 ? " (" : ", ", args[i].first, args[i].second);
    }
    return args.empty() ? text : text + ")";
}

}  // namespace dg
