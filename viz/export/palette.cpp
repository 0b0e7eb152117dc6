// 256 colours for a GIF.
#include "viz/export/gif.h"

#include <algorithm>
#include <limits>

namespace dg::viz {
namespace {

std::size_t bin_of(Color c) {
    return (static_cast<std::size_t>(c.r >> 3U) << 10U) | (static_cast<std::size_t>(c.g >> 3U) << 5U) | (c.b >> 3U);
}

/// Channel (0 = red) of a bin, 0..31.
int level(std::size_t bin, int channel) { return static_cast<int>(bin >> static_cast<unsigned>(10 - 5 * channel)) & 31; }

/// A run of bins that will become one colour.
struct Box {
    std::vector<std::size_t> bins;
    std::uint64_t count = 0;
    int channel = 0, spread = 0;  // the widest channel
};

Box make_box(std::vector<std::size_t> bins, const std::vector<std::uint64_t>& counts) {
    Box box{std::move(bins), 0, 0, -1};
    for (const std::size_t bin : box.bins) box.count += counts[bin];
    for (int channel = 0; channel < 3; ++channel) {
        int low = 31, high = 0;
        for (const std::size_t bin : box.bins) low = std::min(low, level(bin, channel)), high = std::max(high, level(bin, channel));
        if (high - low > box.spread) box.spread = high - low, box.channel = channel;
    }
    return box;
}

/// Cuts a box where half of its pixels lie on each side (at least one bin each).
std::pair<Box, Box> split(const Box& box, const std::vector<std::uint64_t>& counts) {
    std::vector<std::size_t> bins = box.bins;
    std::ranges::stable_sort(bins, {}, [&](std::size_t bin) { return level(bin, box.channel); });
    std::uint64_t before = 0;
    std::size_t cut = 1;
    for (; cut + 1 < bins.size(); ++cut) {
        before += counts[bins[cut - 1]];
        if (before * 2 >= box.count) break;
    }
    const auto middle = bins.begin() + static_cast<std::ptrdiff_t>(cut);
    return {make_box({bins.begin(), middle}, counts), make_box({middle, bins.end()}, counts)};
}

int distance(Color a, Color b) {
    const int dr = a.r - b.r, dg = a.g - b.g, db = a.b - b.b;
    return 3 * dr * dr + 6 * dg * dg + db * db;  // the eye sees green best
}

}  // namespace

void Palette::add(const Image& image) {
    for (std::size_t i = 0; i + 3 < image.rgba.size(); i += 4) {
        const Color c{image.rgba[i], image.rgba[i + 1], image.rgba[i + 2]};
        Bin& bin = bins_[bin_of(c)];
        ++bin.count;
        bin.r += c.r, bin.g += c.g, bin.b += c.b;
    }
}

void Palette::choose() {
    std::vector<std::uint64_t> counts(kBins);
    std::vector<std::size_t> used;
    for (std::size_t i = 0; i < kBins; ++i) {
        counts[i] = bins_[i].count;
        if (counts[i] > 0) used.push_back(i);
    }
    std::vector<Box> boxes;
    if (!used.empty()) boxes.push_back(make_box(std::move(used), counts));
    while (boxes.size() < 256 && !boxes.empty()) {
        // the widest box, weighed by how much of the picture it is, is cut next
        const auto worst = std::ranges::max_element(boxes, {}, [](const Box& b) {
            return b.bins.size() < 2 ? std::uint64_t{0} : static_cast<std::uint64_t>(b.spread) * (b.count + 1);
        });
        if (worst->bins.size() < 2) break;
        auto [low, high] = split(*worst, counts);
        *worst = std::move(low);
        boxes.push_back(std::move(high));
    }
    for (const Box& box : boxes) {
        const Bin& top = bins_[*std::ranges::max_element(box.bins, {}, [&](std::size_t bin) { return counts[bin]; })];
        const auto mean = [&](std::uint64_t sum) { return static_cast<std::uint8_t>((sum + top.count / 2) / top.count); };
        colors_.push_back({mean(top.r), mean(top.g), mean(top.b)});
    }
    if (colors_.empty()) colors_.push_back({});

    // every possible pixel has its nearest colour, so that frames outside the sample are drawn too
    nearest_.resize(kBins);
    for (std::size_t bin = 0; bin < kBins; ++bin) {
        const auto middle = [&](int channel) { return static_cast<std::uint8_t>(level(bin, channel) * 8 + level(bin, channel) / 4); };
        const Bin& b = bins_[bin];
        const Color c = b.count > 0 ? Color{static_cast<std::uint8_t>(b.r / b.count), static_cast<std::uint8_t>(b.g / b.count), static_cast<std::uint8_t>(b.b / b.count)}
                                    : Color{middle(0), middle(1), middle(2)};
        const auto best = std::ranges::min_element(colors_, {}, [&](Color candidate) { return distance(candidate, c); });
        nearest_[bin] = static_cast<std::uint8_t>(best - colors_.begin());
    }
}

std::uint8_t Palette::index(Color c) const { return nearest_[bin_of(c)]; }

}  // namespace dg::viz
