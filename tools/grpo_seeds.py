#!/usr/bin/env python3
"""Gathers records of `deepglass sim grpo --set record=FILE.json` into assets/runs/grpo/seeds.json: per run the recipe, the
hashes, the score on fresh prompts before and after, and the curves of accuracy and length. Usage: grpo_seeds.py OUT RECORD..."""
import json
import sys


def skill(numbers):
    """The leading fields and the step counts of a skill as sim/grpo/record.cpp writes it."""
    names = ("responses", "accuracy", "format", "mean_length", "waits")
    return {**dict(zip(names, numbers)), "steps": numbers[15:20]}


def entry(path):
    run = json.load(open(path, encoding="utf-8"))
    p = run["params"]
    return {"model": p["model"], "pen": float(p["pen"]), "seed": int(p["seed"]), "params": p, "model_hash": run["model_hash"],
            "first_hashes": run["first_hashes"], "after_hash": run["after_hash"], "before": skill(run["before"]),
            "after": skill(run["after"]), "seconds": run["steps"][-1]["seconds"],
            "accuracy": [s["skill"][1] for s in run["steps"]], "length": [round(s["skill"][3], 3) for s in run["steps"]]}


def main():
    out, *records = sys.argv[1:]
    runs = sorted((entry(r) for r in records), key=lambda e: (e["model"], e["seed"]))
    with open(out, "w", encoding="utf-8") as f:
        f.write('{"runs": [\n' + ",\n".join(json.dumps(r) for r in runs) + "\n]}\n")
    print(f"{len(runs)} runs, {sum(r['after']['accuracy'] > 0.9 for r in runs)} above 0.9")


main()
