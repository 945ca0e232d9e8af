"""What a technician reads about a broken file: held word for word in both languages (golden files).

After a wanted change: ``python -m tests.unit.config.test_messages`` writes the golden files anew; read the difference.
"""

import json
from pathlib import Path

import pytest

from config.load import load
from config.problems import Lang
from config.report import as_data, render

HERE = Path(__file__).parent
NAMES = ("broken", "dup", "colon")


def _report(name: str, lang: Lang) -> str:
    loaded = load(HERE / "broken" / f"{name}.yaml", profiles_dirs=(HERE / "profiles",))
    assert not loaded.ok
    return render(loaded.problems, f"{name}.yaml", lang) + "\n"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_every_known_mistake_gets_its_message(name: str, lang: Lang) -> None:
    assert _report(name, lang) == (HERE / "golden" / f"{name}.{lang}.txt").read_text(encoding="utf-8")


def test_all_mistakes_are_found_at_once() -> None:
    found = load(HERE / "broken" / "broken.yaml", profiles_dirs=(HERE / "profiles",)).problems
    assert {each.code for each in found} == {
        "W302", "E101", "E105", "W201", "E203", "E301", "E106", "E107", "E103", "E204", "E110", "E303", "E123", "E121",
        "E120", "E122",
    }  # fmt: skip


@pytest.mark.parametrize("style", ["text", "json", "github"])
def test_secrets_are_never_shown(style: str) -> None:
    found = load(HERE / "broken" / "broken.yaml", profiles_dirs=(HERE / "profiles",)).problems
    for lang in ("zh", "en"):
        shown = render(found, "broken.yaml", lang, style)  # type: ignore[arg-type]
        assert "hunter2" not in shown
        assert "330402195001011234" not in shown


def test_json_tells_programs_the_same() -> None:
    found = load(HERE / "broken" / "dup.yaml", profiles_dirs=(HERE / "profiles",)).problems
    data = json.loads(render(found, "dup.yaml", style="json"))
    assert data == as_data(found, "dup.yaml")
    assert data["errors"] == 1
    assert data["problems"][0]["line"] == 6
    assert data["problems"][0]["message"]["en"] == "“band-004” appears twice"


def test_github_annotations_are_one_line_each() -> None:
    found = load(HERE / "broken" / "colon.yaml").problems
    assert render(found, "colon.yaml", "en", "github") == (
        "::error file=colon.yaml,line=7,col=12,endColumn=13,title=E003::"
        "a space is missing after the colon — write profile: …"
    )


if __name__ == "__main__":
    for _name in NAMES:
        for _lang in ("zh", "en"):
            (HERE / "golden" / f"{_name}.{_lang}.txt").write_text(_report(_name, _lang), encoding="utf-8")
