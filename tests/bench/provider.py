"""A provider for the dispatch benchmark: accepts any text, 50 ms after it was asked, at next to no cost of its own.

``python -m tests.bench.provider`` prints its port. ``GET /_accepted`` says how many texts it has accepted since it
was asked last, and how many different ones: the ground truth.
"""

import asyncio
import json
from urllib.parse import parse_qs

LATENCY_SECONDS = 0.05


class _Line(asyncio.Protocol):
    """One kept-alive connection."""

    accepted: list[bytes] = []  # noqa: RUF012 (one list for all connections)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._read = transport, b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, separator, body = self._read.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(body) < length:
            return
        self._read = b""
        if head.startswith(b"GET /_accepted"):
            seen = {"accepted": len(self.accepted), "different": len(set(self.accepted))}
            self.accepted.clear()
            self._answer(b"200 OK", json.dumps(seen).encode())
        else:
            asyncio.get_running_loop().call_later(LATENCY_SECONDS, self._accept, body)

    def _accept(self, body: bytes) -> None:
        form = parse_qs(body.decode())
        self.accepted.append(body)
        resource = {
            "sid": f"SM{len(self.accepted):08x}{hash(body) & (1 << 96) - 1:024x}",
            "status": "queued",
            "to": form["To"][0],
            "from": form.get("From", [""])[0],
            "body": form["Body"][0],
            "num_segments": "1",
            "num_media": "0",
            "direction": "outbound-api",
            "api_version": "2010-04-01",
            "date_created": "Sun, 22 Nov 2026 10:00:00 +0000",
            "date_updated": "Sun, 22 Nov 2026 10:00:00 +0000",
            "date_sent": None,
            "price": None,
            "price_unit": "USD",
            "error_code": None,
            "error_message": None,
            "messaging_service_sid": None,
            "subresource_uris": {"media": "/2010-04-01/Accounts/AC/Messages/SM/Media.json"},
            "uri": "/2010-04-01/Accounts/AC/Messages/SM.json",
        }
        self._answer(b"201 Created", json.dumps(resource).encode())

    def _answer(self, status: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        self._transport.write(head + body)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Line, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
