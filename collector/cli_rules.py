"""`collector check-rules`: what is wrong with a district's rules file, before the running collector takes it up."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.spoken import fail, print_json, say

if TYPE_CHECKING:
    from config.problems import Lang, Problem


def check_rules(
    file: Annotated[Path, typer.Argument(help="区级规则文件 (collector run --rules 用的那个)。")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON, 供程序读取。")] = False,
) -> None:
    """检查区级规则文件, 指出每处错误。 Check a district's rules file and show every mistake."""
    from config.district import load_district
    from config.report import as_data

    loaded = load_district(file)
    if as_json:
        print_json(as_data(loaded.problems, file.name))
        raise typer.Exit(0 if loaded.form else 1)
    print(_told(file, loaded.problems), end="")
    if loaded.form is None:
        raise typer.Exit(1)
    print(say(f"{file.name}: 可以使用", f"{file.name}: fit for use"))


def good_rules(file: Path | None) -> Path | None:
    """Return ``file`` if it is fit for use (or none is given); else end the program and say what is wrong."""
    from config.district import load_district

    if file is not None and (loaded := load_district(file)).form is None:
        fail(_told(file, loaded.problems).rstrip())
    return file


def _told(file: Path, problems: "Sequence[Problem]") -> str:
    lang: Lang = "en" if say("zh", "en") == "en" else "zh"
    lines: list[str] = []
    for each in problems:
        remedy = each.remedy(lang)
        lines.append(f"{file.name}:{each.place.line}:{each.place.col}: {each.code} {each.message(lang)}")
        lines += [f"    {each.source.strip()}"] * bool(each.source.strip()) + [f"    → {remedy}"] * bool(remedy)
    return "".join(f"{line}\n" for line in lines)
