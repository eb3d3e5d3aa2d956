"""How triage does on the corpus: per language and split, counts only for the test half.

    python -m tests.corpus.measure [--show] [language ...]

``--show`` lists the misses of the train half by text; the test half is never printed.
"""

import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from assistant.rules.triage import Compiled, compile_lexicon, triage
from assistant.rules.verdict import Category, Verdict
from messages.lexicon import load_lexicon
from tests.corpus.cases import SEVERE, Case, cases

CALM = frozenset(
    {Category.QUESTION, Category.EXPECTED, Category.ADMIN, Category.HELP, Category.OPT_OUT, Category.OPT_IN}
)


@dataclass
class Score:
    """Counts over one language and split."""

    right: Counter[str] = field(default_factory=Counter)
    all: Counter[str] = field(default_factory=Counter)
    confusion: dict[Category, Counter[Category]] = field(default_factory=lambda: defaultdict(Counter))
    paged: Counter[str] = field(default_factory=Counter)
    severe: list[tuple[Case, Verdict]] = field(default_factory=list)
    misses: list[tuple[Case, Verdict]] = field(default_factory=list)
    signs: Counter[str] = field(default_factory=Counter)
    unpaged: Counter[str] = field(default_factory=Counter)

    def add(self, case: Case, verdict: Verdict) -> None:
        self.all[case.label] += 1
        self.confusion[case.label][verdict.category] += 1
        self.paged[case.label] += verdict.category in SEVERE
        if verdict.category is case.label or verdict.category in case.accept:
            self.right[case.label] += 1
        else:
            self.misses.append((case, verdict))
        if case.label in SEVERE:
            self.signs[case.sign] += 1
            self.unpaged[case.sign] += verdict.category not in SEVERE
        if case.label in SEVERE and verdict.category in CALM:
            self.severe.append((case, verdict))

    def share_paged(self, *labels: Category) -> str:
        return _share(sum(self.paged[label] for label in labels), sum(self.all[label] for label in labels))

    def exact(self, label: Category) -> str:
        return _share(self.confusion[label][label], self.all[label])


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} = {100 * part / whole:.1f} %" if whole else "none"


def score(split: str, languages: set[str], lexicon: Compiled) -> dict[str, Score]:
    """Return the score of each language on a split."""
    scores: dict[str, Score] = defaultdict(Score)
    for case in cases(split, languages):
        scores[case.language].add(case, triage(case.text, case.context, lexicon))
    return scores


def _print(language: str, split: str, found: Score) -> None:
    urgent = (Category.EMERGENCY, Category.URGENT)
    print(f"\n== {language} {split}: {sum(found.all.values())} messages, right or acceptable "
          f"{_share(sum(found.right.values()), sum(found.all.values()))}")  # fmt: skip
    print(f"   EMERGENCY paged {found.share_paged(Category.EMERGENCY)}, exact {found.exact(Category.EMERGENCY)}")
    print(f"   EMERGENCY+URGENT paged {found.share_paged(*urgent)}, URGENT exact {found.exact(Category.URGENT)}")
    print(f"   answered by calm words though EMERGENCY or URGENT: {len(found.severe)}")
    calm = found.share_paged(Category.EXPECTED, Category.ADMIN)
    print(f"   EXPECTED+ADMIN paged {calm}; CONCERN paged {found.share_paged(Category.CONCERN)}")
    print(f"   QUESTION paged {found.share_paged(Category.QUESTION)}")
    missed = ", ".join(f"{sign} {count}/{found.signs[sign]}" for sign, count in found.unpaged.most_common() if count)
    print(f"   not paged, by sign: {missed or 'none'}")
    shown = [
        category for category in Category if found.all[category] or any(c[category] for c in found.confusion.values())
    ]
    print("   label \\ verdict " + " ".join(f"{category.value[:7]:>8}" for category in shown))
    for label in Category:
        if found.all[label]:
            row = " ".join(f"{found.confusion[label][category]:8d}" for category in shown)
            print(f"   {label.value:15} {row}   ok {_share(found.right[label], found.all[label])}")


def main(arguments: list[str]) -> None:
    """Print the tables; see the module's docstring."""
    show = "--show" in arguments
    languages = {argument for argument in arguments if not argument.startswith("-")}
    lexicon = compile_lexicon(load_lexicon())
    for split in ("train", "test"):
        started = time.perf_counter()
        scores = score(split, languages, lexicon)
        seconds = time.perf_counter() - started
        total = sum(sum(found.all.values()) for found in scores.values())
        for language, found in sorted(scores.items()):
            _print(language, split, found)
            if show and split == "train":
                for case, verdict in found.misses:
                    reasons = "; ".join(f"{f.rule}{list(f.matched)}" for f in verdict.findings[:2])
                    day = case.context.sessions[0].day if case.context.sessions else None
                    print(
                        f"   {case.id} d{day} {case.label.value} -> {verdict.category.value}: {case.text!r} [{reasons}]"
                    )
        if total:
            print(f"\n   {total} messages in {seconds:.2f} s = {total / seconds:.0f} a second")


if __name__ == "__main__":
    main(sys.argv[1:])
