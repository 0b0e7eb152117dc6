// Glyph bitmaps in texture pages: any size, script and rotation, made when first drawn.
#pragma once

#include "viz/canvas/image.h"
#include "viz/text/fonts.h"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace dg::viz {

/// Not thread-safe: one atlas per drawing thread.
class GlyphAtlas {
  public:
    /// Where a glyph's bitmap lies and how it hangs on the pen; page == nullptr: nothing to draw.
    struct Entry {
        const Texture* page = nullptr;
        int x = 0, y = 0, width = 0, height = 0;
        int left = 0, top = 0;
    };

    explicit GlyphAtlas(const Fonts& fonts = Fonts::shared());

    /// `pixels` per em; `quarter`: the pen's fraction of a pixel in quarters, 0 .. 3.
    const Entry& find(GlyphRef glyph, float pixels, int quarter, bool upwards);

    /// Throws all glyphs away when more than `kMaxPages` pages are full; the pages themselves stay
    /// and are filled anew. Call between frames only: entries of the frame being drawn must stay.
    void begin_frame();

    /// A page with room; its texels (0..2, 0..2) are white: plain shapes sample (white_uv,
    /// white_uv).
    [[nodiscard]] const Texture* current_page() const { return pages_[current_].get(); }

    /// What a GPU renderer has to upload. At least one page; pages are never freed while the atlas
    /// lives.
    [[nodiscard]] const std::vector<std::unique_ptr<Texture>>& pages() const { return pages_; }

    /// Grows whenever glyphs are thrown away: meshes made before then must not be drawn any more.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

    [[nodiscard]] const Fonts& fonts() const { return fonts_; }

    static constexpr int kPageSize = 1024, kMaxPages = 8;

    /// The texture coordinate of white, the same in x and y.
    [[nodiscard]] static float white_uv(const Texture& page) {
        return 1.5F / static_cast<float>(page.width);
    }

  private:
    struct Key {
        GlyphRef glyph;
        std::uint32_t size = 0;  // 1/64 px per em
        std::uint8_t quarter = 0;
        bool upwards = false;
        friend bool operator==(const Key&, const Key&) = default;
    };

    struct KeyHash {
        std::size_t operator()(const Key& k) const;
    };

    void next_page(int size);
    void clear_page(Texture& page);
    Entry store(const GlyphBitmap& bitmap);

    const Fonts& fonts_;
    std::vector<std::unique_ptr<Texture>> pages_;
    std::unordered_map<Key, Entry, KeyHash> entries_;
    std::uint64_t generation_ = 0;
    std::size_t current_ = 0;  // the page being filled
    int shelf_x_ = 0, shelf_y_ = 0, shelf_height_ = 0;
};

}  // namespace dg::viz
