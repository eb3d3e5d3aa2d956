"""Puts the staff pages into the application, with what their templates use."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, g, url_for
from werkzeug.routing import IntegerConverter, Map

from assistant import clock
from assistant.web import auth, concerns, conversations, enrol, health, inbox, patients, runtime, tasks, wording

_STATIC = Path(runtime.ROOT) / "static"


class RowId(IntegerConverter):
    """A row's number in an address: one that no database column could hold is simply not found."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=1, max=2**31 - 1)


def register(app: Flask) -> None:
    """Add every page, and the rule that each needs a sign-in."""
    auth.guard(app)
    app.url_map.converters["row"] = RowId
    for module in (auth, health, inbox, concerns, conversations, patients, tasks, enrol):
        app.register_blueprint(module.bp)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        static_url=_static_url,
        place=inbox.place,
        clock=wording.clock,
        span=wording.span,
        phone=wording.phone,
        marked=wording.marked,
        event=wording.event,
        event_text=wording.event_text,
        STATUS=wording.STATUS,
        OUTCOMES=wording.OUTCOMES,
    )
    app.context_processor(_who)


def _who() -> dict[str, Any]:
    """``me`` is None on the pages that need no sign-in."""
    signed_in = g.get("signed_in")
    who = {"me": signed_in.staff, "may_act": auth.may_act()} if signed_in else {"me": None, "may_act": False}
    return who | {"rendered_at": clock.now()}


def _static_url(name: str) -> str:
    """The file's address, which changes with its content: browsers may keep it for ever."""
    return url_for("static", filename=name, v=_version(name))


@cache
def _version(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]
