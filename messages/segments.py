"""How many segments a text is sent, and billed, as."""

from dataclasses import dataclass
from typing import Literal

# 3GPP TS 23.038, 6.2.1: the basic alphabet, and the characters that cost two because of an escape.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENSION


@dataclass(frozen=True)
class Segments:
    """What a text costs.

    ``characters`` are counted as the network does: in GSM-7 a "€" is two, in UCS-2 an emoji is.
    ``costly`` are the characters, each once and in order, that make the whole text UCS-2.
    """

    count: int
    encoding: Literal["GSM-7", "UCS-2"]
    characters: int
    costly: tuple[str, ...]


def segments(text: str) -> Segments:
    """Return what ``text`` costs.

    160 characters fit one segment of GSM-7, 153 each of several; 70 and 67 in UCS-2. An escaped
    character or a surrogate pair is never cut in two, so a part may end one short.
    Source: 3GPP TS 23.038, 6.2.1 (alphabets) and TS 23.040, 9.2.3.24.1 (joining).
    """
    costly = tuple(character for character in dict.fromkeys(text) if character not in _GSM)
    if costly:
        widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
        return Segments(_parts(widths, single=70, part=67), "UCS-2", sum(widths), costly)
    widths = [2 if character in _EXTENSION else 1 for character in text]
    return Segments(_parts(widths, single=160, part=153), "GSM-7", sum(widths), ())


def is_gsm(text: str) -> bool:
    """Whether every character is in the GSM-7 alphabet or its extension."""
    return _GSM.issuperset(text)


def _parts(widths: list[int], *, single: int, part: int) -> int:
    if sum(widths) <= single:
        return 1
    count, used = 1, 0
    for width in widths:
        if used + width > part:
            count, used = count + 1, 0
        used += width
    return count
