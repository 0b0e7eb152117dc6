#include "viz/canvas/glyph_atlas.h"

#include "engine/base/rng.h"

#include <algorithm>
#include <cmath>

namespace dg::viz {

namespace {

constexpr int kGap = 1, kWhite = 3;

}  // namespace

std::size_t GlyphAtlas::KeyHash::operator()(const Key& k) const {
    const std::uint64_t face = static_cast<std::uint16_t>(k.glyph.face);
    const std::uint64_t glyph =
        (face << 33U) | (std::uint64_t{k.glyph.embolden} << 32U) | k.glyph.index;
    const std::uint64_t form =
        (std::uint64_t{k.size} << 8U) | (std::uint64_t{k.quarter} << 1U) | std::uint64_t{k.upwards};
    return hash_words(glyph, form);
}

GlyphAtlas::GlyphAtlas(const Fonts& fonts) : fonts_(fonts) {
    next_page(kPageSize);
}

/// Empties a page except for its white corner.
void GlyphAtlas::clear_page(Texture& page) {
    std::fill(page.alpha.begin(), page.alpha.end(), std::uint8_t{0});
    for (int y = 0; y < kWhite; ++y) {
        std::fill_n(page.alpha.begin() + static_cast<std::ptrdiff_t>(y) * page.width, kWhite,
                    std::uint8_t{255});
    }
    ++page.version;
    shelf_x_ = kWhite + kGap, shelf_y_ = 0, shelf_height_ = kWhite;
}

/// Goes on to the next page that is large enough: one of an earlier frame or a new one.
void GlyphAtlas::next_page(int size) {
    for (std::size_t next = current_ + 1; next < pages_.size(); ++next) {
        if (pages_[next]->width < size) continue;
        current_ = next;
        return clear_page(*pages_[current_]);
    }
    auto page = std::make_unique<Texture>();
    page->width = page->height = size;
    page->alpha.resize(static_cast<std::size_t>(size) * static_cast<std::size_t>(size));
    pages_.push_back(std::move(page));
    current_ = pages_.size() - 1;
    clear_page(*pages_[current_]);
}

void GlyphAtlas::begin_frame() {
    if (current_ < static_cast<std::size_t>(kMaxPages)) return;
    entries_.clear();
    ++generation_;
    current_ = 0;
    clear_page(*pages_.front());
}

const GlyphAtlas::Entry& GlyphAtlas::find(GlyphRef glyph, float pixels, int quarter, bool upwards) {
    const Key key{glyph, static_cast<std::uint32_t>(std::lround(pixels * 64)),
                  static_cast<std::uint8_t>(quarter), upwards};
    const auto found = entries_.find(key);
    if (found != entries_.end()) return found->second;
    const GlyphBitmap bitmap =
        fonts_.rasterize(glyph, pixels, static_cast<float>(quarter) / 4, upwards);
    return entries_.emplace(key, store(bitmap)).first->second;
}

GlyphAtlas::Entry GlyphAtlas::store(const GlyphBitmap& bitmap) {
    if (bitmap.width == 0 || bitmap.height == 0) return {};
    const int need = std::max(bitmap.width, bitmap.height) + kWhite + 2 * kGap;
    if (need > current_page()->width) next_page(need);
    if (shelf_x_ + bitmap.width + kGap > current_page()->width) {
        shelf_x_ = kGap, shelf_y_ += shelf_height_ + kGap, shelf_height_ = 0;
    }
    if (shelf_y_ + bitmap.height + kGap > current_page()->height) {
        next_page(std::max(kPageSize, need));
    }
    Texture& page = *pages_[current_];
    const Entry entry{&page,         shelf_x_,    shelf_y_,  bitmap.width,
                      bitmap.height, bitmap.left, bitmap.top};
    for (int y = 0; y < bitmap.height; ++y) {
        const auto from = bitmap.coverage.begin() + static_cast<std::ptrdiff_t>(y) * bitmap.width;
        std::copy_n(
            from, bitmap.width,
            page.alpha.begin() + static_cast<std::ptrdiff_t>(shelf_y_ + y) * page.width + shelf_x_);
    }
    ++page.version;
    shelf_x_ += bitmap.width + kGap, shelf_height_ = std::max(shelf_height_, bitmap.height);
    return entry;
}

}  // namespace dg::viz
