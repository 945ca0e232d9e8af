"""The file in which a district writes its rules: read when it changes, never worse than the last good one, audited."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from collector.rules.book import RuleBook, book_of
from collector.store import people, rules
from collector.store.records import AuditRow
from collector.store.rules import PartRow
from collector.store.scope import Scope
from config.district import LoadedDistrict, load_district
from config.district_form import DistrictForm
from config.report import summary
from runtime.logs import get_logger

PART: Final = "@file"
"""Where the store keeps what the file said when it was last taken; no gateway is called so."""

_SELECTIONS: Final = ("gateways", "devices", "place", "people")


class RulesFile:
    """The file at ``path``, or none. ``book`` are the rules in effect."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._log = get_logger("rules")
        self.form: DistrictForm | None = None
        self.book: RuleBook = book_of(None)

    def look(self) -> LoadedDistrict | None:
        """Read the file if it is another than last time; a wrong one changes nothing but the log."""
        if self._path is None:
            return None
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        loaded = load_district(self._path)
        if loaded.form is None:
            self._log.error("rules_file_refused", said=summary(loaded.problems, self._path.name, "en"))
        else:
            self.form, self.book = loaded.form, book_of(loaded.form)
        return loaded

    def audit(self, scope: Scope, now: int) -> None:
        """Write into the audit what the file says otherwise than when it was last taken, and remember what it says."""
        row = rules.parts(scope).get(PART)
        before = msgspec.json.decode(row.saved, type=dict[str, dict[str, Any]]) if row else {}
        after = dict(_entries(self.form)) if self.form else {}
        if before == after:
            return
        for name in sorted(before.keys() | after.keys()):
            if (line := _line(name, before.get(name), after.get(name), now)) is not None:
                people.add_audit(scope, line)
        rules.keep(scope, [PartRow(PART, now, msgspec.json.encode(after))])


def _entries(form: DistrictForm) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what can be changed by itself: each change of a rule by whom it selects, each rule, each person."""
    for name, changes in form.rules.change.items():
        for change in changes:
            said = _said(change)
            whom = [str(each) for key in _SELECTIONS for each in said.get(key, ())]
            yield f"{name} {' '.join(whom)}".strip(), said
    for name, added in form.rules.add.items():
        yield name, _said(added)
    for code, person in form.people.items():
        yield f"people {code}", _said(person)


def _said(form: Any) -> dict[str, Any]:
    said: dict[str, Any] = form.model_dump(exclude_none=True, by_alias=True)
    return said


def _line(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, now: int) -> AuditRow | None:
    if before == after:
        return None
    old, new = before or {}, after or {}
    keys = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    told = "; ".join(f"{key}: {_text(old.get(key))} → {_text(new.get(key))}" for key in keys)
    return AuditRow(now, str(new.get("author") or "rules file"), "rule_change", name, "ok", told)


def _text(value: object) -> str:
    return "—" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
