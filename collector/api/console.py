"""Serves the built console: its files, and its one page for every address that is a page of it."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from collector.api.errors import ApiError
from collector.api.guards import is_api
from collector.api.people import Lent

router = APIRouter(include_in_schema=False)

_NOT_BUILT = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>Linli</title>
<p>控制台页面尚未构建。请运行 <code>python -m collector.console.build</code>，然后刷新。接口说明见
<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>。</p>
<p lang="en">The console is not built. Run <code>python -m collector.console.build</code>, then reload.</p></html>
"""


@router.get("/{path:path}")
async def page(path: str, request: Request, parts: Lent) -> Response:
    """Return a file of the console, or its page."""
    if is_api(request):
        raise ApiError(404, "not_found", "there is nothing here")
    root = parts.static.resolve()
    file = _file(root, path)
    if file is not None:
        lasting = path.startswith("assets/")
        return FileResponse(file, headers={"Cache-Control": _FOR_EVER if lasting else "no-cache"})
    if "." in path.rsplit("/", 1)[-1]:
        raise ApiError(404, "not_found", "there is no such file")
    index = root / "index.html"
    if not index.is_file():
        return HTMLResponse(_NOT_BUILT, headers={"Cache-Control": "no-store"})
    return FileResponse(index, headers={"Cache-Control": "no-cache"})


def _file(root: Path, path: str) -> Path | None:
    try:
        file = (root / path).resolve()
        return file if file.is_relative_to(root) and file.is_file() and not file.name.startswith(".") else None
    except (OSError, ValueError):  # a name too long for any file, or with a zero character
        return None


_FOR_EVER = "public, max-age=31536000, immutable"
