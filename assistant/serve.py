"""Runs the web application under gunicorn."""

import os
from typing import Any

from gunicorn.app.base import BaseApplication

from assistant import db
from assistant.app import create_app
from assistant.services.content import Content
from assistant.settings import Settings

# More threads than this wait for each other's turn at the interpreter: 16 gave a fifth less throughput
# and three times the slowest answers of 4.
THREADS = 4

# Twilio gives up on a webhook after 15 s; a worker stuck for longer than this is replaced.
WORKER_TIMEOUT_SECONDS = 30


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: Settings, content: Content, options: dict[str, Any]) -> None:
        self._settings, self._content, self._options = settings, content, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        # In the worker, after the fork: connections must not be shared between processes. The content is, so that
        # a worker that takes another's place answers at once.
        return create_app(self._settings, db.make_engine(self._settings.database_url), self._content)


def serve(settings: Settings, content: Content, *, host: str, port: int, workers: int | None) -> None:
    """Serve until SIGTERM; requests under way are finished.

    On SQLite one process is quickest, since one may write at a time; on PostgreSQL one a core.
    """
    default = 1 if settings.database_url.startswith("sqlite") else os.cpu_count() or 1
    _Server(
        settings,
        content,
        {
            "bind": f"{host}:{port}",
            "workers": workers or default,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": WORKER_TIMEOUT_SECONDS,
            "graceful_timeout": WORKER_TIMEOUT_SECONDS,
            "accesslog": None,  # it would write addresses, and addresses hold message ids
        },
    ).run()
