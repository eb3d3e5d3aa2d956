"""What no text may say: carrier words invited, promises nobody keeps, medicines stopped or named without the caveat."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from messages.protocol import OPT_OUT_LINE
from messages.words import normalise

Phrases = Annotated[tuple[str, ...], Field(min_length=1)]
Patterns = Annotated[tuple[re.Pattern[str], ...], Field(min_length=1)]

# Words on which the carrier or the provider acts by itself when a patient sends them.
_RESERVED = (
    *("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT-OUT", "REMOVE", "ARRET"),
    *("START", "YES", "UNSTOP", "HELP", "INFO"),
)
_SHOUTED = re.compile(rf"(?<!\w)(?:{'|'.join(_RESERVED)})(?!\w)")
_MAY_INVITE = frozenset({"opt_out", "opt_in", OPT_OUT_LINE})


class Rules(BaseModel):
    """The phrases of one language that the checks look for (``text/<language>/wording.toml``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_segments: int = Field(ge=1)
    max_lix: int = Field(ge=1)  # how hard to read; see `messages.reading`
    invite: Phrases  # verbs that ask for a reply
    filler: Phrases  # words between such a verb and the word to send
    nsaid: Phrases  # names of anti-inflammatories
    caveat: Phrases  # a text that has one of the names has one of these sentences
    stops: Patterns  # told to leave off a prescribed medicine; compared with the accents on
    promises: Patterns  # what the system cannot know or does not do
    calls: Patterns  # a promise to call: only with who and by when

    @cached_property
    def invitation(self) -> re.Pattern[str]:
        """A request for one of the carrier's words, as `normalise` leaves it."""
        verbs, filler, words = (
            "|".join(normalise(word) for word in some) for some in (self.invite, self.filler, _RESERVED)
        )
        return re.compile(rf"\b(?:{verbs}) (?:(?:{filler}) )*({words})\b")

    @cached_property
    def medicine(self) -> re.Pattern[str]:
        """A word that begins with the name of an anti-inflammatory."""
        return re.compile(rf"\b(?:{'|'.join(normalise(name) for name in self.nsaid)})")


def rules(language: str, words: Mapping[str, Any] | None) -> tuple[Rules | None, list[str]]:
    """Return the rules of a language, or None and what is wrong with its file."""
    file = f"text/{language}/wording.toml"
    if words is None:
        return None, [f"{file}: file: missing: add it with {', '.join(Rules.model_fields)}"]
    try:
        return Rules.model_validate(words), []
    except ValidationError as error:
        return None, [f"{file}: {one['loc'][0]}: {one['msg']}: correct it" for one in error.errors()]


def problems(text: str, *, key: str, rules: Rules) -> Iterator[str]:
    """Return what ``text`` says and may not, each with its fix."""
    if key == OPT_OUT_LINE and "STOP" not in text:
        yield "does not say how to opt out: name the word STOP"
    plain = normalise(text)
    if key not in _MAY_INVITE:
        for word in dict.fromkeys([*_SHOUTED.findall(text), *map(str.upper, rules.invitation.findall(plain))]):
            yield f"invites '{word}', on which the carrier acts: use 1, 2, 3 or NURSE"
    medicine = rules.medicine.search(plain)
    if medicine and not any(normalise(caveat) in plain for caveat in rules.caveat):
        yield f"names '{medicine.group()}' without the caveat: add \"{rules.caveat[0]}\""
    with_accents = " ".join(text.casefold().split())
    for caveat in rules.caveat:
        with_accents = with_accents.replace(caveat.casefold(), "")
    for stop in rules.stops:
        if found := stop.search(with_accents):
            yield f"tells to stop a medicine, '{found.group()}': only who prescribed it may, leave it out"
    for promise in rules.promises:
        if found := promise.search(plain):
            yield f"promises what the system does not keep, '{found.group()}': say only what is known by then"
    if not ("{staff}" in text and "{time}" in text):
        for call in rules.calls:
            if found := call.search(plain):
                yield f"promises a call, '{found.group()}': name {{staff}} and {{time}}, or leave it out"


def is_reserved(word: str) -> bool:
    """Whether a reply of this word never reaches us as such."""
    return normalise(word).replace(" ", "") in {normalise(one).replace(" ", "") for one in _RESERVED}
