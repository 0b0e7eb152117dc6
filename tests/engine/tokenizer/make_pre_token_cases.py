#!/usr/bin/env python3
"""Makes pre_token_cases.json: texts cut by a real regular-expression engine with the regex of tokenizer.json.

Usage: make_pre_token_cases.py tokenizer.json > pre_token_cases.json
Python's `re` cuts; with `jq` at hand (built on Oniguruma, the engine of HuggingFace tokenizers) both must agree.
"""
import json
import random
import re
import shutil
import subprocess
import sys

TEXTS = [
    "", " ", "  ", "湖南大学 Hunan University", " 湖南", "湖 南", "a", " a", "  a", "   a b", "a  b", "a\nb", "a\n\n b",
    "  \n  foo\t bar ", "\t\tif (x) {\r\n\treturn 1;\r\n}\n", "x = 12 + 345;  y=-6", "3.14159e-10", "1２３٣", "don't",
    "Hello, world!  How are you?", "你好，世界！“引用”……《书》", "価格は１２３円です。カタカナ ひらがな", "한국어 문장 입니다.",
    "Привет, мир", "γειά σου", "שלום עולם", "مرحبا، العالم؟", "नमस्ते दुनिया।", "สวัสดี", "👍🏽 👨‍👩‍👧‍👦 🇨🇳 ❤️ 1️⃣",
    "e\u0301 n\u0303", "\u3000全角\u3000空格", "\u00a0nbsp \u2003em", "𠀀𪛖𰀀 rare Han", "〇〡々 ⼀⺀ 豈", "𝔸𝟙 ℝ ∑ √ ²",
    "<|end|> <think>", "\x01\x1b[0m", "a\u200bb\u200dc\ufeff", "🄰 Ⅷ ①", "# 标题\n\n- 项目 1\n- 项目 2\n",
]


def set_edges(regex):
    """Every code point named in the regex and its neighbours."""
    points = {int(h, 16) + d for h in re.findall(r"\\x\{([0-9A-F]+)\}", regex) for d in (-1, 0, 1)}
    return sorted(p for p in points if 0 < p <= 0x10FFFF and not 0xD800 <= p <= 0xDFFF)


def cut_python(regex, text):
    pattern = re.sub(r"\\x\{([0-9A-F]+)\}", lambda m: "\\U%08X" % int(m[1], 16), regex)
    pieces = [m.group() for m in re.finditer(pattern, text)]
    assert "".join(pieces) == text, "the regex must match everything"
    return pieces


def check_oniguruma(regex, cases):
    out = subprocess.run(["jq", "-c", "--arg", "re", regex, "map([.text | match($re; \"g\").string])"],
                         input=json.dumps(cases), capture_output=True, text=True, check=True).stdout
    for case, pieces in zip(cases, json.loads(out), strict=True):
        assert case["pieces"] == pieces, (case, pieces)
    print(f"Oniguruma (jq) agrees on {len(cases)} texts", file=sys.stderr)


def main():
    tokenizer = json.load(open(sys.argv[1], encoding="utf-8"))
    regex = tokenizer["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    edges = [chr(p) for p in set_edges(regex)]
    random.seed(20250101)
    texts = list(TEXTS)
    for i in range(0, len(edges), 8):
        texts.append("".join(edges[i:i + 8]))
    for _ in range(200):
        texts.append("".join(random.choice([" ", " ", "\n", "a", "7", "!", "学", random.choice(edges)])
                             for _ in range(random.randint(1, 24))))
    cases = [{"text": t, "pieces": cut_python(regex, t)} for t in texts]
    if shutil.which("jq"):
        check_oniguruma(regex, cases)
    lines = ",\n".join(json.dumps(c) for c in cases)
    print('{"regex": %s,\n"cases": [\n%s\n]}' % (json.dumps(regex), lines))


main()
