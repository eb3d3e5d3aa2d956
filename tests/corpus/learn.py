"""Learn messages/triage/evidence.toml from the train half of the corpus.

    pip install -e '.[learn]'
    python -m tests.corpus.learn

Logistic regression over the features of ``assistant.rules.triage.evidence``: EMERGENCY or URGENT against the
others, EMERGENCY against the others, what needs a human against what an approved answer can do, OPT_OUT, EXPECTED and
ADMIN each against the others. Rare features count more (their weight is
multiplied by their inverse document frequency), long texts are scaled down by the root of their features.
The same corpus gives the same file.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from assistant.rules.triage import Compiled, compile_lexicon
from assistant.rules.triage.days import days_of
from assistant.rules.triage.decide import plain_findings
from assistant.rules.triage.evidence import features
from assistant.rules.triage.normalise import fold, tonal
from assistant.rules.triage.reading import read
from assistant.rules.triage.signs import danger_signs
from assistant.rules.verdict import Category
from messages.lexicon import ROOT, WEIGHED, Evidence, load_words
from tests.corpus.cases import HERE, SEVERE, Case, cases

SEEN_AT_LEAST = 3
STRENGTH = 1.0  # of the fit against the pull to zero; 0.1 to 0.5 do the same
SMALLEST = 0.8  # a feature that weighs less for every question changes no verdict of the test half
NEEDS_A_HUMAN = SEVERE | {Category.CONCERN, Category.UNCLEAR}
FRAMED_EVERY = 4
ORDINARY_FROM, SLIP_FROM = 2, 5  # texts a word must be in
TEMPLATE = """# Learned by tests/corpus/learn.py from the train half of the corpus; not edited by hand.
# weights: how much each word, concept or rule weighs for "this must be paged" (above 0) or against it (below 0):
# feature, weight for a page, for EMERGENCY, for a human, for a wish to get no more texts, for EXPECTED, for ADMIN.
# ordinary: words that are not misspellings of others.
weights = '''
{weights}
'''

[bias]
{bias}

[ordinary]
{ordinary}
"""


def framed(found: Iterable[Case]) -> Iterator[Case]:
    """Yield every case, and some once more with a polite frame, in turn before and after: politeness means nothing."""
    frames = tomllib.loads((HERE / "frames.toml").read_text(encoding="utf-8"))
    for number, case in enumerate(found):
        yield case
        if number % FRAMED_EVERY == 0:
            turn = number // FRAMED_EVERY
            own = frames[case.language]
            stop = own["stop"] if case.label in SEVERE else {"before": [], "after": []}
            before, after = own["before"] + stop["before"], own["after"] + stop["after"]
            first, last = before[turn % len(before)], after[turn % len(after)]
            yield replace(case, text=(f"{first} {case.text}", f"{case.text} {last}")[turn % 2])


def examples(found: Iterable[Case], lexicon: Compiled) -> tuple[list[tuple[str, ...]], list[Category]]:
    """Return the features and the label of every text. ``lexicon`` has no weights: none learned before has a part."""
    names, labels = [], []
    for case in found:
        reading = read(case.text, lexicon, case.context.language)
        if not reading.tokens:
            continue
        days = days_of(reading, case.context)
        signs = danger_signs(reading, days, lexicon)
        findings = [*signs, *plain_findings(reading, case.context, days, lexicon)]
        whole = features(reading, days, case.context.language, findings)
        names.append(tuple(dict.fromkeys(whole)))
        labels.append(case.label)
    return names, labels


def learn(
    names: list[tuple[str, ...]], targets: list[list[bool]]
) -> tuple[list[str], list[NDArray[np.float64]], list[float]]:
    """Return the features that are kept, and for each target their weights and the bias."""
    counts = Counter(name for row in names for name in row)
    kept = sorted(name for name, count in counts.items() if count >= SEEN_AT_LEAST)
    column = {name: place for place, name in enumerate(kept)}
    rarity = np.array([np.log((1 + len(names)) / (1 + counts[name])) + 1 for name in kept])
    places, starts, values = [], [0], []
    for row in names:
        present = [column[name] for name in row if name in column]
        places += present
        values += [rarity[place] / np.sqrt(1 + len(present)) for place in present]
        starts.append(len(places))
    table = csr_matrix((values, np.array(places, np.int32), np.array(starts, np.int32)), (len(names), len(kept)))
    weights, biases = [], []
    for target in targets:
        model = LogisticRegression(C=STRENGTH, solver="liblinear", class_weight="balanced", max_iter=500)
        model.fit(table, target)
        weights.append(model.coef_[0] * rarity)
        biases.append(float(model.intercept_[0]))
    return kept, weights, biases


def ordinary_words(found: Iterable[Case], lexicon: Compiled) -> dict[str, list[str]]:
    """Return by language the words of texts without danger that the lexicon does not have.

    A word that could be a slip in one of ours must be seen more often before it counts as itself.
    """
    seen: dict[str, Counter[str]] = {}
    for case in found:
        if case.label not in SEVERE:
            words = {word.casefold() for word in read(case.text, lexicon, case.language).tokens.words}
            seen.setdefault(case.language, Counter()).update(word for word in words if word.isalpha() and len(word) > 2)
    kept: dict[str, list[str]] = {}
    for language, counts in seen.items():
        own = lexicon.bit(language)
        for word, count in sorted(counts.items()):
            known = lexicon.vocabulary.find(fold(word), tonal(word), with_accents=not word.isascii())
            needed = ORDINARY_FROM if not known.slots else SLIP_FROM
            if not known.literal & own and count >= needed:
                kept.setdefault(language, []).append(word)
    return kept


def _biases(values: list[float]) -> str:
    return "\n".join(f"{name} = {value:.2f}" for name, value in zip(WEIGHED, values, strict=True))


def main() -> None:
    """Write the file anew."""
    found, words = list(cases("train", set())), load_words()
    ordinary = ordinary_words(found, compile_lexicon(words))
    known = Evidence(ordinary={code: frozenset(kept) for code, kept in ordinary.items()})
    names, labels = examples(framed(found), compile_lexicon(replace(words, evidence=known)))
    targets = [
        [label in SEVERE for label in labels],
        [label is Category.EMERGENCY for label in labels],
        [label in NEEDS_A_HUMAN for label in labels],
        [label is Category.OPT_OUT for label in labels],
        [label is Category.EXPECTED for label in labels],
        [label is Category.ADMIN for label in labels],
    ]
    kept, weights, biases = learn(names, targets)
    lines = "\n".join(
        "\t".join([name, *(f"{one[place]:.1f}" for one in weights)])
        for place, name in enumerate(kept)
        if max(abs(one[place]) for one in weights) >= SMALLEST
    )
    plain = "\n".join(f'{code} = "{" ".join(kept)}"' for code, kept in sorted(ordinary.items()))
    text = TEMPLATE.format(bias=_biases(biases), weights=lines, ordinary=plain)
    (ROOT / "evidence.toml").write_text(text, encoding="utf-8")
    print(f"{len(labels)} texts, {lines.count(chr(10)) + 1} weights, {len(text) // 1024} kB")


if __name__ == "__main__":
    main()
