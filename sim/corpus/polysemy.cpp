#include "sim/corpus/polysemy.h"

#include "sim/corpus/grammar.h"

namespace dg::sim::grammar {

namespace {

using L = std::string_view;

// --- mole: animal, unit, skin
constexpr L kSoil[] = {"Under the lawn", "In the garden", "In the dark tunnel", "Near the roots"};
constexpr L kMoleAnimal[] = {"the blind mole", "the furry mole", "a small mole",
                             "the American shrew mole"};
constexpr L kMoleDoes[] = {"dug a long tunnel.", "hid from the light.", "ate a worm.",
                           "slept all day."};
constexpr L kLab[] = {"In the lab", "In the flask", "In the test", "By the formula"};
constexpr L kMoleUnit[] = {"one mole", "half a mole", "exactly one mole", "about one mole"};
constexpr L kMoleOf[] = {"of carbon dioxide was made.", "of water was used.", "of salt was lost.",
                         "of gas was left."};
constexpr L kMoleWeight[] = {"of carbon dioxide weighs 44 grams.", "of water weighs 18 grams.",
                             "of helium weighs 4 grams."};
constexpr L kRule[] = {"In the book", "In the table", "In the lesson", "By the rule"};
constexpr L kOneMole[] = {"one mole", "a full mole", "each mole", "every mole"};
constexpr L kBody[] = {"On her arm", "On his back", "On her neck", "On his leg"};
constexpr L kMoleSkin[] = {"the dark mole", "the brown mole", "a round mole", "the old mole"};
constexpr L kMoleSkinDoes[] = {"itches at night.", "bled a little.", "looks larger now.",
                               "changed its shape."};
constexpr L kStaff[] = {"The doctor will", "The nurse will", "The surgeon will", "The clinic will"};
constexpr L kBiopsy[] = {"take a biopsy of the mole", "take a photo of the mole",
                         "measure the mole", "remove the mole"};
constexpr L kWhereSkin[] = {"on her arm.", "on his back.", "on her neck.", "on his leg."};
constexpr Frame kAnimalFrames[] = {{kSoil, kMoleAnimal, kMoleDoes}};
constexpr Frame kUnitFrames[] = {{kLab, kMoleUnit, kMoleOf}, {kRule, kOneMole, kMoleWeight}};
constexpr Frame kSkinFrames[] = {{kBody, kMoleSkin, kMoleSkinDoes}, {kStaff, kBiopsy, kWhereSkin}};
constexpr Sense kMole[] = {{"animal", kAnimalFrames}, {"unit", kUnitFrames}, {"skin", kSkinFrames}};

// --- bank: money, river
constexpr L kWeek[] = {"On Monday", "Last week", "In the city", "Every year"};
constexpr L kBankMoney[] = {"the rich bank", "the new bank", "the loan bank", "the city bank"};
constexpr L kBankLends[] = {"lent her money.", "paid the bill.", "raised the rate."};
constexpr L kWeather[] = {"After the rain", "In spring", "By the bridge", "Near the boat"};
constexpr L kBankRiver[] = {"the muddy bank", "the green bank", "the river bank", "the steep bank"};
constexpr L kBankFloods[] = {"flooded again.", "fell into the water.", "grew long grass."};
constexpr Frame kMoneyFrames[] = {{kWeek, kBankMoney, kBankLends}};
constexpr Frame kRiverFrames[] = {{kWeather, kBankRiver, kBankFloods}};
constexpr Sense kBank[] = {{"money", kMoneyFrames}, {"river", kRiverFrames}};

// --- bat: animal, sport
constexpr L kCave[] = {"In the cave", "At night", "Under the roof", "In the dark"};
constexpr L kBatAnimal[] = {"a bat", "the brown bat", "the furry bat", "the small bat"};
constexpr L kBatFlies[] = {"flew away.", "ate a moth.", "hung from a rock."};
constexpr L kGame[] = {"In the game", "On the field", "In the match", "In the last round"};
constexpr L kBatSport[] = {"the wooden bat", "his new bat", "the heavy bat", "her lucky bat"};
constexpr L kBatHits[] = {"hit the ball.", "broke in two.", "missed the ball."};
constexpr Frame kBatAnimalFrames[] = {{kCave, kBatAnimal, kBatFlies}};
constexpr Frame kBatSportFrames[] = {{kGame, kBatSport, kBatHits}};
constexpr Sense kBat[] = {{"animal", kBatAnimalFrames}, {"sport", kBatSportFrames}};

// --- crane: bird, machine
constexpr L kMarsh[] = {"By the lake", "In the grass", "Near the water", "In spring"};
constexpr L kCraneBird[] = {"the white crane", "the young crane", "a hungry crane",
                            "the red crane"};
constexpr L kCraneEats[] = {"ate a fish.", "laid two eggs.", "flew away."};
constexpr L kSite[] = {"On the site", "At the port", "Near the tower", "On the ship"};
constexpr L kCraneMachine[] = {"the steel crane", "the tall crane", "the heavy crane",
                               "the loud crane"};
constexpr L kCraneLifts[] = {"lifted the steel.", "moved a box.", "needs a driver."};
constexpr Frame kBirdFrames[] = {{kMarsh, kCraneBird, kCraneEats}};
constexpr Frame kMachineFrames[] = {{kSite, kCraneMachine, kCraneLifts}};
constexpr Sense kCrane[] = {{"bird", kBirdFrames}, {"machine", kMachineFrames}};

// --- 苹果 杜鹃 包袱 意思
constexpr L kDay[] = {"今天", "昨天", "早上", "去年"};
constexpr L kAppleTree[] = {"树上的苹果", "红红的苹果", "农场的苹果", "洗好的苹果"};
constexpr L kAppleSweet[] = {"很甜。", "掉在地上。", "被马吃了。"};
constexpr L kAppleFirm[] = {"卖手机的苹果", "做电脑的苹果", "市场上的苹果", "公司里的苹果"};
constexpr L kAppleSells[] = {"发布新手机。", "卖出很多电脑。", "开了新商场。"};
constexpr Frame kFruitFrames[] = {{kDay, kAppleTree, kAppleSweet}};
constexpr Frame kFirmFrames[] = {{kDay, kAppleFirm, kAppleSells}};
constexpr Sense kApple[] = {{"水果", kFruitFrames}, {"公司", kFirmFrames}};

constexpr L kCuckooFlower[] = {"山坡上的杜鹃", "花园里的杜鹃", "红色的杜鹃", "春天的杜鹃"};
constexpr L kFlowerOpens[] = {"开得很红。", "要多浇水。", "香了一天。"};
constexpr L kCuckooBird[] = {"树林里的杜鹃", "飞来的杜鹃", "会叫的杜鹃", "天上的杜鹃"};
constexpr L kBirdSings[] = {"叫了一天。", "飞走了。", "在找虫子吃。"};
constexpr Frame kFlowerFrames[] = {{kDay, kCuckooFlower, kFlowerOpens}};
constexpr Frame kZhBirdFrames[] = {{kDay, kCuckooBird, kBirdSings}};
constexpr Sense kCuckoo[] = {{"花", kFlowerFrames}, {"鸟", kZhBirdFrames}};

constexpr L kBundleCarried[] = {"背上的包袱", "手里的包袱", "布做的包袱", "路边的包袱"};
constexpr L kBundleHolds[] = {"里有面包。", "放在地上。", "带到了车站。"};
constexpr L kBundleJoke[] = {"相声里的包袱", "台上的包袱", "书里的包袱", "会笑的包袱"};
constexpr L kJokeLaugh[] = {"让人大笑。", "很好笑。", "说得真好。"};
constexpr Frame kBagFrames[] = {{kDay, kBundleCarried, kBundleHolds}};
constexpr Frame kJokeFrames[] = {{kDay, kBundleJoke, kJokeLaugh}};
constexpr Sense kBundle[] = {{"行李", kBagFrames}, {"笑话", kJokeFrames}};

constexpr L kMeaningText[] = {"这个字的意思", "这句话的意思", "英文书的意思", "课文的意思"};
constexpr L kMeaningHard[] = {"很难懂。", "老师讲过。", "写在书里。"};
constexpr L kMeaningGift[] = {"送来的小意思", "给老师的小意思", "带来的小意思", "朋友的小意思"};
constexpr L kGiftTake[] = {"是两盒茶。", "请你收下。", "放在门边。"};
constexpr Frame kTextFrames[] = {{kDay, kMeaningText, kMeaningHard}};
constexpr Frame kGiftFrames[] = {{kDay, kMeaningGift, kGiftTake}};
constexpr Sense kMeaning[] = {{"含义", kTextFrames}, {"礼物", kGiftFrames}};

// --- apple: fruit, company
constexpr L kKitchen[] = {"On the table", "In the garden", "At the market", "On the tree"};
constexpr L kAppleFruitEn[] = {"a sweet apple", "the green apple", "the red apple",
                               "one ripe apple"};
constexpr L kAppleTastes[] = {"tastes good.", "fell down.", "smells sweet."};
constexpr L kNews[] = {"In the news", "Last week", "On Monday", "This year"};
constexpr L kAppleFirmEn[] = {"the phone maker apple", "the company apple", "the rich firm apple",
                              "the computer firm apple"};
constexpr L kAppleSellsEn[] = {"sold a new phone.", "opened a new office.", "made more money."};
constexpr Frame kFruitEnFrames[] = {{kKitchen, kAppleFruitEn, kAppleTastes}};
constexpr Frame kFirmEnFrames[] = {{kNews, kAppleFirmEn, kAppleSellsEn}};
constexpr Sense kAppleEn[] = {{"fruit", kFruitEnFrames}, {"company", kFirmEnFrames}};

constexpr Ambiguous kWords[] = {
    {"mole", false, kMole},   {"bank", false, kBank},     {"bat", false, kBat},
    {"crane", false, kCrane}, {"apple", false, kAppleEn}, {"苹果", true, kApple},
    {"杜鹃", true, kCuckoo},  {"包袱", true, kBundle},    {"意思", true, kMeaning}};
// mole is the lesson's word and has three senses: a quarter of the documents
constexpr double kWordShares[] = {0.28, 0.09, 0.09, 0.09, 0.09, 0.09, 0.09, 0.09, 0.09};

/// The phrases that lesson L3.6 quotes are always trained on.
bool quoted(L opener, L middle) {
    return middle == "the American shrew mole" || middle == "take a biopsy of the mole" ||
           (middle == "one mole" && (opener == "In the lab" || opener == "In the flask"));
}

}  // namespace

std::span<const Ambiguous> ambiguous_words() {
    return kWords;
}

Contexts contexts(const Frame& frame, bool zh) {
    Contexts c;
    for (std::size_t i = 0; i < frame.openers.size(); ++i) {
        for (std::size_t j = 0; j < frame.middles.size(); ++j) {
            const L opener = frame.openers[i], middle = frame.middles[j];
            const bool held_out = (i + j) % 4 == 3 && !quoted(opener, middle);
            (held_out ? c.held_out : c.trained)
                .push_back(fmt::format("{}{}{}", opener, zh ? "" : " ", middle));
        }
    }
    return c;
}

void write_polysemy(Writer& w) {
    const Ambiguous& word = kWords[w.weighted(kWordShares)];
    const Sense& sense = w.one_of(word.senses);
    const Frame& frame = w.one_of(sense.frames);
    const auto trained = contexts(frame, word.zh).trained;
    const Mark context = w.put(w.one_of(trained));
    const int group = w.new_group();
    w.mark(SpanKind::kAmbiguous, {context.end - word.word.size(), context.end}, group,
           fmt::format("{}/{}", word.word, sense.label));
    if (!word.zh) w.put(" ");
    w.put(w.one_of(frame.follows));
    // half of the documents say the sense in the end
    if (w.chance(0.5)) {
        w.put(word.zh ? fmt::format("这里的{}指", word.word)
                      : fmt::format(" Here {} means ", word.word));
        w.mark(SpanKind::kAnswer, w.put(sense.label), group, "sense");
        w.put(word.zh ? "。" : ".");
    }
}

}  // namespace dg::sim::grammar
