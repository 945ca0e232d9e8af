"""``collector run --mqtt``: what it is told about a broker, and what it says when that will not do."""

from pathlib import Path

import pytest
import typer

from collector.cli_broker import PASSWORD_VARIABLE, broker_of


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)


def test_none_is_wanted() -> None:
    assert broker_of("", "", None) is None


def test_a_password_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mqtt"
    file.write_text("from the file\nnot this\n", encoding="utf-8")
    for given, password in ((file, "from the file"), (None, "from the environment")):
        monkeypatch.setenv(PASSWORD_VARIABLE, "from the environment")
        broker = broker_of("mqtts://b.example", "_collector", given)
        assert broker is not None
        assert (broker.username, broker.password, broker.url) == ("_collector", password, "mqtts://b.example:8883")


@pytest.mark.parametrize(
    ("url", "file", "said"),
    [("b.example", None, "--mqtt"), ("mqtt://me:word@b", None, "--mqtt"), ("mqtt://b", Path("/nowhere/x"), "nowhere")],
)
def test_what_will_not_do_is_said(url: str, file: Path | None, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as end:
        broker_of(url, "", file)
    assert end.value.exit_code == 2
    assert said in capsys.readouterr().err
