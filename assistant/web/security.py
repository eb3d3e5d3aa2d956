"""What holds for every answer: strict headers, forms that prove where they came from, plain error pages."""

from flask import Flask, Response, abort, jsonify, render_template, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

# Signed by their senders instead; no browser posts to them.
WEBHOOKS = frozenset({"twilio", "sessions"})

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_YEAR_SECONDS = 365 * 24 * 60 * 60

_STALE_FORM = ("This page was open for too long", "Go back, load the page again, and repeat what you did.")
_SAID = {
    400: ("That could not be used", "Something in it was missing or malformed. Go back and try again."),
    403: ("This is not for your account", "Ask an admin of the clinic if you need it."),
    404: ("Not found", "It does not exist, or it belongs to another clinic."),
    405: ("Not that way", "Go back and use the buttons of the page."),
    413: ("Too long", "What you sent is larger than anything we keep. Shorten it and send it again."),
    500: (
        "Something went wrong",
        "Nothing was changed. Try again; if a patient waits, phone them or answer the page by text.",
    ),
}


def protect(app: Flask) -> None:
    """Install headers, form tokens and error pages. Reads SESSION_COOKIE_SECURE and FRAME_ANCESTORS."""
    https = bool(app.config["SESSION_COOKIE_SECURE"])
    app.config.update(
        SESSION_COOKIE_NAME="__Host-aftercare" if https else "aftercare",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_CHECK_DEFAULT=False,  # ours below, which knows the webhooks by name
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as the sign-in; pages stay open for hours
        WTF_CSRF_SSL_STRICT=False,  # wants a Referer, which our own Referrer-Policy withholds
    )
    csrf = CSRFProtect(app)

    @app.before_request
    def check_form() -> None:
        if request.method in _SAFE or request.endpoint is None or request.blueprint in WEBHOOKS:
            return
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            abort(403)
        csrf.protect()

    headers = _headers(app.config.get("FRAME_ANCESTORS", "'none'"), https=https)

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.endpoint == "static" and response.status_code in (200, 304):
            response.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
        else:
            response.headers["Cache-Control"] = "no-store"
        return response

    app.register_error_handler(HTTPException, _error)


def _headers(frame_ancestors: str, *, https: bool) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
        f"frame-ancestors {frame_ancestors}",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if https:
        headers["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}; includeSubDomains"
    return headers


def _error(error: HTTPException) -> AnyResponse | HTTPException:
    """A page in words, or JSON for machines. What the error says of itself is for machines only."""
    if error.code is None or error.code < 400 or error.response is not None:
        return error
    answer = error.get_response(request.environ)
    if request.path.startswith("/webhooks/"):
        said: AnyResponse = jsonify(error=error.description)
    else:
        title, advice = _SAID.get(error.code, (error.name, "Go back and try again."))
        if isinstance(error, CSRFError):
            title, advice = _STALE_FORM
        said = Response(render_template("error.html", code=error.code, title=title, advice=advice))
    kept = {name: value for name, value in answer.headers.items() if name in ("Allow", "Retry-After")}
    said.headers.extend(kept)
    said.status_code = error.code
    return said
