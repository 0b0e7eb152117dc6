// The command field: finds scenes, lessons, tensors of the recorded run, and commands.
#pragma once

#include "app/window/ui.h"

#include <functional>
#include <string>
#include <vector>

namespace dg::app {

class Shell;

/// How well `query` matches: 0 = not at all. Beginnings beat insides, insides beat scattered letters; case and blanks
/// do not count, each word of the query must match.
int match_score(std::string_view query, std::string_view text);

class SearchPanel {
  public:
    struct Hit {
        std::string kind, title, detail;  // kind: "scene", "lesson", "tensor", "command"
        std::function<void(Shell&)> go;
        int score = 0;
        std::string name = {};  // matches like the title, which may have a number in front
    };

    void open(Shell& shell);
    void draw(Shell& shell, Ui& u, Rect page);

    /// The best hits for a query, at most 9; without one: lessons and scenes first.
    static std::vector<Hit> find(const Shell& shell, const std::string& query);

    [[nodiscard]] const std::string& query() const { return query_; }

  private:
    std::string query_;
    int row_ = 0;
};

}  // namespace dg::app
