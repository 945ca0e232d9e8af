"""The end of every run: what was produced against what is stored and what is listed as lost, in one sentence."""

import itertools
import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulators.demo.console import Console
from simulators.demo.oracle import judge
from tests.faults.ledger import Lives, ledger_faults
from tests.faults.rig import Rig
from tests.faults.told import blind, forgot_rules, outages, untold, up_s

AT_RISK = 3
"""So many numbered readings of one meter a killed agent may have read and not yet stored: 1 Hz, on disk after 1 s, and
one in flight. They were never called durable."""

SECOND = 1_000_000
HELD_OPEN_S, SLACK_S = 2, 5
"""An opening of more than their sum is reported, wherever in its poll cycle the agent was."""


@dataclass
class Account:
    """One run's verdict. ``produced`` entries were called durable, ``unwritten`` went up from memory while a disk
    refused them, ``stored`` ones are at the collector, ``lost`` are listed there by reason; ``arrived`` are listed too,
    because their receipt did not come before the buffer was destroyed. ``faults`` are whatever does not agree with that
    or with the devices' own truth. ``up_s`` and ``outages`` are as in ``tests.faults.told``.
    """

    produced: int
    unwritten: int
    stored: int
    lost: dict[str, int]
    numbered: int
    unread: int
    alerts: int
    arrived: int = 0
    ledger: str = ""
    faults: list[str] = field(default_factory=list)
    up_s: float = 0.0
    outages: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """Say it: ``produced 1751 = stored 1751 + lost 0``."""
        total = sum(self.lost.values())
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.lost.items()))
        listed = f"{total} ({reasons})" if reasons else "0"
        listed += f" - {self.arrived} of them that had arrived" if self.arrived else ""
        produced = f"{self.produced} + {self.unwritten} never on disk" if self.unwritten else str(self.produced)
        return f"produced {produced} {'=' if self.balanced else '≠'} stored {self.stored} + lost {listed}"

    @property
    def balanced(self) -> bool:
        """Whether the sentence is true."""
        return self.produced + self.unwritten == self.stored + sum(self.lost.values()) - self.arrived


def account(rig: Rig) -> Account:
    """Return the verdict on a rig whose agent and community have ended in order."""
    truth, buffer = rig.truth(), rig.buffer()
    with rig.console() as console:
        numbered = _Numbered.of(console, rig.gateway, truth)
        verdict = judge(console, rig.gateway, buffer, truth, cut_short=numbered.missing)
        alerts = console.alerts()
        wrong, ledger = ledger_faults(console, rig.gateway, truth, Lives.of(rig))
    database = rig.folder / "collector" / "collector.db"
    lost = _listed(database)
    over = max(0, verdict.stored + sum(lost.values()) - verdict.produced)
    unwritten = over if rig.scenario.troubles_the_disk else 0
    found = Account(verdict.produced, unwritten, verdict.stored, lost, numbered.served, numbered.missing, len(alerts))
    found.arrived = over if not unwritten and _listed_and_stored(database) else 0
    found.faults += [fault for fault in verdict.faults if " readings missing" not in fault]
    if not found.balanced:
        found.faults.append(found.sentence())
    if twice := verdict.doubled - max(0, verdict.stored - verdict.produced):
        found.faults.append(f"{twice} doubled")
    if lost and not rig.scenario.lost:
        found.faults.append(f"listed as lost, though nothing need be: {lost}")
    if verdict.produced < rig.produced:
        found.faults.append(f"{rig.produced} had been called durable, and now only {verdict.produced}")
    if not rig.scenario.forgets:
        found.faults += numbered.faults(rig.kills, sum(lost.values()))
    found.faults += _rows_agree(rig)
    if not lost:  # what is listed as lost may be an alert's
        found.faults += _alert_faults(alerts, truth, blind(rig), forgot=forgot_rules(rig))
    if rig.scenario.on_time and rig.polling["missed"] > rig.polling["polls"] / 50:
        found.faults.append(f"{rig.polling['missed']} of {rig.polling['polls']} polls were missed")
    found.faults += wrong
    found.ledger = ledger
    found.faults += untold(rig, alerts, lost, unwritten)
    found.up_s, found.outages = up_s(rig), outages(rig)
    return found


@dataclass
class _Numbered:
    """The meters' own numbers: ``runs`` are the lengths of unbroken stretches that are not stored, by device."""

    served: int = 0
    missing: int = 0
    runs: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, console: Console, gateway: str, truth: dict[str, Any]) -> "_Numbered":
        found = cls()
        for device, told in truth["devices"].items():
            if "served" in told:
                rows = console.readings(gateway, device, "energy_kwh")
                stored = {round(value * 64) for _, value, quality in rows if quality <= 1}
                there = [round(number * 64) in stored for number in told["served"]]
                found.runs[device] = [len(list(run)) for kept, run in itertools.groupby(there) if not kept]
                found.served += len(there)
                found.missing += sum(found.runs[device])
        return found

    def faults(self, kills: int, listed: int) -> list[str]:
        """Return the devices that miss more than a kill explains, where nothing is listed as lost."""
        if listed:
            return (
                [] if self.missing <= listed + kills * AT_RISK * len(self.runs) else ["more is missing than is listed"]
            )
        return [
            f"{device}: {sum(runs)} readings missing in stretches of {runs}, with {kills} kills"
            for device, runs in self.runs.items()
            if sum(-(-run // AT_RISK) for run in runs) > kills
        ]


def _listed(database: Path) -> dict[str, int]:
    """Return the collector's gaps, counted by reason; what summaries stand for is no loss."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        rows = opened.execute("SELECT reason, sum(count) FROM gap WHERE reason <> 'thinned' GROUP BY reason").fetchall()
    return {str(reason): int(count) for reason, count in rows}


def _listed_and_stored(database: Path) -> bool:
    """Tell whether a gap names a chunk that the collector has: it came, and its receipt was lost with the buffer."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        gaps = opened.execute("SELECT journal, lane, seqs FROM gap").fetchall()
        stored = opened.execute("SELECT journal, lane, first, last FROM chunk_range").fetchall()
    named = [(journal, lane, *pair) for journal, lane, seqs in gaps for pair in json.loads(seqs)]
    return any(one[:2] == other[:2] and one[2] <= other[3] and other[2] <= one[3] for one in named for other in stored)


def _rows_agree(rig: Rig) -> list[str]:
    """The collector's own ledger is not believed: the rows in its file are counted."""
    with rig.console() as console:
        told = console.get(f"/gateways/{rig.gateway}/ledger")["readings"]
    with closing(sqlite3.connect(f"file:{rig.folder}/collector/collector.db?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT count(*) FROM readings").fetchone()[0]
    return [] if rows == told else [f"the ledger tells of {told} readings, and {rows} are there"]


def _alert_faults(
    alerts: list[dict[str, Any]], truth: dict[str, Any], unseen: list[tuple[int, int]], *, forgot: bool
) -> list[str]:
    """Hold the alerts against the doors' openings: each long one is told once, and none overlaps another, unless the
    rules ``forgot`` that one stood because that was in the part of the file that is destroyed.
    """
    faults: list[str] = []
    held: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: int(alert["raised_at"])):
        if alert["rule"] == "door_held_open":
            held[alert["device"]].append(alert)
    for device, found in held.items():
        for earlier, later in itertools.pairwise(found):
            if not forgot and (earlier["cleared_at"] is None or earlier["cleared_at"] > later["raised_at"]):
                faults.append(f"{device}: an alert was raised while it stood")
    for device, told in truth["devices"].items():
        for opening in told.get("openings", ()):
            start, end = opening["at"], opening["closed_at"]
            if end is None or end - start < (HELD_OPEN_S + 1) * SECOND or _meets(unseen, start, end):
                continue
            about = [a for a in held[device] if start - SECOND <= a["raised_at"] <= end + SLACK_S * SECOND]
            if len(about) != 1:
                faults.append(f"{device}: opened at {start} for {(end - start) / SECOND:g} s, told {len(about)} times")
    return faults


def _meets(blind: list[tuple[int, int]], start: int, end: int) -> bool:
    slack = SLACK_S * SECOND
    return any(first - slack <= end and start <= last + slack for first, last in blind)
