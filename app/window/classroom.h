// A lesson in the window: the player, and the measured values of its reveals, computed beside the frame thread.
#pragma once

#include "app/window/lane.h"
#include "lessons/expr.h"
#include "lessons/player.h"
#include "lessons/shelf.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dg::app {

class Classroom {
  public:
    /// `progress`: where to keep what was reached; empty = nowhere.
    Classroom(viz::Session& session, std::span<const viz::Scene> scenes, std::filesystem::path progress, std::function<void()> wake);

    /// Reads the lesson and enters its step (from 0; negative: where the learner left off). Error codes: those of the
    /// parser (the first problem of the file), no_such_step (step, steps).
    Result<void> open(const lessons::ShelfEntry& entry, int step);
    void close();

    [[nodiscard]] bool is_open() const { return player_.has_value(); }

    [[nodiscard]] lessons::Player& player() { return *player_; }

    [[nodiscard]] const lessons::Player& player() const { return *player_; }

    [[nodiscard]] const lessons::ShelfEntry& entry() const { return entry_; }

    /// The file changed on disk: read it again and stay on the step. False when nothing changed.
    Result<bool> reload();

    /// A text of the current step with its {value:...} filled in; "–" until they are computed.
    [[nodiscard]] std::string filled(const lessons::Text& text, viz::Lang lang) const;
    /// Starts computing the values of the current step unless they are there.
    void measure();
    bool poll() { return lane_.poll(); }

    [[nodiscard]] const Lane& lane() const { return lane_; }

    [[nodiscard]] Lane& lane() { return lane_; }

    /// Writes the progress file. Error code: file_write.
    Result<void> keep();

  private:
    viz::Session& session_;
    std::span<const viz::Scene> scenes_;
    std::filesystem::path progress_;
    lessons::ShelfEntry entry_;
    std::filesystem::file_time_type read_at_;
    std::optional<lessons::Player> player_;
    std::map<int, lessons::Environment> values_;
    std::map<int, Error> failures_;
    Lane lane_;
};

}  // namespace dg::app
