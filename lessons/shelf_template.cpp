// The text that `deepglass lesson new` writes.
#include "lessons/shelf.h"

namespace dg::lessons {

std::string lesson_template() {
    return R"toml(# A deepglass lesson. lessons/FORMAT.md explains every key; check with: deepglass lesson check <this file>
format = 1

[lesson]
title.zh = "新的一课"
title.en = "A new lesson"
goal.zh = "学完能看到什么"
goal.en = "What the learner will have seen"
minutes = 20
chapter = 1
prerequisite = []          # ids of other lessons
misconception.zh = "学生常有的误解，以及哪一步推翻它。"
misconception.en = "The mistaken idea, and the step that refutes it."
quiz.question.zh = "课后的一个问题？"
quiz.question.en = "One question to take home?"
quiz.answer.zh = "答案"
quiz.answer.en = "The answer"

[[step]]
title.zh = "下一个词元的概率"
title.en = "Probabilities of the next token"
scene = "next-token"       # deepglass figure --list names the scenes
set = { prompt = "湖南大" } # parameters as --set takes them
minutes = 3
short_route = true
controls = ["prompt"]      # the 1 to 3 parameters shown
do.zh = "揭晓条形图。"
do.en = "Reveal the bars."
text.zh = "模型给词表里的每个词元打一个分，再化成概率。"
text.en = "The model scores every token of its vocabulary and turns the scores into probabilities."
question.zh = "所有概率加起来是多少？"
question.en = "What do all probabilities add up to?"
choices = [
    { zh = "1", en = "1" },
    { zh = "词表大小 V", en = "V, the vocabulary size" },
]
answer = 1                 # counts from 1
reveal.zh = "概率之和为 {value:sum_p|.3}。"
reveal.en = "The probabilities add up to {value:sum_p|.3}."
note.zh = "给讲师的话：先让大家举手，再揭晓。"
note.en = "For the lecturer: a show of hands first, then reveal."

[step.common_wrong]
choice = 2
reply.zh = "V 是词元的个数，不是概率之和。"
reply.en = "V counts the tokens; it is not the sum of their probabilities."

# Every sentence about the model is checked. class: E identity, T tolerance, R relation on 4 of 5 sets, P published.
[[step.claim]]
that = "sum_p ~ 1"
class = "E"
)toml";
}

}  // namespace dg::lessons
