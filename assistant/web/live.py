"""Pages that stay true while they are open: parts of a page, rendered anew and sent only when they changed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response, jsonify, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from assistant import clock


@dataclass(frozen=True)
class Parts:
    """Rendered pieces of a page by name. ``cursor`` is what the page sends back to ask what has changed since."""

    title: str
    html: Mapping[str, str]
    cursor: str

    def __getitem__(self, name: str) -> Markup:
        """The piece, for the template of the whole page. It came out of a template, so it is escaped."""
        return Markup(self.html[name])  # noqa: S704


def of(title: str, html: Mapping[str, str]) -> Parts:
    """Parts whose cursor changes whenever anything that they show does."""
    # A form token differs at every rendering and is no news.
    return Parts(title, html, digest("".join(html.values()).replace(generate_csrf(), "")))


def digest(shown: str) -> str:
    """A short name for what is shown."""
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def event_in(cursor: str) -> int | None:
    """The event number in a cursor; None if a page did not send one of ours."""
    event = cursor.partition("-")[0]
    return int(event) if event.isdecimal() and len(event) < 19 else None


def answer(parts: Parts, news: Sequence[str] = ()) -> Response:
    """204 if the page that asks shows this already, otherwise the parts and what to say aloud."""
    if request.args.get("since") == parts.cursor:
        return Response(status=204)
    return jsonify(
        since=parts.cursor,
        title=parts.title,
        parts=dict(parts.html),
        say=" ".join(news),
        now=clock.now().isoformat(),
    )
