"""A client for the inbound benchmark: posts every request of a file over 16 connections, as a process of its own.

``python -m tests.bench.load PORT FILE`` prints one JSON object: seconds, the 99th percentile in ms, and how
many answers had which status. The file holds one ``{"path", "headers", "body"}`` a line.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

CONNECTIONS = 16


async def _post_all(port: int, requests: list[bytes]) -> dict[str, object]:
    waiting = iter(requests)
    seconds: list[float] = []
    statuses: Counter[int] = Counter()
    started = time.perf_counter()
    await asyncio.gather(*(_connection(port, waiting, seconds, statuses) for _ in range(CONNECTIONS)))
    took = time.perf_counter() - started
    return {
        "seconds": took,
        "p99_ms": sorted(seconds)[int(len(seconds) * 0.99)] * 1000,
        "statuses": statuses,
    }


async def _connection(port: int, waiting: Iterator[bytes], seconds: list[float], statuses: Counter[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in waiting:
        asked = time.perf_counter()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        seconds.append(time.perf_counter() - asked)
        statuses[int(head.split(b" ", 2)[1])] += 1
    writer.close()
    await writer.wait_closed()


def _as_sent(line: str) -> bytes:
    request = json.loads(line)
    body = request["body"].encode()
    headers = request["headers"] | {"Host": "127.0.0.1", "Content-Length": str(len(body))}
    lines = [f"POST {request['path']} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def main() -> None:
    """Post, then print."""
    requests = [_as_sent(line) for line in Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()]
    print(json.dumps(asyncio.run(_post_all(int(sys.argv[1]), requests))))


if __name__ == "__main__":
    main()
