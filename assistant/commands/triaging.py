"""``aftercare triage``: the verdict on a text, for people and for programs."""

import json
import math
import sys
from collections.abc import Callable
from typing import Any, TextIO

import click

from assistant.rules import commands
from assistant.rules.verdict import Context, SessionContext, Verdict
from assistant.services import lexicon
from messages import keywords

Judge = Callable[[str, Context], Verdict]

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
    return _told(_judge()(text, _context(day, locale)))


def stream(lines: TextIO, out: TextIO) -> None:
    """Read ``{"text","day","locale"}`` a line and write one JSON object a line, in the same order.

    A line that is no such object gets an object with ``error``; the lines after it go on.
    """
    judged = _judge()
    for line in lines:
        out.write(json.dumps(_answer(line, judged), ensure_ascii=False) + "\n")
    out.flush()


def _answer(line: str, judged: Judge) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except ValueError:
        return {"error": "not a JSON object"}
    if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
        return {"error": 'give {"text": "...", "day": 3, "locale": "en"}'}
    day, locale = asked.get("day"), asked.get("locale") or "en"
    known = int(day) if isinstance(day, int | float) and math.isfinite(day) and not isinstance(day, bool) else None
    return _told(judged(asked["text"], _context(known, str(locale))))


def _context(day: int | None, locale: str) -> Context:
    sessions = () if day is None else (SessionContext(protocol=DEFAULT_PROTOCOL, day=day),)
    return Context(language=locale.replace("_", "-").split("-")[0].lower(), sessions=sessions)


def _judge() -> Judge:
    """Load what triage needs, and none of the texts that are sent."""
    known, words = lexicon.load(), keywords.load()
    return lambda text, context: commands.judge(text, context, known, words.meaning)


def _told(verdict: Verdict) -> dict[str, Any]:
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
