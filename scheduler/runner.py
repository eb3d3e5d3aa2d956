"""The tick: runs a few functions every few seconds. What is due is in the database, never in a job."""

from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.base import BaseScheduler
from sqlalchemy import Engine

from assistant import clock
from assistant.gateway import Gateway
from assistant.services.content import Content
from assistant.settings import Settings
from scheduler.dispatch import Dispatcher
from scheduler.escalate import escalate_due
from scheduler.reconcile import CatchUp, settle_doubt
from scheduler.upkeep import tidy


@dataclass(frozen=True)
class Job:
    """A function that finds its own work; running it once too often does nothing."""

    name: str
    every_seconds: float
    run: Callable[[], object]
    stop: Callable[[], object] = lambda: None  # asks a run that is going on to end early


def jobs(settings: Settings, engine: Engine, gateway: Gateway, content: Content) -> list[Job]:
    """Return every job of the scheduler, in the order in which one pass of all of them makes sense."""
    dispatcher = Dispatcher(
        engine,
        gateway,
        content,
        callback_url=settings.public_url + "/webhooks/twilio/status",
        now=clock.now,
        default_sender=settings.twilio_from or None,
    )
    catch_up = CatchUp(engine, gateway, content, clock.now)
    return [
        Job("catch_up", 300, catch_up.run),
        Job("escalate", 2, lambda: escalate_due(engine, content, clock.now())),
        Job("dispatch", 0.5, dispatcher.run, dispatcher.stop),
        Job("settle_doubt", 15, lambda: settle_doubt(engine, gateway, content, clock.now())),
        Job("tidy", 3600, lambda: tidy(engine, clock.now())),
    ]


def add(scheduler: BaseScheduler, all_jobs: list[Job]) -> None:
    """Give the jobs to APScheduler. Each runs once at a time; a late or missed tick is simply the next one."""
    scheduler.configure(
        executors={"default": ThreadPoolExecutor(len(all_jobs))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )
    for job in all_jobs:
        scheduler.add_job(job.run, "interval", seconds=job.every_seconds, id=job.name, next_run_time=clock.now())
