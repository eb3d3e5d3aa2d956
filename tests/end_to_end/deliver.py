"""Posts requests one after the other: ``{"url", "headers", "body"}`` a line in, ``{"status", "body"}`` a line out.

A program of its own, so that a test can let several processes deliver at once.
"""

import http.client
import json
import sys
from urllib.parse import urlsplit


def main() -> None:
    """Say that we are ready, then post whatever comes."""
    print("ready", flush=True)
    connection = None
    for line in sys.stdin:
        request = json.loads(line)
        parts = urlsplit(request["url"])
        connection = connection or http.client.HTTPConnection(parts.netloc, timeout=30)
        try:
            connection.request("POST", parts.path, request["body"].encode(), request["headers"])
            response = connection.getresponse()
            answer = {"status": response.status, "body": response.read().decode()}
        except OSError:
            connection.close()
            answer = {"status": 0, "body": ""}
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
