"""Which texts there must be, and which values whoever sends them supplies."""

# A reply may go to a number that is nobody's, so only texts to a patient whom we know may use a name.
_CLINIC = frozenset({"clinic", "clinic_phone", "emergency_number", "crisis_line"})
_PATIENT = _CLINIC | {"first_name"}

TOPICS = (
    "make_up",
    "washing",
    "hair",
    "exercise",
    "alcohol",
    "sun",
    "sauna",
    "swimming",
    "massage",
    "cold_pack",
    "other_treatments",
    "painkiller",
    "painkiller_window",
    "paracetamol",
    "pain_gel",
    "results",
    "lumps",
    "bruise_cover",
    "travel",
)

# Reply -> the values it may name.
REPLIES = {
    **dict.fromkeys(
        (
            *("emergency", "emergency_crisis", "urgent", "concern", "concern_closed", "concern_medicine", "unclear"),
            *("added", "nurse_called", "page_accepted", "nobody_yet", "resolved", "help", "opt_out", "photo_received"),
            "unknown_number",
        ),
        _CLINIC,
    ),
    **dict.fromkeys(
        (
            *("recheck", "check_better", "check_same", "check_worse", "medicines_none"),
            *("expected", "expected_swelling", "expected_bruise", "expected_redness"),
            *("expected_itch", "expected_well", "expected_like"),
            *("thanks", "admin", "opt_in", "visit_none", "nsaid_note", "language_changed"),
            *(f"question_{topic}" for topic in TOPICS),
        ),
        _PATIENT,
    ),
    "acknowledged": _CLINIC | {"staff", "time"},
    "call_overdue": _CLINIC | {"staff", "time"},
    "handed_over": _CLINIC | {"staff"},
    "visit_info": _PATIENT | {"visit_date", "visit_time"},
    # Stands for the number itself.
    "local_emergency_number": frozenset[str](),
}

_CONCERN = frozenset({"severity", "patient", "day", "area", "words", "code"})

STAFF = {
    "page": _CONCERN,
    "page_again": _CONCERN | {"time"},
    "page_optout": _CONCERN | {"phone"},
    "ack_yours": frozenset({"patient", "time"}),
    "ack_yours_no_text": frozenset({"patient", "time", "phone"}),
    "ack_taken": frozenset({"staff", "time"}),
    "taken_by": frozenset({"patient", "staff", "code"}),
    "passed_on": frozenset({"patient", "staff"}),
    "passed_to_you": _CONCERN | {"staff"},
    "relayed": frozenset({"patient"}),
    "relay_refused": frozenset({"patient", "phone"}),
    "closed": frozenset({"patient", "code"}),
    "already_closed": frozenset({"staff", "time", "code"}),
    "closed_by": frozenset({"patient", "staff", "code"}),
    "needs_text": frozenset({"code", "letter"}),
    "nobody_else": frozenset({"patient", "code"}),
    "unknown_code": frozenset({"code"}),
    "help_line": frozenset[str](),
    "overdue": frozenset({"patient", "time", "phone", "code"}),
}

PROTOCOL = _PATIENT | {"area"}
VISIT = frozenset({"visit_date", "visit_time"})  # only in texts that belong to a visit

AREAS = (
    *("face", "neck", "decolletage", "double_chin", "scalp", "hands", "arms"),
    *("abdomen", "buttocks", "hips", "thighs", "legs", "body"),
)

# Replies that go to somebody who may be in danger.
SAFETY_REPLIES = frozenset(
    {
        *("emergency", "emergency_crisis", "urgent", "concern", "concern_closed", "concern_medicine", "unclear"),
        *("added", "nurse_called", "page_accepted", "acknowledged", "handed_over", "nobody_yet", "call_overdue"),
        *("check_worse", "help", "unknown_number"),
    }
)

# Values as long as real ones are, for counting segments.
SAMPLES = {
    "clinic": "Harbour Skin Clinic",
    "clinic_phone": "+1 202 555 0100",
    "emergency_number": "999",
    "crisis_line": "116 123",
    "first_name": "Guadalupe",
    "area": "abdomen",
    "staff": "Dana",
    "time": "19:15",
    "visit_date": "Wed 29 Nov",
    "visit_time": "10:00",
    "severity": "EMERGENCY",
    "patient": "Guadalupe D.",
    "day": "12",
    "words": "hot, spreading, fever, it hurts more than yesterday",
    "code": "17",
    "letter": "r",
    "phone": "+12025550111",
    "reason": "the number is not in use",
}
