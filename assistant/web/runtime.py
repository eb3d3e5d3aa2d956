"""What every view needs: the database, the content and the settings of this process."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import Flask, current_app
from sqlalchemy import Engine

from assistant.services.content import Content
from assistant.settings import Settings

# Templates and static files lie beside this file.
ROOT = str(Path(__file__).parent)


@dataclass(frozen=True)
class Runtime:
    """Made once by ``create_app``."""

    engine: Engine
    content: Content
    settings: Settings


def install(app: Flask, runtime: Runtime) -> None:
    """Make ``runtime`` what ``get`` returns inside this application."""
    app.extensions["aftercare"] = runtime


def get() -> Runtime:
    """The runtime of the application that handles this request."""
    return cast(Runtime, current_app.extensions["aftercare"])
