"""What is wrong with a set of content files, all of it, each as "file: key: problem and fix"."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from messages import expected, wording
from messages.about import About
from messages.protocol import OPT_OUT_LINE, Anchor, Protocol
from messages.reading import lix
from messages.render import RenderError, placeholders, render
from messages.segments import segments
from messages.words import normalise

REFERENCE = "en"
_LONGEST = 1600  # characters; the provider refuses a longer text
_COMMANDS = ("nurse", "visit", "photo", "language")
_DATES = {"weekdays": 7, "months": 12}


@dataclass(frozen=True)
class Content:
    """Content files as they were read, not yet trusted."""

    protocols: Mapping[str, Protocol]  # those that have the right shape
    protocol_files: frozenset[str]  # the names of all, without ending
    texts: Mapping[str, Mapping[str, Mapping[str, Any]]]  # language -> file name without ending -> key -> text
    abouts: Mapping[tuple[str, str], About]  # (language, file name without ending) -> what it says about itself
    keywords: Mapping[str, Mapping[str, Any]]
    numbers: Mapping[str, Any]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted(self.texts))


def problems(content: Content) -> list[str]:
    """Return every problem of ``content``, in the order of its files; none means that it can be used."""
    if REFERENCE not in content.texts:
        return [f"text/{REFERENCE}: folder: missing: every language is compared with it, add it"]
    return [
        *_protocol_problems(content),
        *(line for language in content.languages for line in _language_problems(content, language)),
        *_keyword_problems(content),
        *_number_problems(content.numbers),
    ]


def _protocol_problems(content: Content) -> Iterator[str]:
    if not content.protocols:
        yield "protocols: folder: no protocol that can be used: add one"
    known = {*content.protocol_files, "replies", "staff", "areas", "dates", "wording"}
    for language, files in content.texts.items():
        for name in files:
            if name not in known:
                file = f"text/{language}/{name}.toml"
                yield f"{file}: file: no protocol of that name: remove it or add protocols/{name}.toml"


def _language_problems(content: Content, language: str) -> Iterator[str]:
    wanted = _wanted(content, language)
    for name, keys in wanted.items():
        file = f"text/{language}/{name}.toml"
        texts = content.texts[language].get(name)
        if texts is None:
            yield f"{file}: file: missing: add it with {', '.join(keys) or 'its keys'}"
            continue
        yield from (f"{file}: {key}: missing: add the text" for key in keys if key not in texts)
        for key, text in texts.items():
            if not isinstance(text, str) or not text:
                yield f"{file}: {key}: not a text: write it in quotation marks"
            elif key not in keys:
                yield f"{file}: {key}: nothing sends it: remove it or correct the key"
            else:
                yield from _text_problems(content, language, name, key, text, keys[key])
    rules, faults = wording.rules(language, content.texts[language].get("wording"))
    yield from faults
    if rules is not None:
        yield from _wording_problems(content, language, rules)
    yield from _date_problems(language, content.texts[language].get("dates", {}))


def _wanted(content: Content, language: str) -> dict[str, dict[str, frozenset[str]]]:
    """Return the files a language needs: file -> key -> placeholders that it may use."""
    files: dict[str, dict[str, frozenset[str]]] = {
        "replies": dict(expected.REPLIES),
        "areas": {area: frozenset() for area in expected.AREAS},
        "dates": {"weekdays": frozenset(), "months": frozenset(), "pattern": frozenset({"weekday", "day", "month"})},
    }
    if language == REFERENCE:
        files["staff"] = dict(expected.STAFF)
    for protocol in content.protocols.values():
        keys: dict[str, frozenset[str]] = {"title": frozenset(), OPT_OUT_LINE: frozenset({"clinic"})}
        for step in protocol.steps:
            visit = expected.VISIT if step.anchor is Anchor.NEXT_VISIT else frozenset()
            keys |= dict.fromkeys(step.text_keys, expected.PROTOCOL | visit)
            if step.also_key is not None:
                keys[step.also_key] = expected.PROTOCOL - {"area"}  # read beside another treatment's area
        files[protocol.id] = keys
    return files


def _text_problems(
    content: Content, language: str, name: str, key: str, text: str, allowed: frozenset[str]
) -> Iterator[str]:
    where = f"text/{language}/{name}.toml: {key}"
    try:
        used = placeholders(text)
    except RenderError as error:
        yield f"{where}: {error}: write a placeholder like {{clinic}}, and no other braces"
        return
    for unknown in sorted(used - allowed):
        known = ", ".join(sorted(allowed)) or "none"
        yield f"{where}: unknown placeholder {{{unknown}}}: it can use {known}"
    reference = content.texts[REFERENCE].get(name, {}).get(key)
    if language != REFERENCE and isinstance(reference, str):
        try:
            differ = sorted(used ^ placeholders(reference))
        except RenderError:
            return
        if differ:
            which = ", ".join(f"{{{one}}}" for one in differ)
            yield f"{where}: placeholder mismatch with {REFERENCE}, {which}: use the same in every language"


def _wording_problems(content: Content, language: str, rules: wording.Rules) -> Iterator[str]:
    files = content.texts[language]
    nurse = content.keywords.get(language, {}).get("nurse", [])
    for name, keys in _wanted(content, language).items():
        if name in ("areas", "dates"):
            continue
        texts = {key: text for key, text in files.get(name, {}).items() if key in keys and isinstance(text, str)}
        for key, text in texts.items():
            where = f"text/{language}/{name}.toml: {key}"
            for problem in wording.problems(text, key=key, rules=rules):
                yield f"{where}: {problem}"
            if _is_safety(content, name, key) and "{emergency_number}" not in text:
                yield f"{where}: a safety text without {{emergency_number}}: add it"
            if key.startswith("question_") and not any(word in text for word in nurse):
                yield f"{where}: no way to reach a person: end it with the word {nurse[0] if nurse else 'NURSE'}"
            yield from _length_problems(where, text, rules.max_segments)
            hard = lix(text)
            if name != "staff" and hard is not None and hard > rules.max_lix:
                yield f"{where}: hard to read, LIX {hard:.1f}: make it {rules.max_lix} with shorter sentences and words"
        yield from _joined_problems(content, language, name, texts)


def _is_safety(content: Content, name: str, key: str) -> bool:
    if name == "replies":
        return key in expected.SAFETY_REPLIES
    protocol = content.protocols.get(name)
    return protocol is not None and any(step.safety and key in step.text_keys for step in protocol.steps)


def _length_problems(where: str, text: str, most: int) -> Iterator[str]:
    sample = _filled(text)
    if sample is None:
        return
    cost = segments(sample)
    if cost.count > most:
        why = f" ({cost.encoding}, because of {' '.join(cost.costly)})" if cost.costly else ""
        yield f"{where}: over-long, {cost.count} segments{why}: make it {most} or fewer"


def _joined_problems(content: Content, language: str, name: str, texts: Mapping[str, str]) -> Iterator[str]:
    protocol = content.protocols.get(name)
    for step in protocol.steps if protocol else ():
        if step.merge_into is None:
            continue
        parts = (step.merge_into, step.late_key or step.key, OPT_OUT_LINE)
        beside = _said_for_others(content, language, name)
        sample = _filled("\n".join((*(texts.get(part, "") for part in parts), *beside)))
        if sample is not None and len(sample) > _LONGEST:
            where = f"text/{language}/{name}.toml: {step.merge_into}"
            them = f"{', '.join(parts[1:])} and what it says for other treatments of the day"
            yield f"{where}: over-long, {len(sample)} characters with {them}: {_LONGEST} at most"


def _said_for_others(content: Content, language: str, name: str) -> list[str]:
    return [
        str(content.texts[language].get(other.id, {}).get(step.also_key, ""))
        for other in content.protocols.values()
        for step in other.steps
        if other.id != name and step.also_key is not None
    ]


def _filled(text: str) -> str | None:
    try:
        return render(text, expected.SAMPLES)
    except RenderError:
        return None  # told by the check of placeholders


def _date_problems(language: str, dates: Mapping[str, Any]) -> Iterator[str]:
    for key, count in _DATES.items():
        if len(str(dates.get(key, "")).split()) != count:
            yield f"text/{language}/dates.toml: {key}: must be {count} words: write them with spaces between"


def _keyword_problems(content: Content) -> Iterator[str]:
    meaning: dict[str, tuple[str, str]] = {}
    for language in content.languages:
        if language not in content.keywords:
            yield f"keywords/{language}.toml: file: missing: add {', '.join(_COMMANDS)}"
    for language, commands in content.keywords.items():
        file = f"keywords/{language}.toml"
        yield from (f"{file}: {command}: missing: list its words" for command in _COMMANDS if command not in commands)
        for command, words in commands.items():
            if command not in _COMMANDS:
                yield f"{file}: {command}: no such command: use {', '.join(_COMMANDS)}"
                continue
            if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
                yield f'{file}: {command}: not a list of words: write it like ["NURSE"]'
                continue
            for word in words:
                if wording.is_reserved(word):
                    yield f"{file}: {command}: '{word}' is a carrier's word: the patient would be opted out or in"
                means = (command, language if command == "language" else "")
                if meaning.setdefault(normalise(word), means) != means:
                    yield f"{file}: {command}: '{word}' also means {meaning[normalise(word)][0]}: choose another word"


def _number_problems(numbers: Mapping[str, Any]) -> Iterator[str]:
    file = "emergency.toml"
    for country, entry in numbers.items():
        if not isinstance(entry, Mapping) or "emergency" not in entry:
            yield f'{file}: {country}: no emergency number: add emergency = "..."'
            continue
        for key in ("emergency", "crisis"):
            number = entry.get(key)
            if number is None:
                continue
            if not isinstance(number, str) or not number.replace(" ", "").isdigit():
                yield f"{file}: {country}.{key}: not a number to dial: use digits and spaces in quotation marks"
            elif number in entry.get("never", ()):
                yield f"{file}: {country}.{key}: {number} does not reach an ambulance there: see 'never'"
