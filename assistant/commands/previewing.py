"""``aftercare preview``: what a protocol sends, for people and for programs."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, time
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from assistant.errors import Invalid, Problem
from assistant.services import content
from assistant.services.content import Content
from assistant.services.event_problems import listed
from messages.about import About
from messages.expected import AREAS, SAMPLES
from messages.plan import QuietHours, plan
from messages.render import render
from messages.segments import segments

_MOMENT = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])

# A new clinic's, until an admin changes them.
_QUIET: Final = QuietHours(time(20), time(9))


@click.command()
@click.argument("protocol")
@click.option("--session", "session_at", type=_MOMENT, required=True, help="When it was performed, local time.")
@click.option("--next-visit", "next_visit_at", type=_MOMENT, help="Local time of the next visit.")
@click.option("--timezone", default="America/New_York", show_default=True, help="IANA name.")
@click.option("--language", default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True)
def preview(
    protocol: str,
    session_at: datetime,
    next_visit_at: datetime | None,
    timezone: str,
    language: str,
    as_json: bool,
) -> None:
    """Print what PROTOCOL sends: exact dates, texts and segments."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter("give an IANA name, such as Europe/Paris", param_hint="--timezone") from None
    lines = lines_of(
        content.load(),
        protocol=protocol,
        session_at=_local(session_at, zone),
        next_visit_at=_local(next_visit_at, zone) if next_visit_at else None,
        timezone=zone,
        language=language,
        as_json=as_json,
    )
    click.echo(lines)


@dataclass(frozen=True)
class _Line:
    """One text of a preview, with the patient's local day and time."""

    key: str
    due_at: str
    send_by: str
    day: str
    time: str
    segments: int
    encoding: str
    text: str
    skipped: str | None


def lines_of(
    content: Content,
    *,
    protocol: str,
    session_at: datetime,
    next_visit_at: datetime | None,
    timezone: ZoneInfo,
    language: str,
    as_json: bool,
) -> str:
    """Return what the protocol sends for a session entered when it was performed, as lines or as a JSON list.

    Names and numbers are samples, as long as real ones. Raises Invalid for what the content does not have.
    """
    known, problems = content.catalog.protocols.get(protocol), []
    if known is None:
        problems.append(Problem("PROTOCOL", f"no protocol {protocol}: use {listed(sorted(content.catalog.protocols))}"))
    if language not in content.catalog.languages:
        problems.append(Problem("--language", f"no texts in {language}: use {listed(list(content.catalog.languages))}"))
    if next_visit_at is not None and next_visit_at <= session_at:
        problems.append(Problem("--next-visit", "is not after the session: give a later time"))
    if problems or known is None:
        raise Invalid(problems)
    area = next((area for area in AREAS if area in protocol), "face")
    values = dict(SAMPLES) | {
        "area": content.catalog.area(area, language),
        "emergency_number": content.catalog.emergency_number(_country(timezone), language),
    }
    if next_visit_at is not None:
        local = next_visit_at.astimezone(timezone)
        values |= {"visit_date": content.catalog.date(local.date(), language), "visit_time": f"{local:%H:%M}"}
    lines = []
    for one in plan(
        known,
        session_at=session_at,
        next_visit_at=next_visit_at,
        timezone=timezone,
        quiet=_QUIET,
        now=session_at,
    ):
        text = render(content.catalog.joined(language, one.parts, protocol), values)
        cost, due = segments(text), one.due_at.astimezone(timezone)
        lines.append(
            _Line(
                key=one.key,
                due_at=one.due_at.isoformat(),
                send_by=one.send_by.isoformat(),
                day=f"{due:%Y-%m-%d}",
                time=f"{due:%H:%M}",
                segments=cost.count,
                encoding=cost.encoding,
                text=text,
                skipped=one.skip_reason,
            )
        )
    if as_json:
        return json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=2)
    return _as_lines(lines, timezone, about=known.about)


def _country(timezone: ZoneInfo) -> str:
    """The country of a time zone, as two letters, or none: there is no clinic here to ask."""
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return next((row[0] for row in rows if row[2] == timezone.key), "")


def _as_lines(lines: list[_Line], timezone: ZoneInfo, *, about: About) -> str:
    state = f"reviewed by {about.reviewer}" if about.reviewer else "not reviewed"
    head = f"Version {about.version} of {about.date}, {state}; who signed it: aftercare content."
    shown = [f"{head} Times are {timezone.key}; quiet hours 20:00 to 09:00."]
    for line in lines:
        cost = f"{line.segments} segment{'s' if line.segments > 1 else ''} {line.encoding}"
        weekday = f"{datetime.fromisoformat(line.day):%a}"
        state = f"NOT SENT, {line.skipped}" if line.skipped else cost
        shown += ["", f"{weekday} {line.day} {line.time}  {line.key}  ({state})", line.text]
    sent = [line for line in lines if line.skipped is None]
    shown += ["", f"{len(sent)} texts, {sum(line.segments for line in sent)} segments."]
    return "\n".join(shown)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
