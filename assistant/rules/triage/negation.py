"""Which words of a text are denied, only supposed, or about long ago."""

from assistant.rules.triage.match import Span
from assistant.rules.triage.normalise import COMMA, SENTENCE, Tokens

_REACH = 4  # words after a negator that it can still deny
_LIST_REACH = 3  # words after "or" inside a list that is denied
_POST_REACH = 2


def negated_words(tokens: Tokens, spans: dict[str, list[Span]]) -> list[bool]:
    """Return for each word whether a negator before or after it denies it.

    A negator reaches a few words, not across a comma (unless the list goes on with "or"), a
    contrast ("but") or a new subject ("no fever it is pus").
    """
    negated = [False] * len(tokens)
    subjects = {span.start for span in spans.get("subject", ())}
    contrasts = {span.start for span in spans.get("contrast", ())}
    ors = {span.start for span in spans.get("or_word", ())}
    bare = {(span.start, span.end) for span in spans.get("neg_word", ())}
    for span in (*spans.get("neg", ()), *spans.get("neg_word", ())):
        is_bare = (span.start, span.end) in bare
        if is_bare and _is_interjection(tokens, span, subjects):
            continue
        for place in range(span.start + 1, span.end):  # "not getting" also denies "getting bigger"
            negated[place] = True
        _deny_after(tokens, span.end, negated, subjects, contrasts, ors)
    for span in spans.get("neg_post", ()):
        _deny_before(tokens, span, negated, contrasts)
    for span in spans.get("until_now", ()):
        _undo(tokens, span, negated)
    return negated


def _undo(tokens: Tokens, span: Span, negated: list[bool]) -> None:
    """ "No pus until this morning", "it wasn't hot yesterday": what is denied of then is told of now."""
    start, end = span.start, span.end
    while start > 0 and tokens.before[start] != SENTENCE:
        start -= 1
    while end < len(tokens) and tokens.before[end] != SENTENCE:
        end += 1
    negated[start:end] = [False] * (end - start)


def _is_interjection(tokens: Tokens, span: Span, subjects: set[int]) -> bool:
    """ "No, it is hot" and "no my throat is closing" answer somebody; they deny nothing that follows."""
    following = span.end
    return following >= len(tokens) or tokens.before[following] > 0 or following in subjects


def _deny_after(
    tokens: Tokens, start: int, negated: list[bool], subjects: set[int], contrasts: set[int], ors: set[int]
) -> None:
    if start < len(tokens) and tokens.before[start] != 0:
        return
    left = _REACH
    for place in range(start, len(tokens)):
        level = tokens.before[place]
        if place > start and (level == SENTENCE or place in contrasts):
            return
        if place > start and level == COMMA and not _list_goes_on(tokens, place, ors, contrasts):
            return
        if place > start and place in subjects:
            return
        if place in ors:
            left = _LIST_REACH
            continue
        if level == COMMA:
            left = _LIST_REACH
        if left == 0:
            if not _or_follows(tokens, place, ors):
                return
            left = 1
        negated[place] = True
        left -= 1


def _list_goes_on(tokens: Tokens, place: int, ors: set[int], contrasts: set[int]) -> bool:
    """Whether a comma stands inside "no redness, swelling or pus"."""
    for ahead in range(place, min(place + 5, len(tokens))):
        if ahead in contrasts or (ahead > place and tokens.before[ahead] == SENTENCE):
            return False
        if ahead in ors:
            return True
    return False


def _or_follows(tokens: Tokens, place: int, ors: set[int]) -> bool:
    return place + 1 in ors and tokens.before[place + 1] == 0


def _deny_before(tokens: Tokens, span: Span, negated: list[bool], contrasts: set[int]) -> None:
    """ "Pus: none", "fever no": only where the sentence ends after it."""
    if span.end < len(tokens) and tokens.before[span.end] == 0 and span.end not in contrasts:
        return
    for back in range(1, _POST_REACH + 1):
        place = span.start - back
        if place < 0:
            return
        negated[place] = True
        if tokens.before[place] != 0:
            return


def _mark_clause(tokens: Tokens, span: Span, marked: list[bool], ends: set[int]) -> None:
    for place in range(span.start, len(tokens)):
        if place >= span.end and (tokens.before[place] != 0 or place in ends):
            break
        marked[place] = True
    for place in range(span.start, -1, -1):
        marked[place] = True
        if place in ends or tokens.before[place] != 0:
            break


def supposed_words(tokens: Tokens, spans: dict[str, list[Span]]) -> list[bool]:
    """Return for each word whether it is only supposed: after "what if", "in case", up to the next clause.

    A contrast or a word for now ends the supposition; "that's what I have" undoes it.
    """
    supposed = [False] * len(tokens)
    if spans.get("it_is_so"):
        return supposed
    ends = {span.start for name in ("but", "now") for span in spans.get(name, ())}
    for span in spans.get("hypo", ()):
        for place in range(span.start, len(tokens)):
            if place >= span.end and (tokens.before[place] == SENTENCE or place in ends):
                break
            supposed[place] = True
    return supposed


def words_of_the_past(tokens: Tokens, spans: dict[str, list[Span]]) -> list[bool]:
    """Return for each word whether its sentence tells of long ago, or its clause of a dog or a film.

    "Now" and "but" end the former, any comma the latter; the latter only counts beside joy or thanks, that of an
    animal also beside a visit to be moved. What is coming back is not past.
    """
    past = [False] * len(tokens)
    told_with_joy = any(spans.get(name) for name in ("well", "thanks", "pleased", "laugh"))
    others = [*spans.get("elsewhere", ())] if told_with_joy else []
    if told_with_joy or spans.get("admin_visit"):
        others += spans.get("animal", ())
    for span in others:
        _mark_clause(tokens, span, past, {one.start for one in spans.get("but", ())})
    ends = {span.start for name in ("but", "now") for span in spans.get(name, ())}
    for span in () if spans.get("returned") else spans.get("past", ()):
        for place in range(span.start, len(tokens)):
            if place >= span.end and (tokens.before[place] == SENTENCE or place in ends):
                break
            past[place] = True
        for place in range(span.start, -1, -1):
            past[place] = True
            if place in ends or tokens.before[place] == SENTENCE:
                break
    return past
