"""A real S3 server in a process of its own, behind a proxy that takes it away and brings it back.

moto keeps its objects in memory: what is stopped and started is the way to it, so that nothing is lost by it.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
from types import TracebackType
from typing import Self
from urllib.parse import quote

from obstore.store import S3Store

from tests.conftest import free_port
from tests.faults.proxy import Proxy
from tests.faults.waiting import wait_until

BUCKET = "dank-memes"


class S3Server:
    """An S3 server with one empty bucket.

    The store needs no options beside the environment: `DANK_BUCKET_URL` is `url`, the rest is in `environment`.
    """

    def __init__(self, bucket: str = BUCKET) -> None:
        self._bucket = bucket
        self._own_port = free_port()
        self.proxy = Proxy(self._own_port)
        """For what `stop` and `start` cannot do: `stall` and `drop`."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What obstore's `from_url` and `DANK_BUCKET_URL` take."""
        return f"s3://{self._bucket}"

    @property
    def environment(self) -> dict[str, str]:
        """What obstore needs beside the URL; it reads these from the environment."""
        return {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.proxy.port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "dank",
            "AWS_SECRET_ACCESS_KEY": "dank",  # any will do
            "AWS_REGION": "us-east-1",
        }

    def stop(self) -> None:
        """Take it away: connections are reset, new ones refused."""
        self.proxy.cut()

    def start(self) -> None:
        """Bring it back, with all that was stored."""
        self.proxy.restore()

    def keys(self) -> list[str]:
        """The keys of all objects, in order, asked for past the proxy."""
        found: list[str] = []
        while True:
            after = f"&start-after={quote(found[-1])}" if found else ""
            _, body = self._ask("GET", f"/{self._bucket}?list-type=2{after}")
            page = [part.partition("</Key>")[0] for part in body.decode().split("<Key>")[1:]]
            found += page
            if not page:
                return found

    def object(self, key: str) -> bytes:
        """One of them, asked for past the proxy."""
        store = S3Store(
            self._bucket,
            endpoint=f"http://127.0.0.1:{self._own_port}",
            access_key_id="dank",
            secret_access_key="dank",
            region="us-east-1",
            client_options={"allow_http": True},
        )
        return bytes(store.get(key).bytes())

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self._own_port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(self._makes_bucket, 30, "the S3 server makes a bucket", every=0.02)
            self.proxy.__enter__()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.proxy.__exit__(kind, error, trace)
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _makes_bucket(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the S3 server ended"
        try:
            return self._ask("PUT", f"/{self._bucket}")[0] == 200
        except OSError:
            return False

    def _ask(self, method: str, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._own_port, timeout=10)
        try:
            connection.request(method, path, headers={"Content-Length": "0"} if method == "PUT" else {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
