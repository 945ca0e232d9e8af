"""Options that several commands share, and how a command ends that cannot do what it was asked."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

CONFIG = Path("/etc/linli/agent.yaml")
STATE = Path("/var/lib/linli/agent")


class Lang(StrEnum):
    """The language of what is printed."""

    zh = "zh"
    en = "en"


def _default_lang() -> Lang:
    return Lang.en if os.environ.get("LANG", "").startswith("en") else Lang.zh


ConfigOption = Annotated[Path, typer.Option("--config", help="配置文件 · configuration file")]
StateOption = Annotated[Path, typer.Option("--state", help="状态目录 · state directory (identity, buffer)")]
LangOption = Annotated[
    Lang, typer.Option("--lang", envvar="LINLI_LANG", default_factory=_default_lang, help="语言 · language")
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")]


def fail(zh: str, en: str, lang: Lang, status: int = 2) -> NoReturn:
    """End with one of the two sentences on standard error."""
    typer.echo(zh if lang is Lang.zh else en, err=True)
    sys.exit(status)
