"""`edge-agent lists`: which plate lists are in effect on this box, and what it would say of a plate."""

from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.options import CONFIG, STATE, ConfigOption, JsonOption, Lang, LangOption, StateOption, fail

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.plate_lists.in_effect import InEffect

__all__ = ["lists_app"]

lists_app = typer.Typer(help="车牌名单 · Lists of number plates.", no_args_is_help=True, rich_markup_mode=None)
lists_app.callback()(lambda: None)


@lists_app.command()
def show(
    lang: LangOption, config: ConfigOption = CONFIG, state: StateOption = STATE, as_json: JsonOption = False
) -> None:
    """列出生效的名单: 配置里的和汇聚端下发的 · List what is in effect: the file's lists and the collector's.

    只看本机的文件, 网关开不开都行。
    It reads files of this box; the agent may run or not.
    """
    from edge_agent.plate_lists import page
    from runtime.clock import SystemClock

    found = _in_effect(config, state, lang)
    now = SystemClock().now()
    typer.echo(page.lists_as_json(found, now) if as_json else page.lists_as_text(found, now, lang.value))


@lists_app.command()
def judge(
    lang: LangOption,
    plate: Annotated[str, typer.Argument(metavar="plate", help="车牌, 如 浙F12345 · a number plate")],
    config: ConfigOption = CONFIG,
    state: StateOption = STATE,
    as_json: JsonOption = False,
) -> None:
    """这个车牌现在算什么: 在哪份名单, 像哪一个 · What the box says of a plate now: its list, or which one it is near.

    退出码: 0 在名单上, 1 不在。认不清的字写 ?。
    Exit status 0 for a listed plate, 1 for any other. Write ? for a character that cannot be read.
    """
    from edge_agent.plate_lists import page
    from runtime.clock import SystemClock
    from wire.plates import plate_text

    written = plate_text(plate)
    if not written:
        fail(f"“{plate}” 不是车牌", f"“{plate}” is no number plate", lang)
    found = _in_effect(config, state, lang)
    now = SystemClock().now()
    verdict = found.book.judge(written, now)
    suggested = () if verdict.kind or verdict.near else found.book.suggest(written, now)
    told = page.verdict_as_json if as_json else page.verdict_as_text
    typer.echo(told(verdict, suggested, lang.value))
    raise typer.Exit(0 if verdict.kind else 1)


def _in_effect(config: "Path", state: "Path", lang: Lang) -> "InEffect":
    from config.load import load
    from config.report import render
    from edge_agent.plate_lists.in_effect import in_effect

    loaded = load(config)
    if loaded.settings is None:
        fail(render(loaded.problems, str(config), "zh"), render(loaded.problems, str(config), "en"), lang, 1)
    return in_effect(loaded.settings, state)
