"""Whether this process can do its work, for load balancers and watchdogs. Shows nothing about anybody."""

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from assistant import migrate
from assistant.web import runtime

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> tuple[Response, int]:
    """200 if the database answers and is migrated, otherwise 503 with what is wrong."""
    # Read-only, so that it never waits for SQLite's single writer.
    engine = runtime.get().engine.execution_options(read_only=True, postgresql_readonly=True)
    try:
        problem = "" if migrate.is_current(engine) else "the database is not migrated: aftercare migrate"
    except SQLAlchemyError:
        problem = "the database does not answer"
    if problem:
        return jsonify(ok=False, problem=problem), 503
    return jsonify(ok=True), 200
