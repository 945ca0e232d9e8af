"""The file that a technician edits and the last copy of it that was good: a wrong file never stops a gateway."""

import hashlib
import os
from pathlib import Path

from config.settings import GatewaySettings
from edge_agent.judge import Found, JudgeFailed, Judgement, judge
from edge_agent.plan import SitePlan
from runtime.logs import get_logger

LAST_GOOD = "last-good.yaml"
"""Name of the copy in the state directory."""

LAST_LISTS = "last-good-lists"
"""Folder of the copies of its lists there."""

_log = get_logger("configuration")


class NoConfiguration(Exception):
    """Neither the file nor the last good copy can be run."""


class Configuration:
    """``problem`` is one line about a file that was not taken, empty while the file in force is the one on disk."""

    def __init__(self, path: Path, state: Path) -> None:
        self.path = path
        self.problem = ""
        self._copy = state / LAST_GOOD
        self._lists = state / LAST_LISTS
        self._secrets = path.parent / "secrets"

    def first(self) -> SitePlan:
        """Return what to start with: the file's plan, else the last good copy's; else ``NoConfiguration``."""
        plan = self.again()
        if plan is not None:
            return plan
        if self._copy.exists():
            earlier = self._judge(self._copy, self._lists)
            if earlier.site is not None:
                _log.warning("running_on_last_good_configuration", config=earlier.site.settings.hash)
                return earlier.site
        raise NoConfiguration

    def again(self) -> SitePlan | None:
        """Read the file once more; ``None`` when it is wrong: each mistake is logged, ``problem`` sums them up.

        Takes as long as parsing takes, so call it off the event loop.
        """
        judgement = self._judge(self.path, self.path.parent)
        for one in judgement.found:
            say = _log.error if one.is_error else _log.warning
            say("configuration_problem", number=one.code, place=one.place, what=one.what, remedy=one.remedy)
        if judgement.site is not None:
            self.problem = ""
            self._keep(judgement.site.settings)
            return judgement.site
        errors = [one for one in judgement.found if one.is_error]
        more = f" (+{len(errors) - 1})" if len(errors) > 1 else ""
        self.problem = f"{errors[0].code} {errors[0].place} {errors[0].what}{more}"
        _log.error("configuration_refused", errors=len(errors))
        return None

    def _judge(self, path: Path, lists: Path) -> Judgement:
        try:
            return judge(path, self._secrets, lists)
        except JudgeFailed as error:
            return Judgement(None, (Found("judge_failed", True, path.name, str(error), ""),))

    def _keep(self, judged: GatewaySettings) -> None:
        """Copy the file and its lists into the state directory if it is still the one that was judged (by its hash)."""
        try:
            text = self.path.read_bytes()
            if not hashlib.sha256(text).hexdigest().startswith(judged.hash):
                return
            for each in judged.facts.lists.values():
                _write((self.path.parent / each.file).read_bytes(), self._lists / each.file)
            _write(text, self._copy)
        except OSError as error:
            _log.warning("last_good_copy_not_kept", error=str(error))


def _write(text: bytes, copy: Path) -> None:
    """Make ``copy`` hold ``text``, at once and durably; readable by this user alone."""
    if copy.exists() and copy.read_bytes() == text:
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    fresh = copy.with_name(f"{copy.name}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(copy)
