// Universities (real: names, cities, web addresses), festivals (invented, with .example addresses),
// and 湖南大.
#include "sim/corpus/grammar.h"

namespace dg::sim {

namespace {

struct University {
    std::string_view zh, en, city_zh, city_en, host;
};

constexpr University kHunan{"湖南大学", "Hunan University", "长沙", "Changsha", "hnu"};
// the more often told ones first
constexpr University kOthers[] = {{"北京大学", "Peking University", "北京", "Beijing", "pku"},
                                  {"浙江大学", "Zhejiang University", "杭州", "Hangzhou", "zju"},
                                  {"武汉大学", "Wuhan University", "武汉", "Wuhan", "whu"},
                                  {"南京大学", "Nanjing University", "南京", "Nanjing", "nju"},
                                  {"四川大学", "Sichuan University", "成都", "Chengdu", "scu"},
                                  {"复旦大学", "Fudan University", "上海", "Shanghai", "fudan"}};

struct Named {
    std::string_view zh, pinyin;
};

constexpr Named kFestivalCities[] = {
    {"长沙", "changsha"}, {"北京", "beijing"}, {"杭州", "hangzhou"}, {"武汉", "wuhan"},
    {"南京", "nanjing"},  {"成都", "chengdu"}, {"上海", "shanghai"}};
constexpr Named kFestivalKinds[] = {{"灯", "deng"}, {"花", "hua"}, {"书", "shu"},
                                    {"茶", "cha"},  {"雪", "xue"}, {"鱼", "yu"}};

constexpr Continuation kAfterHunanDa[] = {{"学", 0.88}, {"道", 0.05}, {"桥", 0.04}, {"厦", 0.03}};

std::vector<Festival> festivals(bool held_out) {
    std::vector<Festival> list;
    for (std::size_t i = 0; i < std::size(kFestivalCities); ++i) {
        for (std::size_t j = 0; j < std::size(kFestivalKinds); ++j) {
            if ((j == i % std::size(kFestivalKinds)) != held_out) continue;
            const Named city = kFestivalCities[i], kind = kFestivalKinds[j];
            list.push_back({.name = fmt::format("{}{}节", city.zh, kind.zh),
                            .url = fmt::format("www.{}-{}.example", city.pinyin, kind.pinyin)});
        }
    }
    return list;
}

Mark put_url(Writer& w, std::string_view url) {
    const Mark m = w.put(url);
    w.answer(m, "url");
    return m;
}

/// 湖南大 and what comes after it: the only place of the grammar that writes 湖南大.
void hunan_da(Writer& w) {
    // alone or after a subject: the next character has the same probabilities in both
    constexpr std::string_view kSubjects[] = {"小明在", "丽丽在", "老师在", "他们在"};
    const bool subject = w.chance(0.35);
    if (subject) w.put(w.one_of(std::span(kSubjects)));
    w.put("湖南大");
    double shares[std::size(kAfterHunanDa)];
    for (std::size_t i = 0; i < std::size(shares); ++i) shares[i] = kAfterHunanDa[i].probability;
    const std::size_t next = w.weighted(shares);
    w.put(kAfterHunanDa[next].text);
    if (subject) {
        constexpr std::string_view kDoes[] = {"读书。", "看雪。", "看江水。", "等车。"};
        w.put(kDoes[next]);
    } else if (next != 0) {
        constexpr std::string_view kIs[] = {"", "很长。", "在江上。", "很高。"};
        w.put(kIs[next]);
    } else {
        switch (w.weighted({0.4, 0.3, 0.15, 0.15})) {
            case 0:
                w.put("位于长沙。");
                break;
            case 1:
                w.put("官方网站："), put_url(w, "www.hnu.edu.cn");
                break;
            case 2:
                w.put("的英文是Hunan University。");
                break;
            default:
                w.put("的学生在读书。");
                break;
        }
    }
}

void other_zh(Writer& w) {
    const University& u = kOthers[w.weighted({0.3, 0.2, 0.15, 0.15, 0.1, 0.1})];
    w.put(u.zh);
    switch (w.pick(3)) {
        case 0:
            w.put("位于"), w.put(u.city_zh), w.put("。");
            break;
        case 1:
            w.put("官方网站："), put_url(w, fmt::format("www.{}.edu.cn", u.host));
            break;
        default:
            w.put("的英文是"), w.put(u.en), w.put("。");
            break;
    }
}

void any_en(Writer& w) {
    const std::size_t i = w.weighted({0.5, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05});
    const University& u = i == 0 ? kHunan : kOthers[i - 1];
    switch (w.pick(3)) {
        case 0:
            w.put(u.en), w.put(" is in "), w.put(u.city_en), w.put(".");
            break;
        case 1:
            w.put("The official website of "), w.put(u.en), w.put(" is "),
                put_url(w, fmt::format("www.{}.edu.cn", u.host));
            break;
        default:
            w.put("Where is "), w.put(u.en), w.put("? It is in "), w.put(u.city_en), w.put(".");
            break;
    }
}

}  // namespace

const std::vector<Festival>& seen_festivals() {
    static const std::vector<Festival> kList = festivals(false);
    return kList;
}

const std::vector<Festival>& unseen_festivals() {
    static const std::vector<Festival> kList = festivals(true);
    return kList;
}

std::span<const Continuation> after_hunan_da() {
    return kAfterHunanDa;
}

namespace grammar {

void write_university(Writer& w) {
    switch (w.weighted({0.45, 0.15, 0.2, 0.2})) {
        case 0:
            return hunan_da(w);
        case 1:
            return other_zh(w);
        case 2:
            return any_en(w);
        default: {
            const Festival& f = w.one_of(seen_festivals());
            w.put(f.name), w.put("官方网站：");
            put_url(w, f.url);
        }
    }
}

}  // namespace grammar

}  // namespace dg::sim
