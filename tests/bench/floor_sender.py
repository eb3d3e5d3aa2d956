"""The floor of the dispatch benchmark: bare asyncio HTTP/1.1 and SQLite, no SDK, no ORM, no rules.

It claims from the same table with the same indexes and durability, in batches, and writes results in batches.
"""

import asyncio
import base64
import json
from urllib.parse import urlencode

import pysqlite3

from tests.fakes.twilio_server import ACCOUNT_SID, AUTH_TOKEN

BATCH = 100

_CLAIM = """
UPDATE message SET status = 'sending', attempts = attempts + 1
WHERE id IN (SELECT id FROM message WHERE status = 'queued' AND due_at <= ? ORDER BY lane, due_at LIMIT ?)
RETURNING id, phone, body
"""
_RESULT = "UPDATE message SET status = 'accepted', provider_sid = ? WHERE id = ?"


def send_all(database: str, port: int, now: str, connections: int) -> None:
    """Send every due row over ``connections`` connections; ``now`` is as the column holds it."""
    asyncio.run(_send_all(database, port, now, connections))


async def _send_all(database: str, port: int, now: str, connections: int) -> None:
    store = pysqlite3.connect(database, isolation_level=None)
    store.execute("PRAGMA synchronous = FULL")
    waiting: list[tuple[int, str, str]] = []
    results: list[tuple[str, int]] = []

    def next_row() -> tuple[int, str, str] | None:
        if not waiting:
            waiting.extend(store.execute(_CLAIM, (now, BATCH)).fetchall())
        return waiting.pop() if waiting else None

    def flush() -> None:
        store.execute("BEGIN IMMEDIATE")
        store.executemany(_RESULT, results)
        store.execute("COMMIT")
        results.clear()

    async def line() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (row := next_row()) is not None:
            writer.write(_request(row[1], row[2]))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            results.append((json.loads(await reader.readexactly(length))["sid"], row[0]))
            if len(results) >= BATCH:
                flush()
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(line() for _ in range(connections)))
    flush()
    store.close()


def _request(phone: str, body: str) -> bytes:
    form = urlencode({"To": phone, "From": "+12025550100", "Body": body}).encode()
    head = (
        f"POST /2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Basic {_PAIR}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n"
    )
    return head.encode() + form


_PAIR = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
