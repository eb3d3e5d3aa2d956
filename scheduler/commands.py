"""``aftercare scheduler``: the process that sends, pages and settles."""

import logging
import os
import signal

import click
from apscheduler.schedulers.blocking import BlockingScheduler

from assistant import faults, live, settings
from assistant.services import content
from scheduler.runner import add, jobs


@click.command()
@click.option("--once", is_flag=True, help="Run every job once and exit.")
def scheduler(once: bool) -> None:
    """Send texts, page staff and settle what is in doubt. Run one; two do no harm."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    configured = settings.load(os.environ)
    live.require(configured)
    faults.arm(configured.aftercare_fault)
    engine = live.migrated_engine(configured)
    loaded = content.load()
    live.speaks(engine, loaded)
    all_jobs = jobs(configured, engine, live.gateway(configured), loaded)
    if once:
        for job in all_jobs:
            job.run()
        return
    ticking = BlockingScheduler()
    add(ticking, all_jobs)

    def stop(*_: object) -> None:
        # What is being handed over is finished and written down: 20 s at most, the time limit of a request.
        for job in all_jobs:
            job.stop()
        ticking.shutdown(wait=True)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    ticking.start()
