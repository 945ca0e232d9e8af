"""The fake collector's plate lists: three short ones, changed in place; a file with 错 in it has mistakes."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

DAY = 86_400_000_000
Entry = dict[str, Any]


class PlateShelf:
    """``delivered`` tells whether the box has the newest lists."""

    def __init__(self, at: int) -> None:
        self.at, self.version, self.delivered = at, at, True
        self.lists: dict[str, dict[str, Entry]] = {"white": {}, "visitor": {}, "black": {}}
        for number in range(60):
            self.put("white", f"浙F{10345 + 37 * number}", note=f"{number % 9 + 1}-{number % 20 + 1}02")
        self.put("white", "浙FD12345", note="3-501")
        self.put("visitor", "苏E2S1T7", since=at - DAY, until=at + DAY, note="送家具")
        self.put("visitor", "沪A30003", since=at - 9 * DAY, until=at - DAY)
        self.put("black", "皖B66666", note="冲杆")
        self.delivered = True

    def put(self, kind: str, plate: str, **more: Any) -> Entry:
        """Put one plate on a list."""
        entry = {"since": None, "until": None, "note": ""} | more
        self.lists[kind][plate] = entry | {"plate": plate, "by": "wang", "at": self.at}
        self.delivered = False
        return self.lists[kind][plate]

    def routes(self) -> list[Route]:
        """Return the addresses, not guarded yet."""
        root = "/gateways/{gateway}/lists"
        return [
            Route(root, self._about),
            Route(f"{root}/{{kind}}", self._page),
            Route(f"{root}/{{kind}}/import", self._import, methods=["POST"]),
            Route(f"{root}/{{kind}}/plates/{{plate}}", self._put, methods=["PUT"]),
            Route(f"{root}/{{kind}}/plates/{{plate}}", self._remove, methods=["DELETE"]),
        ]

    async def _about(self, _request: Request) -> Response:
        counts = {kind: len(entries) for kind, entries in self.lists.items()}
        known = {"version": self.version, "counts": counts, "delivered": self.delivered, "in_effect_at": self.at}
        return JSONResponse(known | {"as_of": self.at})

    async def _page(self, request: Request) -> Response:
        asked = request.query_params
        search, after = asked.get("search", ""), asked.get("after", "")
        entries = sorted(self.lists[request.path_params["kind"]].values(), key=lambda one: str(one["plate"]))
        found = [one for one in entries if one["plate"] > after and search in one["plate"] + one["note"]]
        more = found[49]["plate"] if len(found) > 50 else None
        return JSONResponse({"items": found[:50], "next_after": more})

    async def _put(self, request: Request) -> Response:
        order, kind = await request.json(), request.path_params["kind"]
        if kind == "visitor" and order["until"] is None:
            return JSONResponse({"error": "visit_without_end", "detail": ""}, 422)
        return JSONResponse(self.put(kind, request.path_params["plate"], **order))

    async def _remove(self, request: Request) -> Response:
        del self.lists[request.path_params["kind"]][request.path_params["plate"]]
        return Response(status_code=204)

    async def _import(self, request: Request) -> Response:
        order, kind = await request.json(), request.path_params["kind"]
        rows = [row.split(",")[0] for row in order["text"].splitlines()[1:]]
        words = {"zh": "“错” 不是车牌", "en": "“错” is no number plate"}
        wrong = [{"line": at, "words": words} for at, row in enumerate(rows, 2) if row == "错"]
        if order["replace"] and not wrong:
            self.lists[kind].clear()
        for row in () if wrong else rows:
            self.put(kind, row)
        return JSONResponse({"taken": 0 if wrong else len(rows), "mistakes": wrong})
