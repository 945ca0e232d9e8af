"""What holds for every test: whose turn it is, that CI skips nothing, and that no property is judged by its speed."""

import os

import pytest
from hypothesis import HealthCheck, settings

WAITING = ("tests/e2e/", "tests/faults/")
"""Where files lie that mostly wait for real programs."""

LONGEST = ("tests/e2e/test_truth.py", "tests/faults/test_scenarios.py", "tests/e2e/test_demo.py")
"""Of these, what takes longest."""

settings.register_profile("linli", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("linli")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and let files that wait and files that compute take turns: together they keep the
    machine busy that each kind alone overloads or leaves idle.
    """
    file_of = {item: item.nodeid.partition("::")[0] for item in items}
    files = list(dict.fromkeys(file_of.values()))
    waiting = sorted((one for one in files if one.startswith(WAITING)), key=lambda one: one not in LONGEST)
    computing = [one for one in files if not one.startswith(WAITING)]
    turns = {one: (turn, kind) for kind, several in enumerate((waiting, computing)) for turn, one in enumerate(several)}
    items.sort(key=lambda item: turns[file_of[item]])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of continuous integration in which a test was skipped; its reason is in the summary."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if os.environ.get("CI") == "true" and skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
