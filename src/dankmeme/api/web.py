"""The web app's files, and the API's documentation page, from this server alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from importlib import resources
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import Headers
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from dankmeme.api.beneath import here
from dankmeme.api.problems import STATUS
from dankmeme.settings import Mode

PAGES = (
    "/latest",
    "/posts/{post_id:path}",
    "/danker",
    "/danker/leaderboard",
    "/ledger",
    "/models",
    "/models/{version}",
    "/status",
    "/communities",
    "/signin",
)
"""Paths that the web app shows by itself."""
WEB = Path(str(resources.files("dankmeme") / "assets" / "web"))

_ROOT, _MODE = "%DANK_ROOT%", "%DANK_MODE%"
"""Stand in `web/index.html`."""
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""What `web/scripts/compress.mjs` writes beside files of text, the smaller one first."""
_NOUGHT = re.compile(r"q=0(\.0*)?")
_NOT_BUILT = """<!doctype html><html lang="en"><title>Dank Meme Classifier</title>
<h1>The web app is not built</h1><p>Run <code>make start</code>; the API is at <a href="docs">/docs</a>.</p></html>"""

_DOCS = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dank Meme Classifier: API</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="docs-ui/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="docs-ui/swagger-ui-bundle.js"></script>
<script src="docs-ui/start.js"></script></body></html>"""


def _errors() -> str:
    entries = "".join(
        f'<dt id="{code}"><code>{code}</code></dt><dd>{status} {HTTPStatus(status).phrase}</dd>'
        for code, status in sorted(STATUS.items())
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="favicon.svg">'
        "<title>Errors</title><h1>Errors</h1>"
        f"<p>What each means and what to do stands in docs/errors.md.</p><dl>{entries}</dl></html>"
    )


def _pages(mode: Mode) -> Callable[[], HTMLResponse]:
    """What answers for all pages: the built one, which is told where it lies and what it is to show."""
    built = (WEB / "index.html").read_text("utf-8")

    def page() -> HTMLResponse:
        told = built.replace('"./', f'"{here("/")}').replace(_ROOT, here("")).replace(_MODE, mode)
        return HTMLResponse(told, headers={"Cache-Control": "no-cache"})

    return page


class _Files(StaticFiles):
    """Files whose names carry a hash are kept by browsers for good, others are asked about; text is sent as the build
    compressed it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        found = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
        self._beside = {path for path in found if path.endswith(tuple(_ENCODINGS.values()))}

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await self._compressed(path, scope) or await super().get_response(path, scope)
        response.headers.add_vary_header("Accept-Encoding")
        lasting = path.startswith("assets/") and response.status_code in (200, 304)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return response

    async def _compressed(self, path: str, scope: Scope) -> Response | None:
        """What lies beside a file in an encoding that the client takes; None for a part of a file, too."""
        headers = Headers(scope=scope)
        if "range" in headers:
            return None
        taken = _taken(headers.get("accept-encoding", ""))
        for encoding, suffix in _ENCODINGS.items():
            if encoding in taken and path + suffix in self._beside:
                response = await super().get_response(path + suffix, scope)
                response.headers["Content-Encoding"] = encoding
                return response
        return None


def _taken(accepted: str) -> set[str]:
    """The encodings that an `Accept-Encoding` takes (RFC 9110, 12.5.3); a weight of nought refuses one."""
    found = (each.partition(";") for each in accepted.lower().split(","))
    return {name.strip() for name, _, weight in found if not _NOUGHT.fullmatch("".join(weight.split()))}


def install(app: FastAPI, mode: Mode) -> None:
    """Serve the built web app at `/`, the API's documentation at `/docs`, and what errors mean at `/errors`."""

    @app.get("/errors", include_in_schema=False)
    def errors() -> HTMLResponse:
        return HTMLResponse(_errors())

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(_DOCS)

    if (WEB / "index.html").is_file():
        page = _pages(mode)
        for path in ("/", "/index.html", *(PAGES if mode == "full" else ())):
            app.add_api_route(path, page, include_in_schema=False)
        app.mount("/", _Files(WEB), name="web")
        return

    @app.get("/", include_in_schema=False)
    def not_built() -> Response:
        return HTMLResponse(_NOT_BUILT)
