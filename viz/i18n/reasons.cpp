#include "viz/i18n/reasons.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <map>
#include <system_error>
#include <utility>

namespace dg::viz {
namespace {

constexpr std::array kReasons = {
    std::pair{ENOENT, "enoent"}, std::pair{EACCES, "eacces"}, std::pair{EPERM, "eperm"}, std::pair{EISDIR, "eisdir"}, std::pair{ENOTDIR, "enotdir"},
    std::pair{ENOSPC, "enospc"}, std::pair{EROFS, "erofs"}, std::pair{EMFILE, "emfile"}, std::pair{ENFILE, "enfile"}, std::pair{EEXIST, "eexist"},
    std::pair{EBUSY, "ebusy"}, std::pair{EIO, "eio"}, std::pair{ENAMETOOLONG, "enametoolong"}, std::pair{EFBIG, "efbig"}, std::pair{EINVAL, "einval"},
    std::pair{ENXIO, "enxio"}, std::pair{ETXTBSY, "etxtbsy"}, std::pair{EDQUOT, "edquot"}, std::pair{ELOOP, "eloop"}, std::pair{ENOMEM, "enomem"},
    std::pair{EPIPE, "epipe"}, std::pair{ENOTEMPTY, "enotempty"}, std::pair{EXDEV, "exdev"}};

/// What the system says -> catalogue key.
const std::map<std::string, std::string, std::less<>>& known() {
    static const auto table = [] {
        std::map<std::string, std::string, std::less<>> out;
        for (const auto& [number, name] : kReasons) out[std::generic_category().message(number)] = fmt::format("reason.{}", name);
        return out;
    }();
    return table;
}

}  // namespace

std::string reason_in_words(Lang lang, std::string_view reason) {
    const auto at = known().find(reason);
    return at == known().end() ? std::string(reason) : tr(lang, at->second);
}

}  // namespace dg::viz
