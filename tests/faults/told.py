"""What the agent has to have said of itself by the end of a run, and how long it took to be up and to find its link."""

import re
from datetime import datetime
from typing import Any

from edge_agent.self_alerts import LOOK_S
from tests.faults.rig import Rig

SECOND = 1_000_000

CERTAIN = frozenset({"header", "pages", "truncated", "empty", "version", "gone", "deleted"})
"""Damage that nobody can miss. A torn page may have been a free one, and a log without its newest lines may have been
written back: those have to be told of when something was lost."""

_STEADY_S = 5.0
_LOOKS_S = _STEADY_S + 2 * LOOK_S + 1.0
"""What lasts so long is said: it has to hold for five seconds, and is looked at now and then."""

MANY = 100
"""So many entries that never were on disk are some two seconds of the rig's site and more than a moment's."""

_OF_DISK = frozenset({"full", "broken", "read-only"})
_LINE = re.compile(r"^(\S+) .*\] (ready|collector_lost|collector_back) (?:.*reason=(\S+))?")


def expected(rig: Rig, lost: dict[str, int], unwritten: int) -> set[str]:
    """Return the rules of the alerts that the agent owes about itself. Of several damages none is certain, because the
    second may have hit the alert about the first; and a disk may be full while the file has pages to spare: then
    hardly anything is ``unwritten``.
    """
    in_memory = _OF_DISK if unwritten >= MANY else _OF_DISK - {"full"}
    damages = [step.damage for step in rig.scenario.steps if step.damage]
    rules = set()
    if len(damages) == 1 and (damages[0] in CERTAIN or lost):
        rules.add("buffer_damaged")
    starts = [at for at, word, _ in _said(rig) if word == "ready"]
    for verb, thing, begin, end in rig.spells:
        seen_from = max([at for at in starts if begin < at < end], default=begin)
        if end - seen_from >= _LOOKS_S * SECOND:
            rules |= {"buffer_not_durable"} if verb == "disk" and thing in in_memory else set()
            rules |= {"second_agent"} if verb == "second" else set()
    return rules


def untold(rig: Rig, alerts: list[dict[str, Any]], lost: dict[str, int], unwritten: int) -> list[str]:
    """Return the alerts about the agent itself that are not at the collector, or that the agent raised needlessly."""
    ours = [alert for alert in alerts if alert["device"] == rig.gateway]
    told = {alert["rule"] for alert in ours}
    faults = [f"no alert says {rule}" for rule in sorted(expected(rig, lost, unwritten) - told)]
    if not rig.scenario.troubles_the_disk and "buffer_not_durable" in told:
        faults.append("an alert says buffer_not_durable, and the disk was well")
    if not any(step.damage for step in rig.scenario.steps) and "buffer_damaged" in told:
        faults.append("an alert says buffer_damaged, and nobody damaged it")
    return faults


def forgot_rules(rig: Rig) -> bool:
    """Tell whether, by the agent's own words, damage took what the rules remembered."""
    lines = (rig.folder / "agent.log").read_text("utf-8", errors="replace").splitlines()
    return any("] buffer_damaged " in line and "rules_remember=False" in line for line in lines)


def blind(rig: Rig) -> list[tuple[int, int]]:
    """Return from when to when (µs) the agent may have seen nothing: from its end until it was ready again."""
    ready = [at for at, word, _ in _said(rig) if word == "ready"]
    return [(first, min((at for at in ready if at > last), default=last)) for first, last in rig.blind]


def up_s(rig: Rig) -> float:
    """Return the longest that the agent took from being started to having heard of every device, or to its end (s)."""
    ready = [at for at, word, _ in _said(rig) if word == "ready"]
    lives = zip(rig.asked, [*rig.asked[1:], rig.end], strict=True)
    waits = [min((at for at in ready if asked < at < end), default=end) - asked for asked, end in lives]
    return max(waits, default=0) / SECOND


def outages(rig: Rig) -> list[str]:
    """Return, for people to read, what the agent noticed of each bad link: how soon, and how soon after it was over."""
    said, lines = [one for one in _said(rig) if one[1] != "ready"], []
    for what, begin, end in ((thing, begin, end) for verb, thing, begin, end in rig.spells if verb == "link"):
        lost = next(((at, why) for at, word, why in said if word == "collector_lost" and begin < at < end), None)
        back = next((at for at, word, _ in said if word == "collector_back" and at > end), None)
        if lost is None:
            lines.append(f"link {what}: not noticed")
        else:
            after = f", back {(back - end) / SECOND:.1f} s after its end" if back else ""
            lines.append(f"link {what}: noticed after {(lost[0] - begin) / SECOND:.1f} s ({lost[1]}){after}")
    return lines


def _said(rig: Rig) -> list[tuple[int, str, str]]:
    """Return when (µs) the agent's log said what, and the reason that it gave; a log says its local time."""
    lines = (rig.folder / "agent.log").read_text("utf-8", errors="replace").splitlines()
    found = [match for line in lines if (match := _LINE.match(line))]
    return [(int(_moment(match[1]) * SECOND), match[2], match[3] or "") for match in found]


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).astimezone().timestamp()
