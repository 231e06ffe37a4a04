"""The web app's files, and the API's documentation page, from this server alone."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from importlib import resources
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
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
    """Files whose names carry a hash are kept by browsers for good, others are asked about."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        lasting = path.startswith("assets/") and response.status_code == 200
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return response


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
        app.mount("/", _Files(directory=WEB), name="web")
        return

    @app.get("/", include_in_schema=False)
    def not_built() -> Response:
        return HTMLResponse(_NOT_BUILT)
