"""Exit with 0 if the `dank` of this container is alive: what HEALTHCHECK runs, since the image has no curl.

A worker is asked at `DANK_METRICS_PORT`, a server at `DANK_PORT`.
"""

import http.client
import os
import sys

PATH = "/health/live"


def is_alive(port: int) -> bool:
    """Whether what listens on this port answers that it is alive; no proxy of the environment is asked."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", PATH)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    beside = int(os.environ.get("DANK_METRICS_PORT") or 0)
    sys.exit(0 if is_alive(beside or int(os.environ.get("DANK_PORT") or 8000)) else 1)
