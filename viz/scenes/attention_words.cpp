// What the attention scene says: title and subtitle of every stage, and where the viewer's
// attention is.
#include "viz/scenes/attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::attention {
namespace {

std::string weights_title(const Data& d, const View& view, const Focus& f) {
    const bool mixing = view.stage >= kMix && !f.preview;
    const auto label = [&](std::int64_t u) {
        return rich_escape(d.labels[static_cast<std::size_t>(u)]);
    };
    const auto keys = d.heavy_keys(f.head, f.row, 0.05);
    const std::vector<double> shares = d.printed_shares(f.head, f.row);
    const auto share = [&](std::int64_t u) {
        return fixed(shares[static_cast<std::size_t>(u)], 2);
    };
    TextArgs args{{"query", label(f.row)}};
    if (!std::ranges::all_of(shares, [](double p) { return std::isfinite(p); }))
        return tr(view.lang, "scene.attention.title.broken", args);
    if (!keys.empty()) {
        args.push_back({"key", label(keys[0])});
        args.push_back({"weight", share(keys[0])});
    }
    if (f.row == 0) return tr(view.lang, "scene.attention.title.first", args);
    if (keys.empty()) return tr(view.lang, "scene.attention.title.spread", args);
    if (keys.size() == 1)
        return tr(view.lang, mixing ? "scene.attention.title.mix_one" : "scene.attention.title.one",
                  args);
    args.push_back({"key2", label(keys[1])});
    args.push_back({"weight2", share(keys[1])});
    return tr(view.lang, mixing ? "scene.attention.title.mix" : "scene.attention.title.softmax",
              args);
}

std::string title(const Data& d, const View& view, const Focus& f) {
    if (f.preview || view.stage >= kSoftmax) return weights_title(d, view, f);
    std::int64_t top = 0;
    for (std::int64_t u = 1; u <= f.row; ++u) {
        if (d.scaled(f.row, u) > d.scaled(f.row, top)) top = u;
    }
    const TextArgs args{{"query", rich_escape(d.labels[static_cast<std::size_t>(f.row)])},
                        {"key", rich_escape(d.labels[static_cast<std::size_t>(top)])},
                        {"raw", fixed(d.raw(f.row, top), 2)},
                        {"scaled", fixed(d.scaled(f.row, top), 2)},
                        {"divisor", divisor(d)},
                        {"masked", grouped(d.tokens * (d.tokens - 1) / 2)},
                        {"all", grouped(d.tokens * d.tokens)}};
    if (view.stage == kScore) return tr(view.lang, "scene.attention.title.score", args);
    if (view.stage == kScale) return tr(view.lang, "scene.attention.title.scale", args);
    return tr(view.lang, "scene.attention.title.mask", args);
}

}  // namespace

std::string divisor(const Data& d) {
    return d.plain_scale ? fmt::format("√{}", d.width()) : number(1 / d.scale, 4);
}

Focus focus_of(const Data& d, const View& view) {
    Focus f;
    f.head = d.head, f.row = d.query;
    const std::optional<CellRef>& at = view.hover ? view.hover : view.selection;
    if (!at || !at->tensor.starts_with(d.prefix)) return f;
    const std::string name = at->tensor.substr(d.prefix.size());
    const auto index = [&](std::size_t i) { return i < at->at.size() ? at->at[i] : -1; };
    const auto valid = [&](std::int64_t token) { return token >= 0 && token < d.tokens; };
    if (name == "scores" || name == "probs") {
        if (!valid(index(2)) || !valid(index(3)) || index(1) < 0 || index(1) >= d.heads) return f;
        f.head = index(1), f.row = index(2), f.col = index(3);
        f.preview = f.head != d.head;
    } else if (name == "context" || name == d.q_name || name == "q_pe") {
        if (!valid(index(1))) return f;
        f.row = index(1);
    } else if (name == d.v_name || name == d.k_name || name == "k_pe") {
        if (!valid(index(1))) return f;
        f.col = index(1);
    } else {
        return f;
    }
    f.active = true;
    return f;
}

PageText page_text(const Data& d, const View& view, const Focus& f, std::vector<std::string> notes,
                   bool by_row) {
    const TextArgs place{{"layer", fmt::format("{}", d.layer)},
                         {"head", fmt::format("{}", f.head)},
                         {"layers", fmt::format("{}", d.layers)},
                         {"heads", fmt::format("{}", d.heads)},
                         {"tokens", fmt::format("{}", d.tokens)}};
    return {
        .title = title(d, view, f),
        .subtitle = tr(view.lang,
                       by_row ? "scene.attention.row.subtitle" : "scene.attention.subtitle", place),
        .notes = std::move(notes),
        .badge = {.kind = Kind::kComputed,
                  .detail = badge_detail(view.lang, d.run->model->name, d.model_hash())}};
}

}  // namespace dg::viz::attention
