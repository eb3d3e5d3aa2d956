"""The demo clinic as one thing: the production application, a carrier and a clock that are not."""

import secrets
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine

from assistant import clock, db, live, migrate
from assistant.app import create_app
from assistant.db import transaction
from assistant.services import content
from assistant.services.content import Content
from assistant.settings import Settings, load
from scheduler.runner import jobs
from scheduler.simulator import people
from scheduler.simulator.carrier import SimulatedCarrier
from scheduler.simulator.outside import Outside
from scheduler.simulator.time_machine import TimeMachine


class Demo:
    """Everything behind the simulator's page."""

    def __init__(self, app: Flask, engine: Engine, content: Content, settings: Settings) -> None:
        self.app, self.engine = app, engine
        self.content = content
        self.outside = Outside(app, settings)
        self.carrier = SimulatedCarrier(self.outside)
        self.machine = TimeMachine(engine, jobs(settings, engine, self.carrier, content), self.carrier)

    def begin(self) -> None:
        """Set the clock to a working morning and open the clinic without a patient. What was before is gone."""
        with self.machine.lock:
            self.carrier.forget()
            self.machine.begin_again(people.begins_at)
            with transaction(self.engine) as session:
                people.seed(session, self.content, clock.now())
            live.speaks(self.engine, self.content)


def settings_for(address: str, database: Path) -> Settings:
    """Settings with which the production application starts: secrets of this run, an account that nobody has."""
    return load(
        {
            "DATABASE_URL": f"sqlite:///{database}",
            "PUBLIC_URL": address,
            "SECRET_KEY": secrets.token_hex(32),
            "TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "SESSIONS_WEBHOOK_SECRET": secrets.token_hex(32),
        }
    )


def open_demo(address: str, database: Path) -> Demo:
    """Return a demo on a fresh database at ``database``, for a browser that finds it at ``address``."""
    for file in (database, database.with_name(database.name + "-wal"), database.with_name(database.name + "-shm")):
        file.unlink(missing_ok=True)
    settings = settings_for(address, database)
    engine = db.make_engine(settings.database_url)
    migrate.upgrade(engine)
    words = content.load()
    app = create_app(settings, engine, words, FRAME_ANCESTORS="'self'")
    demo = Demo(app, engine, words, settings)
    demo.begin()
    return demo
