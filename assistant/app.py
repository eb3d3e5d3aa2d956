"""Builds the web application."""

from flask import Flask
from sqlalchemy import Engine
from werkzeug.middleware.proxy_fix import ProxyFix

from assistant.services.content import Content
from assistant.settings import Settings
from assistant.web import pages, runtime, security, sessions_webhook, twilio_webhooks

# The largest body anyone has a reason to send: a session event is 2 kB, a Twilio post 10 kB, a form 20 kB.
MAX_BODY_BYTES = 64 * 1024


def create_app(settings: Settings, engine: Engine, content: Content, **config: object) -> Flask:
    """Return the application. The database is at its newest migration, and ``settings.missing()`` is empty.

    ``config`` is set before anything reads it: FRAME_ANCESTORS, for whoever shows the staff pages in a frame.
    """
    app = Flask("assistant.web", root_path=runtime.ROOT)
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.config.update(config)
    runtime.install(app, runtime.Runtime(engine=engine, content=content, settings=settings))
    security.protect(app)
    app.register_blueprint(twilio_webhooks.bp)
    app.register_blueprint(sessions_webhook.bp)
    pages.register(app)
    if not settings.is_local:
        # One proxy that terminates TLS; more would let a client choose its own address.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=0)  # type: ignore[method-assign]
    return app
