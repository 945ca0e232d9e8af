"""The plate lists of a community: who may see and change them, what is audited, and what its gateway gets."""

from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from collector.app import Collector
from collector.store import people, plates
from collector.store.sql import SqlStore
from runtime.testing import FakeClock
from tests.unit.collector.actor import Gateway
from tests.unit.collector.conftest import browser
from wire.codec import decode, encode
from wire.exchange import Hello, Refusal
from wire.identity import public_key, verify_part
from wire.plates import PART, ListKind, ListsAsked, ListsPart, PlateEntry, SignedPart

ROOT = "/gateways/g-1/lists"
DAY_US = 86_400_000_000
MAY_1 = 1_777_564_800_000_000
"""Midnight of 2026-05-01 in Shanghai."""
CSV = "车牌,起,止,备注\r\n浙F10345,,,3-501\r\n浙f·8b888,2026-05-01,2026-05-01,\r\n"


async def audited(store: SqlStore) -> list[tuple[str, str, str, str]]:
    rows = await store.read(people.audit_page, limit=100, before=None)
    return [(row.who, row.what, row.target, row.detail) for row in reversed(rows) if row.what.startswith("list_")]


async def told(box: Gateway) -> Hello:
    """Return what a status is answered with."""
    answer = await box.tell()
    return decode(answer.content, Hello)


async def part(box: Gateway, collector: Collector, start: int = 0, *, of: str = "g-1") -> ListsPart:
    """Return the part that the gateway gets, believed."""
    body = encode(ListsAsked(start))
    answer = await box.client.post(
        "/gateway/v1/lists", content=body, headers=box.token("POST", "/gateway/v1/lists", body)
    )
    assert answer.status_code == 200, answer.content
    return verify_part(decode(answer.content, SignedPart), public_key(collector.parts.command_key), gateway=of)


async def test_an_entry_is_put_changed_shown_and_removed_and_each_deed_is_audited(
    gateway: Gateway, web: httpx.AsyncClient, store: SqlStore, clock: FakeClock
) -> None:
    assert (await web.get(ROOT)).json() == {
        "version": 0, "counts": {"white": 0, "visitor": 0, "black": 0}, "delivered": True, "in_effect_at": None,
        "as_of": clock.now(),
    }  # fmt: skip
    put = await web.put(f"{ROOT}/white/plates/浙f·10345", json={"note": " 3-501\n"})
    entry = {"plate": "浙F10345", "since": None, "until": None, "note": "3-501", "by": "operator", "at": clock.now()}
    assert put.json() == entry
    assert (await web.get(f"{ROOT}/white")).json() == {"items": [entry], "next_after": None}
    first = (await web.get(ROOT)).json()
    assert (first["version"], first["counts"]["white"], first["delivered"]) == (clock.now(), 1, False)
    await web.put(f"{ROOT}/white/plates/浙F10345", json={"until": MAY_1})
    assert (await web.get(f"{ROOT}/white")).json()["items"][0]["until"] == MAY_1
    assert (await web.get(ROOT)).json()["version"] == first["version"] + 1, "of the same microsecond, and newer"
    assert (await web.delete(f"{ROOT}/white/plates/浙F10345")).status_code == 204
    again = await web.delete(f"{ROOT}/white/plates/浙F10345")
    assert (again.status_code, again.json()["error"]) == (404, "not_listed")
    assert await audited(store) == [
        ("operator", "list_put", "g-1/white", "浙F10345"),
        ("operator", "list_put", "g-1/white", "浙F10345"),
        ("operator", "list_remove", "g-1/white", "浙F10345"),
    ]


NO_ENTRIES: list[tuple[str, dict[str, Any], str]] = [
    ("white/plates/张三", {}, "bad_plate"),
    ("white/plates/浙F1?345", {}, "bad_plate"),
    ("white/plates/浙F10345", {"since": 5, "until": 5}, "bad_span"),
    ("white/plates/浙F10345", {"until": -1}, "bad_request"),
    ("visitor/plates/浙F10345", {"since": 5}, "visit_without_end"),
    ("guest/plates/浙F10345", {}, "bad_request"),
]


async def test_what_is_no_entry(gateway: Gateway, web: httpx.AsyncClient, store: SqlStore) -> None:
    for path, order, word in NO_ENTRIES:
        answer = await web.put(f"{ROOT}/{path}", json=order)
        assert (answer.status_code, answer.json()["error"]) == (422, word), path
    assert (await web.get(ROOT)).json()["version"] == 0
    assert await audited(store) == []


async def test_of_a_gateway_that_is_not_there(gateway: Gateway, web: httpx.AsyncClient) -> None:
    for ask in (
        web.get("/gateways/none/lists"),
        web.get("/gateways/none/lists/white"),
        web.get("/gateways/none/lists/white/export"),
        web.put("/gateways/none/lists/white/plates/浙F10345", json={}),
        web.post("/gateways/none/lists/white/import", json={"text": CSV}),
    ):
        answer = await ask
        assert (answer.status_code, answer.json()["error"]) == (404, "no_such_gateway")


async def test_a_viewer_sees_no_list_and_no_plate_in_the_audit(
    gateway: Gateway, web: httpx.AsyncClient, collector: Collector
) -> None:
    await web.put(f"{ROOT}/white/plates/浙F10345", json={})
    async with browser(collector, "viewer") as viewer:
        for answer in (
            await viewer.get(ROOT),
            await viewer.get(f"{ROOT}/white"),
            await viewer.get(f"{ROOT}/white/export"),
            await viewer.put(f"{ROOT}/white/plates/浙F10345", json={}),
            await viewer.delete(f"{ROOT}/white/plates/浙F10345"),
            await viewer.post(f"{ROOT}/white/import", json={"text": CSV}),
        ):
            assert (answer.status_code, answer.json()["error"]) == (403, "not_allowed")
        lines = [line for line in (await viewer.get("/audit")).json()["items"] if line["what"] == "list_put"]
        assert [line["detail"] for line in lines] == [""]


async def test_a_manager_has_the_lists_of_one_community_and_no_other(
    gateway: Gateway, collector: Collector, store: SqlStore, clock: FakeClock
) -> None:
    other = Gateway(gateway.client, clock, collector.parts.name, "g-2")
    code, _ = await collector.parts.enrolments.invite("g-2", "", by="test")
    await other.enrol(code)
    viewer = await store.read(people.one_person, "viewer")
    assert viewer is not None
    await store.write(people.put_person, replace(viewer, name="manager", role="manager", community="g-1"))
    async with browser(collector, "manager") as manager:
        assert (await manager.get("/session")).json()["user"]["community"] == "g-1"
        assert (await manager.post(f"{ROOT}/white/import", json={"text": CSV})).json()["taken"] == 2
        assert (await manager.delete(f"{ROOT}/white/plates/浙F10345")).status_code == 204
        assert len((await manager.get(f"{ROOT}/white/export")).text.splitlines()) == 2
        elsewhere = "/gateways/g-2/lists"
        for answer in (
            await manager.get(elsewhere),
            await manager.get(f"{elsewhere}/white"),
            await manager.get(f"{elsewhere}/white/export"),
            await manager.put(f"{elsewhere}/white/plates/浙F10345", json={}),
            await manager.delete(f"{elsewhere}/white/plates/浙F10345"),
            await manager.post(f"{elsewhere}/white/import", json={"text": CSV}),
            await manager.post("/alerts/x/ack", json={"note": ""}),
            await manager.post("/enrolments", json={"gateway": "g-3", "name": ""}),
        ):
            assert (answer.status_code, answer.json()["error"]) == (403, "not_allowed")


async def test_a_csv_is_taken_whole_and_comes_out_as_it_went_in(
    gateway: Gateway, web: httpx.AsyncClient, store: SqlStore
) -> None:
    await web.put(f"{ROOT}/white/plates/沪A00001", json={})
    taken = (await web.post(f"{ROOT}/white/import", json={"text": CSV})).json()
    assert taken == {"taken": 2, "mistakes": []}
    items = (await web.get(f"{ROOT}/white")).json()["items"]
    assert [(one["plate"], one["since"], one["until"], one["note"]) for one in items] == [
        ("沪A00001", None, None, ""),
        ("浙F10345", None, None, "3-501"),
        ("浙F8B888", MAY_1, MAY_1 + DAY_US, ""),
    ]
    out = await web.get(f"{ROOT}/white/export")
    assert out.headers["content-type"] == "text/csv; charset=utf-8"
    again = (await web.post(f"{ROOT}/white/import", json={"text": out.text, "replace": True})).json()
    assert again == {"taken": 3, "mistakes": []}
    assert [one["plate"] for one in (await web.get(f"{ROOT}/white")).json()["items"]] == [one["plate"] for one in items]
    await web.post(f"{ROOT}/white/import", json={"text": CSV, "replace": True})
    assert (await web.get(ROOT)).json()["counts"]["white"] == 2
    assert [line[1:] for line in (await audited(store))[1:]] == [
        ("list_import", "g-1/white", "2"),
        ("list_export", "g-1/white", "3"),
        ("list_replace", "g-1/white", "3"),
        ("list_replace", "g-1/white", "2"),
    ]


async def test_a_csv_with_mistakes_changes_nothing_and_says_where_they_are(
    gateway: Gateway, web: httpx.AsyncClient
) -> None:
    text = "车牌,起,止\n浙F10345,2026-02-30,\n张三,,\n浙F10345,,\n浙F·10345,,\n"
    answer = (await web.post(f"{ROOT}/black/import", json={"text": text})).json()
    assert answer["taken"] == 0
    assert [one["line"] for one in answer["mistakes"]] == [2, 3, 4, 5]
    assert "“2026-02-30” is no date" in answer["mistakes"][0]["words"]["en"]
    endless = (await web.post(f"{ROOT}/visitor/import", json={"text": "浙F10345,2026-05-01,\n"})).json()
    assert [(one["line"], one["words"]["zh"]) for one in endless["mistakes"]] == [
        (1, "名单这一行有误: 浙F10345 访客要写到哪天")
    ]
    assert (await web.get(ROOT)).json()["counts"] == {"white": 0, "visitor": 0, "black": 0}


async def test_a_note_cannot_become_a_formula_of_a_spreadsheet(gateway: Gateway, web: httpx.AsyncClient) -> None:
    await web.put(f"{ROOT}/white/plates/浙F10345", json={"note": "=HYPERLINK(1)"})
    await web.put(f"{ROOT}/white/plates/浙F10346", json={"note": '3-501, "左"'})
    lines = (await web.get(f"{ROOT}/white/export")).text.splitlines()
    assert lines[1:] == ["浙F10345,,,HYPERLINK(1)", '浙F10346,,,"3-501, ""左"""']


async def test_pages_and_search(gateway: Gateway, web: httpx.AsyncClient) -> None:
    text = "plate,from,to,note\n" + "".join(f"浙F0000{i},,,{i % 2}-10{i}\n" for i in range(5))
    await web.post(f"{ROOT}/white/import", json={"text": text})
    first = (await web.get(f"{ROOT}/white", params={"limit": 3})).json()
    rest = (await web.get(f"{ROOT}/white", params={"limit": 3, "after": first["next_after"]})).json()
    assert [one["plate"][-1] for one in first["items"] + rest["items"]] == list("01234")
    assert rest["next_after"] is None
    for search, found in (("f00003", "3"), ("1-10", "13"), ("%", ""), ("_", "")):
        shown = (await web.get(f"{ROOT}/white", params={"search": search})).json()["items"]
        assert "".join(one["plate"][-1] for one in shown) == found


async def test_a_body_is_large_only_where_a_list_comes(gateway: Gateway, web: httpx.AsyncClient) -> None:
    padding = "# " + "x" * 100_000 + "\n"
    assert (await web.post(f"{ROOT}/white/import", json={"text": padding + CSV})).json()["taken"] == 2
    assert (await web.put(f"{ROOT}/white/plates/浙F10345", json={"note": padding})).status_code == 413
    assert (await web.post(f"{ROOT}/white/import", json={"text": "x" * 7_000_000})).status_code == 413


async def test_the_size_of_all_lists_together_is_capped(
    gateway: Gateway, web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plates, "MOST_ENTRIES", 2)
    await web.post(f"{ROOT}/white/import", json={"text": CSV})
    answer = await web.put(f"{ROOT}/black/plates/沪A00001", json={})
    assert (answer.status_code, answer.json()["error"]) == (422, "too_many")
    assert (await web.put(f"{ROOT}/white/plates/浙F10345", json={})).status_code == 200
    assert (await web.get(ROOT)).json()["counts"] == {"white": 2, "visitor": 0, "black": 0}


async def test_a_gateway_hears_of_new_lists_and_gets_its_own_alone(
    gateway: Gateway, web: httpx.AsyncClient, collector: Collector, store: SqlStore, clock: FakeClock
) -> None:
    other = Gateway(gateway.client, clock, collector.parts.name, "g-2")
    code, _ = await collector.parts.enrolments.invite("g-2", "", by="test")
    await other.enrol(code)
    assert (await told(gateway)).lists == 0
    await web.post(f"{ROOT}/white/import", json={"text": CSV})
    await web.put(f"{ROOT}/black/plates/沪A00001", json={"note": "欠费"})
    version = (await told(gateway)).lists
    assert version > 0
    assert (await told(other)).lists == 0
    assert await part(gateway, collector) == ListsPart(
        "g-1", version, 3, 0,
        (
            PlateEntry("沪A00001", ListKind.black),
            PlateEntry("浙F10345", ListKind.white),
            PlateEntry("浙F8B888", ListKind.white, MAY_1, MAY_1 + DAY_US),
        ),
    )  # fmt: skip
    assert (await part(gateway, collector, 2)).entries == (
        PlateEntry("浙F8B888", ListKind.white, MAY_1, MAY_1 + DAY_US),
    )
    assert await part(other, collector, of="g-2") == ListsPart("g-2", 0, 0)
    await gateway.tell(lists_version=version, lists_at=clock.now())
    shown = (await web.get(ROOT)).json()
    assert (shown["delivered"], shown["in_effect_at"]) == (True, clock.now())


async def test_a_part_is_capped_and_a_question_has_a_token(
    gateway: Gateway, collector: Collector, web: httpx.AsyncClient
) -> None:
    await web.post(f"{ROOT}/white/import", json={"text": "".join(f"浙F{i:05}\n" for i in range(PART + 1))})
    first = await part(gateway, collector)
    assert (len(first.entries), first.total) == (PART, PART + 1)
    assert len(encode(first)) < 500_000
    assert len((await part(gateway, collector, PART)).entries) == 1
    assert (await part(gateway, collector, -5)).start == 0
    stranger = await gateway.client.post("/gateway/v1/lists", content=encode(ListsAsked()))
    assert decode(stranger.content, Refusal).error == "malformed"
    for body in (b"\xff", b"x" * 65):
        headers = gateway.token("POST", "/gateway/v1/lists", body)
        answer = await gateway.client.post("/gateway/v1/lists", content=body, headers=headers)
        assert answer.status_code in (400, 413)
