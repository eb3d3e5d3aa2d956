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
from assistant.rules.verdict import Category
from messages.lexicon import ROOT, load_lexicon
from tests.corpus.measure import PAGED, cases

ROUNDS = 14
RATE = 0.12
DECAY = 0.004
SEEN_AT_LEAST = 2
SMALLEST = 0.1
MOST_SHARE = 3.0
HEADER = """# How much each word or concept weighs for "this must be paged" (above 0) or against it (below 0).
# Learned by tests/corpus/learn.py from the train half of the corpus; not edited by hand.
# It can only raise what the rules say. Lines are: feature, weight for a page, weight for EMERGENCY.
"""


@dataclass(frozen=True)
class Example:
    """One text as its features, and whether it must be paged."""

    features: tuple[str, ...]
    language: str
    label: Category


def examples(split: str) -> list[Example]:
    """Return every text of a split as an example, in the order of the corpus."""
    lexicon = compile_lexicon(load_lexicon())
    found = []
    for case in cases(split, set()):
        reading = read(case.text, lexicon, case.context.language)
        days = days_of(reading, case.context)
        names = tuple(dict(features(reading, days, case.context.language)))
        found.append(Example(names, case.language, case.label))
    return found


def learn(data: list[Example], positive: frozenset[Category]) -> tuple[dict[str, float], float]:
    """Return the weight of each feature for ``positive`` against the rest, and the bias.

    In each language both sides count the same in all, however many texts each has.
    """
    counts = Counter(name for example in data for name in example.features)
    sides = Counter((example.language, example.label in positive) for example in data)
    kept = []
    for example in data:
        target = example.label in positive
        both = sides[example.language, True] + sides[example.language, False]
        share = min(MOST_SHARE, both / (2 * sides[example.language, target]))
        names = [name for name in example.features if counts[name] >= SEEN_AT_LEAST]
        kept.append((names, float(target), share))
    weights: dict[str, float] = defaultdict(float)
    squares: dict[str, float] = defaultdict(lambda: 1e-6)
    bias = 0.0
    order = random.Random(1)
    for _ in range(ROUNDS):
        order.shuffle(kept)
        for names, target, share in kept:
            total = bias + sum(weights[name] for name in names)
            error = share * (1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - target)
            bias -= 0.02 * error
            for name in names:
                step = error + DECAY * weights[name]
                squares[name] += step * step
                weights[name] -= RATE * step / math.sqrt(squares[name])
    return dict(weights), bias


def main() -> None:
    """Write the file anew."""
    data = examples("train")
    page, page_bias = learn(data, PAGED)
    emergency, emergency_bias = learn(data, frozenset({Category.EMERGENCY}))
    lines = "\n".join(
        f"{name}\t{page[name]:.1f}\t{emergency[name]:.1f}"
        for name in sorted(page)
        if max(abs(page[name]), abs(emergency[name])) >= SMALLEST
    )
    biases = f"page_bias = {page_bias:.2f}\nemergency_bias = {emergency_bias:.2f}"
    text = f"{HEADER}{biases}\nweights = '''\n{lines}\n'''\n"
    (ROOT / "evidence.toml").write_text(text, encoding="utf-8")
    print(f"{lines.count(chr(10)) + 1} weights, {len(text) // 1024} kB")


if __name__ == "__main__":
    main()
