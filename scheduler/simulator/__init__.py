"""Two phones, the staff screen and a clock that can be moved on: the demo, without an account anywhere."""

import errno
import logging
import signal
import socket
import threading
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import click
from apscheduler.schedulers.background import BackgroundScheduler
from werkzeug.serving import WSGIRequestHandler, make_server

from assistant.errors import SettingsError
from scheduler.simulator import views
from scheduler.simulator.demo import open_demo

HOST = "127.0.0.1"  # this machine only: the demo signs in whoever opens it
DATABASE = Path("instance/demo.db")
TICK_SECONDS = 0.5


def serve(port: int) -> None:
    """Open the simulator on ``port`` of this machine until Ctrl-C or SIGTERM. Raises SettingsError if it is taken.

    The database in ``instance/demo.db`` is made anew each time.
    """
    door = _listen(port)  # before the database: another demo may be using it
    address = f"http://{HOST}:{port}"
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick skipped during a long move is no news
    DATABASE.parent.mkdir(exist_ok=True)
    demo = open_demo(address, DATABASE)
    server = make_server(
        HOST,
        port,
        _together(views.create_page(demo), demo.app),
        threaded=True,
        request_handler=_Quiet,
        fd=door.fileno(),
    )
    ticking = BackgroundScheduler(timezone="UTC")
    ticking.add_job(
        demo.machine.tick, "interval", seconds=TICK_SECONDS, coalesce=True, max_instances=1, misfire_grace_time=None
    )
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    serving = threading.Thread(target=server.serve_forever, name="serve")
    serving.start()
    ticking.start()
    click.echo(f"Aftercare is open at {address} - two phones, a clinic and a clock. Ctrl-C ends it.")
    ended.wait()
    ticking.shutdown(wait=True)
    server.shutdown()
    serving.join()
    server.server_close()
    demo.engine.dispose()


def _together(page: WSGIApplication, clinic: WSGIApplication) -> WSGIApplication:
    """The simulator's page at ``/``; everything else is the production application."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        return (page if path == "/" or path.startswith("/simulator/") else clinic)(environ, start_response)

    return application


class _Quiet(WSGIRequestHandler):
    """The page asks every second; a log of that helps nobody."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def _listen(port: int) -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((HOST, port))
        door.listen()
    except OSError as error:
        door.close()
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(f"Port {port} is in use by another program. Choose one: PORT={port + 1}") from None
        raise SettingsError(f"Port {port} cannot be used: {error.strerror}") from None
    return door
