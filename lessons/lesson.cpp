#include "lessons/lesson.h"

#include <fmt/format.h>

#include <cstdlib>

namespace dg::lessons {

std::string Place::written() const {
    return line == 0 ? file : fmt::format("{}:{}:{}", file, line, column);
}

char letter(CheckClass c) {
    switch (c) {
        case CheckClass::kExact:
            return 'E';
        case CheckClass::kTolerance:
            return 'T';
        case CheckClass::kRelation:
            return 'R';
        case CheckClass::kPublished:
            return 'P';
    }
    return '?';
}

int Lesson::number() const {
    return std::atoi(id.c_str());
}

}  // namespace dg::lessons
