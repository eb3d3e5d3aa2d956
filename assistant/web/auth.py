"""Signing in and out, setting a password, and who may see what. Every route needs a sign-in unless listed here."""

import ipaddress
import math
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

from flask import Blueprint, Flask, Response, abort, flash, g, redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response as AnyResponse

from assistant import clock
from assistant.db import snapshot, transaction
from assistant.models import Role, Staff
from assistant.services import accounts, audit, passwords
from assistant.web import runtime
from assistant.web.security import WEBHOOKS

bp = Blueprint("auth", __name__)

# What anybody may ask for. Webhooks prove who they are by a signature.
OPEN = frozenset({"static", "health.healthz", "auth.login", "auth.set_password"})

# Viewers look; the others act.
ACTING = (Role.ADMIN, Role.CLINICIAN, Role.STAFF)

_View = ParamSpec("_View")
_Answer = TypeVar("_Answer")


class OfClinic(Protocol):
    """A row that belongs to one clinic."""

    clinic_id: int


_Row = TypeVar("_Row", bound=OfClinic)


def guard(app: Flask) -> None:
    """Refuse every request that nobody is signed in for."""

    @app.before_request
    def require_sign_in() -> AnyResponse | None:
        if request.endpoint is None or request.endpoint in OPEN or request.blueprint in WEBHOOKS:
            return None
        now, engine, token = clock.now(), runtime.get().engine, cookie.get("token")
        signed_in = None
        if isinstance(token, str):
            with snapshot(engine) as session:
                signed_in = accounts.who(session, token, now)
        if signed_in is None:
            return _ask_to_sign_in()
        g.signed_in = signed_in
        if now - signed_in.seen_at >= accounts.SEEN_EVERY and _is_use():
            with transaction(engine) as session:
                accounts.seen(session, str(token), now)
        return None


def signed_in(*roles: Role) -> Callable[[Callable[_View, _Answer]], Callable[_View, _Answer]]:
    """Allow a view to these roles only; without any, to everybody who is signed in."""

    def decorate(view: Callable[_View, _Answer]) -> Callable[_View, _Answer]:
        @wraps(view)
        def checked(*args: _View.args, **kwargs: _View.kwargs) -> _Answer:
            if me().role not in (roles or tuple(Role)):
                abort(403)
            return view(*args, **kwargs)

        return checked

    return decorate


def me() -> Staff:
    """Who is signed in; 401 where nobody is. The row is detached: read it, do not change it."""
    if "signed_in" not in g:
        abort(401)
    staff: Staff = g.signed_in.staff
    return staff


def clinic_ids() -> tuple[int, ...]:
    """The locations that this person may see."""
    me()
    ids: tuple[int, ...] = g.signed_in.clinic_ids
    return ids


def may_act() -> bool:
    """Whether this person may do more than look."""
    return me().role in ACTING


def own_clinic_or_404(row: _Row | None) -> _Row:
    """Return ``row``; one of another clinic is not found, just as if it did not exist."""
    if row is None or row.clinic_id not in clinic_ids():
        abort(404)
    return row


def safe_next(target: str) -> str:
    """Return ``target`` if it is a path of this site, otherwise the inbox."""
    plain = target.isascii() and target.isprintable() and "\\" not in target
    # One slash and then no other: a path, and not the name of another host.
    if not plain or not target.startswith("/") or target.startswith("//"):
        return url_for("inbox.show")
    return target


@bp.route("/login", methods=["GET", "POST"])
def login() -> AnyResponse:
    """Check the password outside any transaction, then write what came of it."""
    if request.method == "GET":
        return Response(render_template("login.html", next=request.args.get("next", ""), email=""))
    engine, now = runtime.get().engine, clock.now()
    email, password, address = request.form.get("email", ""), request.form.get("password", ""), _address()
    with snapshot(engine) as session:
        knocked = accounts.knock(session, email=email, address=address, now=now)
    if knocked.may_try_at > now:
        wait = math.ceil((knocked.may_try_at - now).total_seconds())
        said = f"Too many tries. Wait {_in_words(wait)}, then try again."
        return _login_again(said, 429, **{"Retry-After": str(wait)})
    try:
        right = passwords.matches(knocked.password_hash, password)
    except passwords.TooBusy:
        return _login_again("Others are signing in. Try again in a few seconds.", 503, **{"Retry-After": "5"})
    with transaction(engine) as session:
        token = accounts.sign_in(session, knocked, address=address, now=now) if right else None
        if token is None:
            accounts.failed(session, knocked, email=email, address=address, now=now)
    if token is None:
        return _login_again("The e-mail address or the password is wrong.", 401)
    begin(token)
    return redirect(safe_next(request.form.get("next", "")), 303)


def begin(token: str) -> None:
    """Make this browser the one that holds ``token``; nothing that it held before is kept."""
    cookie.clear()
    cookie["token"] = token


@bp.post("/logout")
def logout() -> AnyResponse:
    """End the session on the server, then forget it in the browser."""
    now = clock.now()
    with transaction(runtime.get().engine) as session:
        accounts.sign_out(session, cookie["token"], now)
        audit.record(session, action="sign_out", now=now, staff=me(), clinic_id=me().clinic_id)
    cookie.clear()
    answer = redirect(url_for("auth.login"), 303)
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


@bp.route("/password/<token>", methods=["GET", "POST"])
def set_password(token: str) -> AnyResponse:
    """Take a new password from whoever holds a one-time link. Opening the link does not use it up."""
    engine, now = runtime.get().engine, clock.now()
    with snapshot(engine) as session:
        opened = accounts.open_link(session, token, now)
    if opened is None:
        return Response(render_template("set_password.html", opened=None), 404)
    if request.method == "GET":
        return Response(render_template("set_password.html", opened=opened))
    password = request.form.get("password", "")
    problem = opened.problem(password)
    if problem is None and password != request.form.get("again", ""):
        problem = "The two are not the same. Type it again."
    if problem is not None:
        return Response(render_template("set_password.html", opened=opened, problem=problem), 422)
    try:
        made = passwords.make_hash(password)
    except passwords.TooBusy:
        return Response(render_template("set_password.html", opened=opened, problem="Try again in a moment."), 503)
    with transaction(engine) as session:
        staff = accounts.use_link(session, token, made, now)
    if staff is None:
        return Response(render_template("set_password.html", opened=None), 404)
    cookie.clear()
    flash("Your password is set. Sign in with it.")
    return redirect(url_for("auth.login"), 303)


def _ask_to_sign_in() -> AnyResponse:
    cookie.pop("token", None)
    if _is_live():
        return Response('{"error": "signed out"}', 401, mimetype="application/json")
    here = request.full_path.removesuffix("?") if request.method == "GET" else ""
    return redirect(url_for("auth.login", next=here if here not in ("", "/", "/inbox") else None), 303)


def _login_again(problem: str, status: int, **headers: str) -> Response:
    page = render_template(
        "login.html", problem=problem, next=request.form.get("next", ""), email=request.form.get("email", "")
    )
    return Response(page, status, headers)


def _is_live() -> bool:
    """Whether the page asks by itself what is new."""
    return (request.endpoint or "").endswith(".live")


def _is_use() -> bool:
    """A page that polls is not a person; one that polls and says that keys were pressed is."""
    return not _is_live() or request.args.get("active") == "1"


def _address() -> str:
    """Where the request comes from. An IPv6 customer owns a whole /64 and could hop about in it."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)


def _in_words(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
