"""The floor of the inbound benchmark: Flask, Twilio's own signature check, one INSERT and COMMIT, and nothing else.

Served by gunicorn with the settings of ``aftercare web``, on the same SQLite with the same durability.
"""

import os
import threading

import pysqlite3
from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator


def create_app() -> Flask:
    """Return the application; DATABASE, PUBLIC_URL and TWILIO_AUTH_TOKEN are in the environment."""
    path, url = os.environ["DATABASE"], os.environ["PUBLIC_URL"]
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    of_thread = threading.local()
    _connect(path).execute(
        "CREATE TABLE IF NOT EXISTS inbound (id INTEGER PRIMARY KEY, sid TEXT UNIQUE, sender TEXT, body TEXT)"
    )
    app = Flask("floor")

    @app.get("/healthz")
    def health() -> str:
        return "ok"

    @app.post("/webhooks/twilio/inbound")
    def inbound() -> Response:
        if not validator.validate(url + request.path, request.form, request.headers.get("X-Twilio-Signature", "")):
            abort(403)
        if not hasattr(of_thread, "connection"):
            of_thread.connection = _connect(path)
        connection = of_thread.connection
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO inbound (sid, sender, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (request.form["MessageSid"], request.form["From"], request.form["Body"]),
        )
        connection.execute("COMMIT")
        return Response("<Response/>", mimetype="text/xml")

    return app


def _connect(path: str) -> pysqlite3.Connection:
    connection = pysqlite3.connect(path, timeout=10, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection
