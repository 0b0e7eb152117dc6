// The numbers behind a figure as CSV and JSON.
#include "viz/export/figure.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace dg::viz {
namespace {

std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::kComputed: return "computed";
        case Kind::kPublished: return "published";
        case Kind::kIllustration: return "illustration";
    }
    return "";
}

/// RFC 4180: quotes around a field that needs them, doubled inside.
std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out += '"';
}

}  // namespace

std::string observations_csv(const std::vector<Observation>& observations) {
    std::string out = "name,index,value,kind\n";
    for (const Observation& o : observations) {
        const std::string value = std::isnan(o.value) ? "" : fmt::format("{}", o.value);
        out += fmt::format("{},{},{},{}\n", csv_field(o.name), csv_field(o.index), value, kind_name(o.kind));
    }
    return out;
}

std::string observations_json(const Recipe& recipe, const std::vector<Observation>& observations) {
    using Json = nlohmann::ordered_json;
    Json list = Json::array();
    for (const Observation& o : observations) {
        const Json value = std::isfinite(o.value) ? Json(o.value) : Json(nullptr);
        list.push_back(Json{{"name", o.name}, {"index", o.index}, {"value", value}, {"kind", kind_name(o.kind)}});
    }
    const Json json = {{"recipe", Json::parse(recipe_json(recipe))}, {"observations", std::move(list)}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dg::viz
