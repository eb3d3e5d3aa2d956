"""What is wrong with a clinic's own phrase before anybody has written it, each with the field and the fix."""

from collections.abc import Iterator
from difflib import get_close_matches

from assistant.rules.clinic_phrases import REPLIES, OwnPhrases, Phrase
from assistant.rules.commands import Keyword, judge
from assistant.rules.phrase_match import Word, pattern
from assistant.rules.triage import Compiled
from assistant.rules.triage.keywords import HELP_WORDS, START_WORDS, STOP_WORDS, YES_WORDS
from assistant.rules.verdict import Category, Context

LONGEST = 80  # characters
_SHORTEST_STEM = 4
_RESERVED = STOP_WORDS | START_WORDS | HELP_WORDS | YES_WORDS
_COMMANDS = (Category.OPT_OUT, Category.OPT_IN, Category.HELP)


def problems(phrase: Phrase, lexicon: Compiled, keyword: Keyword) -> list[tuple[str, str]]:
    """Return each problem as the field and what to do about it; none means that the phrase can be used."""
    return [*_of_language(phrase, lexicon), *_of_meaning(phrase, lexicon), *_of_words(phrase, lexicon, keyword)]


def concepts(lexicon: Compiled) -> tuple[str, ...]:
    """Return the concepts that a phrase may be another word for: those of which danger signs are made."""
    signs = {id(sign): sign for found in lexicon.signs_by_concept.values() for sign in found}
    return tuple(sorted({name for sign in signs.values() for group in sign.groups for name in group}))


def _of_language(phrase: Phrase, lexicon: Compiled) -> Iterator[tuple[str, str]]:
    if phrase.language not in lexicon.codes:
        yield "language", f"use one of {', '.join(lexicon.codes)}"


def _of_meaning(phrase: Phrase, lexicon: Compiled) -> Iterator[tuple[str, str]]:
    if (phrase.category is None) == (phrase.concept is None):
        yield "category", "give either a category, or the concept that the phrase is another word for"
    elif phrase.category is not None and phrase.category not in REPLIES:
        yield "category", f"a phrase can only raise: use {', '.join(REPLIES)}"
    elif phrase.concept is not None and phrase.concept not in (known := concepts(lexicon)):
        near = get_close_matches(phrase.concept, known, n=3, cutoff=0.5)
        yield "concept", f"there is none of this name: {'use ' + ' or '.join(near) if near else 'choose from the list'}"


def _of_words(phrase: Phrase, lexicon: Compiled, keyword: Keyword) -> Iterator[tuple[str, str]]:
    words = pattern(phrase.text, phrase.language, lexicon)
    spoken = [word for word in words if word is not None]
    if not spoken:
        yield "phrase", "write the words as a patient would"
        return
    if len(phrase.text) > LONGEST:
        yield "phrase", f"make it {LONGEST} characters or fewer: a few words match more texts than a sentence does"
    if words[0] is None or words[-1] is None:
        yield "phrase", "begin and end it with a word: _ stands for words in between"
    if any(word.any_ending and len(word.text) < _SHORTEST_STEM for word in spoken):
        yield "phrase", f"write at least {_SHORTEST_STEM} letters before *"
    if all(_says_nothing(word, lexicon) for word in spoken):
        yield "phrase", "these words are in every other text: add the word that makes it worth a page"
    if _is_command(phrase, spoken, lexicon, keyword):
        yield "phrase", "this is a command or an answer of its own: add the words that make it something else"


def _says_nothing(word: Word, lexicon: Compiled) -> bool:
    return word.text in lexicon.function_words or word.text.isdigit()


def _is_command(phrase: Phrase, spoken: list[Word], lexicon: Compiled, keyword: Keyword) -> bool:
    bare = " ".join(word.text for word in spoken)
    found = judge(bare, Context(language=phrase.language), lexicon, keyword).findings
    if keyword(bare) is not None or any(finding.category in _COMMANDS for finding in found):
        return True
    alone = OwnPhrases([phrase], lexicon)
    return any(alone.said(word) for word in _RESERVED)
