"""``aftercare triage``: the verdict on a text, for people and for programs."""

import json
import math
import sys
from typing import Any, TextIO

import click

from assistant.rules import commands
from assistant.rules.verdict import Context, SessionContext, Verdict
from assistant.services import content
from assistant.services.content import Content

# The command knows no patient; a face session is what the day is counted from.
DEFAULT_PROTOCOL = "mesotherapy_face"


@click.command()
@click.option("--day", type=int, help="Whole days since the session.")
@click.option("--locale", default="en", show_default=True, help="The patient's language.")
@click.option("--jsonl", is_flag=True, help="Read one JSON object a line on standard input.")
@click.argument("text", required=False)
def triage(day: int | None, locale: str, jsonl: bool, text: str | None) -> None:
    """Print the verdict on TEXT and why, as JSON."""
    if jsonl:
        stream(sys.stdin, sys.stdout)
    elif text is None:
        raise click.UsageError("Give the TEXT, or --jsonl.")
    else:
        click.echo(json.dumps(judge(text, day=day, locale=locale), ensure_ascii=False, indent=2))


def judge(text: str, *, day: int | None, locale: str) -> dict[str, Any]:
    """Return the verdict on one text, with every finding and its reason."""
    return _verdict(text, _context(day, locale), content.load())


def stream(lines: TextIO, out: TextIO) -> None:
    """Read ``{"text","day","locale"}`` a line and write one JSON object a line, in the same order.

    A line that is no such object gets an object with ``error``; the lines after it go on.
    """
    loaded = content.load()
    for line in lines:
        out.write(json.dumps(_answer(line, loaded), ensure_ascii=False) + "\n")
    out.flush()


def _answer(line: str, loaded: Content) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except ValueError:
        return {"error": "not a JSON object"}
    if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
        return {"error": 'give {"text": "...", "day": 3, "locale": "en"}'}
    day, locale = asked.get("day"), asked.get("locale") or "en"
    known = int(day) if isinstance(day, int | float) and math.isfinite(day) and not isinstance(day, bool) else None
    return _verdict(asked["text"], _context(known, str(locale)), loaded)


def _context(day: int | None, locale: str) -> Context:
    sessions = () if day is None else (SessionContext(protocol=DEFAULT_PROTOCOL, day=day),)
    return Context(language=locale.replace("_", "-").split("-")[0].lower(), sessions=sessions)


def _verdict(text: str, context: Context, loaded: Content) -> dict[str, Any]:
    verdict: Verdict = commands.judge(text, context, loaded.lexicon, loaded.catalog.keyword)
    return {
        "category": verdict.category.value,
        "matched": list(verdict.matched),
        "reply": verdict.reply,
        "findings": [
            {
                "rule": finding.rule,
                "category": finding.category.value,
                "matched": list(finding.matched),
                "why": finding.why,
            }
            for finding in verdict.findings
        ],
    }
