"""What holds for every plan, whatever the zone, the date, the quiet hours and the protocol."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from messages.about import About
from messages.plan import OPT_OUT_LINE, PlannedMessage, QuietHours, plan, plan_visit
from messages.protocol import Anchor, Protocol, Step
from tests.messages import oracle
from tests.messages.zones import CHANGES, ZONES

ABOUT = About(version=1, author="-", reviewer="", date=date(2026, 11, 22), source="-")
PROPERTIES = settings(max_examples=400, deadline=None, derandomize=True)

minutes = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 29, 30, 31, 59]))
quiet_hours = st.one_of(
    st.just(QuietHours(time(21), time(9))),
    st.builds(QuietHours, minutes, minutes),
)


@st.composite
def instants(draw: st.DrawFn, zone: ZoneInfo) -> datetime:
    """Any minute of 2026 to 2030; half of them on the days around a change of the clock."""
    changes = CHANGES[zone.key]
    if changes and draw(st.booleans()):
        return draw(st.sampled_from(changes)) + timedelta(minutes=draw(st.integers(-2880, 2880)))
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 5 * 365 * 1440)))


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    """Up to four session steps and two visit steps, at any minute, with any policy."""
    policy = {
        "late": st.sampled_from(["drop", "send"]),
        "quiet": st.sampled_from(["respect", "ignore"]),
        "send_by_hours": st.floats(0.5, 100),
    }
    steps = [{"key": "first", "anchor": "session", "after_hours": draw(st.floats(0.1, 30))}]
    for number in range(draw(st.integers(0, 3))):
        steps.append(
            {
                "key": f"calendar_{number}",
                "anchor": "session",
                "day": draw(st.integers(0, 8)),
                "at": draw(minutes),
            }
        )
    visit = {"key": "nsaid", "anchor": "next_visit", "before_hours": 168, "merge_into": "first"}
    steps.append({**visit, "late_key": "nsaid_window_open", "late_asks": "medicines_taken"})
    steps.append({"key": "visit_reminder", "anchor": "next_visit", "before_hours": draw(st.sampled_from([24, 101]))})
    drawn = [{**step, **{name: draw(values) for name, values in policy.items()}} for step in steps]
    for step in drawn:
        step["send_by_hours"] = min(step["send_by_hours"], step.get("before_hours", 1000) - 1)
    return Protocol.model_validate(
        {
            "about": ABOUT,
            "id": "any",
            "kind": "treatment",
            "swelling_days": 5,
            "listen_days": 84,
            "steps": drawn,
        }
    )


@st.composite
def situations(draw: st.DrawFn) -> dict[str, object]:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    session_at = draw(instants(zone))
    gap = st.one_of(st.integers(7 * 1440 - 90, 7 * 1440 + 90), st.integers(30, 40 * 1440))
    visit_at = draw(st.one_of(st.none(), gap.map(lambda after: session_at + timedelta(minutes=after))))
    delay = st.one_of(st.just(0), st.integers(0, 600), st.integers(0, 20 * 1440))
    return {
        "session_at": session_at,
        "next_visit_at": visit_at,
        "timezone": zone,
        "quiet": draw(quiet_hours),
        "now": session_at + timedelta(minutes=draw(delay)),
    }


NEW_YORK = ZoneInfo("America/New_York")
NIGHT_OF_THE_LEAP = {
    "session_at": datetime(2026, 3, 7, 22, 30, tzinfo=NEW_YORK).astimezone(UTC),
    "next_visit_at": None,
    "timezone": NEW_YORK,
    "quiet": QuietHours(time(21), time(2, 30)),
    "now": datetime(2026, 3, 7, 22, 30, tzinfo=NEW_YORK).astimezone(UTC),
}
ONE_STEP = Protocol(
    about=ABOUT,
    id="any",
    kind="treatment",
    swelling_days=5,
    listen_days=84,
    steps=(Step(key="first", anchor=Anchor.SESSION, after_hours=1, send_by_hours=24),),
)


@PROPERTIES
@given(protocols(), situations())
@example(ONE_STEP, NIGHT_OF_THE_LEAP)
def test_a_plan_is_what_a_person_watching_the_clock_would_do(protocol: Protocol, situation: dict) -> None:
    planned = plan(protocol, **situation, first_time=False)

    wanted = oracle.expected(
        protocol,
        situation["session_at"],
        situation["next_visit_at"],
        situation["timezone"],
        situation["quiet"],
        situation["now"],
    )
    assert {message.key: (_fate(message), message.parts) for message in planned} == wanted


@PROPERTIES
@given(protocols(), situations())
def test_a_visit_planned_alone_is_what_a_person_watching_the_clock_would_do(
    protocol: Protocol, situation: dict
) -> None:
    visit_at = situation["next_visit_at"] or situation["session_at"] + timedelta(days=9)
    situation = {**situation, "next_visit_at": visit_at}

    planned = plan_visit(protocol, **situation, nsaid_told_at=None)

    steps = {step.key: step for step in protocol.steps if step.anchor is Anchor.NEXT_VISIT}
    assert {message.key for message in planned} == set(steps)
    for message in planned:
        moment = visit_at - timedelta(hours=steps[message.key].before_hours or 0)
        zone, quiet, now = situation["timezone"], situation["quiet"], situation["now"]
        assert _fate(message) == oracle.fate(steps[message.key], moment, zone, quiet, now)


@PROPERTIES
@given(protocols(), situations(), st.booleans())
def test_nothing_is_early_doubled_past_its_time_or_in_quiet_hours(
    protocol: Protocol, situation: dict, first_time: bool
) -> None:
    planned = plan(protocol, **situation, first_time=first_time)

    steps = {step.key: step for step in protocol.steps}
    sent = [message for message in planned if message.skip_reason is None]
    words = [part for message in planned for part in message.parts]
    assert len(words) == len(set(words))
    assert len({message.key for message in planned}) == len(planned)
    assert planned == sorted(planned, key=lambda message: message.due_at)
    for message in sent:
        assert message.due_at.tzinfo is UTC
        assert message.due_at >= situation["now"]
        assert message.due_at < message.send_by
        if steps[message.key].quiet == "respect":
            assert not oracle.is_quiet(message.due_at, situation["timezone"], situation["quiet"])
    assert [OPT_OUT_LINE in message.parts for message in sent] == [
        first_time and place == 0 for place in range(len(sent))
    ]


def _fate(message: PlannedMessage) -> oracle.Fate:
    if message.skip_reason is None:
        return "sent", message.due_at
    return ("late" if message.skip_reason.startswith("too late: ") else "quiet"), None
