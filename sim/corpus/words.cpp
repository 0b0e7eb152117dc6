#include "sim/corpus/grammar.h"

namespace dg::sim::grammar {

namespace {

using std::string_view;

constexpr string_view kNamesEn[] = {"Tom", "Leo",  "Max",  "Ben", "Sam",  "Jack",
                                    "Mia", "Anna", "Lily", "Zoe", "Emma", "Kate"};
constexpr string_view kObjectsEn[] = {"kite", "book", "cup", "hat",  "boat",
                                      "drum", "ball", "box", "doll", "lamp"};
constexpr string_view kColoursEn[] = {"red", "blue", "green", "white", "black", "yellow"};
constexpr string_view kPlacesEn[] = {"park",   "garden", "school", "lake",
                                     "market", "beach",  "farm",   "station"};

constexpr string_view kNamesZh[] = {"小明", "大伟", "阿强", "小刚", "丽丽", "小红", "阿芳", "小梅"};
constexpr string_view kObjectsZh[] = {"球", "书", "杯子", "帽子", "船", "鼓", "花", "伞"};
constexpr string_view kMeasures[] = {"个", "本", "个", "顶", "条", "面", "朵", "把"};
constexpr string_view kColoursZh[] = {"红", "蓝", "绿", "白", "黑", "黄"};
constexpr string_view kPlacesZh[] = {"公园", "花园", "学校", "湖边",
                                     "市场", "海边", "农场", "车站"};

constexpr string_view kFillersEn[] = {
    "The wind is cold today.",  "A bird sits in the tree.", "The sun is warm.",
    "The road is long.",        "Rain falls on the roof.",  "The cat is by the door.",
    "A dog runs on the grass.", "The moon is bright.",      "The river is quiet.",
    "Snow is on the hill.",     "The soup is hot.",         "A horse eats grass."};
constexpr string_view kFillersZh[] = {"今天风很大。", "树上有一只鸟。", "太阳很暖。",
                                      "路很长。",     "门边有一只猫。", "草地上有一只狗。",
                                      "月亮很亮。",   "江水很静。",     "山上有雪。",
                                      "汤很热。",     "马在吃草。",     "天上有云。"};

constexpr string_view kDishesEn[] = {"bread", "rice",   "fish",  "soup",
                                     "cake",  "cheese", "beans", "noodles"};
constexpr string_view kDishesZh[] = {"面包", "米饭", "鱼", "汤", "蛋糕", "奶酪", "豆子", "面条"};

// the first ten are also things that have a colour (bilingual.cpp)
constexpr Pair kDictionary[] = {
    {"ball", "球"},   {"book", "书"},      {"cup", "杯子"},    {"hat", "帽子"},
    {"boat", "船"},   {"drum", "鼓"},      {"flower", "花"},   {"umbrella", "伞"},
    {"door", "门"},   {"bird", "鸟"},      {"cat", "猫"},      {"dog", "狗"},
    {"fish", "鱼"},   {"horse", "马"},     {"tree", "树"},     {"grass", "草"},
    {"sun", "太阳"},  {"moon", "月亮"},    {"snow", "雪"},     {"wind", "风"},
    {"road", "路"},   {"park", "公园"},    {"school", "学校"}, {"market", "市场"},
    {"farm", "农场"}, {"station", "车站"}, {"bread", "面包"},  {"rice", "米饭"}};

}  // namespace

const Lexicon& english() {
    static constexpr Lexicon kWords{
        .names = kNamesEn, .objects = kObjectsEn, .colours = kColoursEn, .places = kPlacesEn};
    return kWords;
}

const Lexicon& chinese() {
    static constexpr Lexicon kWords{
        .names = kNamesZh, .objects = kObjectsZh, .colours = kColoursZh, .places = kPlacesZh};
    return kWords;
}

std::string_view measure_word(std::size_t object) {
    return kMeasures[object];
}

Words fillers_en() {
    return kFillersEn;
}

Words fillers_zh() {
    return kFillersZh;
}

Words dishes_en() {
    return kDishesEn;
}

Words dishes_zh() {
    return kDishesZh;
}

std::span<const Pair> dictionary() {
    return kDictionary;
}

}  // namespace dg::sim::grammar
