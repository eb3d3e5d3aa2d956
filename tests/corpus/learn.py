"""Learn messages/triage/evidence.toml from the train half of the corpus.

    python -m tests.corpus.learn

Logistic regression by gradient steps over the features of ``assistant.rules.triage.evidence``:
texts labelled EMERGENCY or URGENT against the others. The same corpus gives the same file.
"""

import math
import random
from collections import Counter, defaultdict
from dataclasses import dataclass

from assistant.rules.triage import compile_lexicon
from assistant.rules.triage.days import days_of
from assistant.rules.triage.evidence import features
from assistant.rules.triage.reading import read
from messages.lexicon import ROOT, load_lexicon
from tests.corpus.measure import PAGED, cases

ROUNDS = 14
RATE = 0.12
DECAY = 0.004
SEEN_AT_LEAST = 2
SMALLEST = 0.05
HEADER = """# How much each word or concept weighs for "this must be paged" (above 0) or against it (below 0).
# Learned by tests/corpus/learn.py from the train half of the corpus; not edited by hand.
# It can only raise what the rules say. Lines are: feature, tab, weight.
"""


@dataclass(frozen=True)
class Example:
    """One text as its features, and whether it must be paged."""

    features: tuple[str, ...]
    paged: bool


def examples(split: str) -> list[Example]:
    """Return every text of a split as an example, in the order of the corpus."""
    lexicon = compile_lexicon(load_lexicon())
    found = []
    for case in cases(split, set()):
        reading = read(case.text, lexicon, case.context.language)
        days = days_of(reading, case.context)
        names = tuple(dict(features(reading, days, case.context.language)))
        found.append(Example(names, case.label in PAGED))
    return found


def learn(data: list[Example]) -> tuple[dict[str, float], float]:
    """Return the weight of each feature and the bias."""
    counts = Counter(name for example in data for name in example.features)
    kept = [
        ([name for name in example.features if counts[name] >= SEEN_AT_LEAST], float(example.paged))
        for example in data
    ]
    weights: dict[str, float] = defaultdict(float)
    squares: dict[str, float] = defaultdict(lambda: 1e-6)
    bias = 0.0
    order = random.Random(1)
    for _ in range(ROUNDS):
        order.shuffle(kept)
        for names, target in kept:
            total = bias + sum(weights[name] for name in names)
            error = 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - target
            bias -= 0.02 * error
            for name in names:
                step = error + DECAY * weights[name]
                squares[name] += step * step
                weights[name] -= RATE * step / math.sqrt(squares[name])
    return {name: round(weight, 2) for name, weight in weights.items() if abs(weight) >= SMALLEST}, round(bias, 2)


def main() -> None:
    """Write the file anew."""
    weights, bias = learn(examples("train"))
    lines = "\n".join(f"{name}\t{weight}" for name, weight in sorted(weights.items()))
    text = f"{HEADER}bias = {bias}\nweights = '''\n{lines}\n'''\n"
    (ROOT / "evidence.toml").write_text(text, encoding="utf-8")
    print(f"{len(weights)} weights, {len(text) // 1024} kB, bias {bias}")


if __name__ == "__main__":
    main()
