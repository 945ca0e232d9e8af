"""`edge-agent frames`: what went over a line lately; imports are inside, so that ``--help`` answers at once."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer


def frames(
    bus: Annotated[str, typer.Argument(help="总线; 不写则列出已保存的 · bus; none lists what is saved")] = "",
    kept: Annotated[bool, typer.Option("--saved", help="看最近一次保存的 · the newest saved ones")] = False,
    state: Annotated[Path, typer.Option("--state", help="状态目录 · state directory")] = Path("/var/lib/linli/agent"),
    url: Annotated[str, typer.Option(help="本机健康页 · the local health page")] = "http://127.0.0.1:9321",
    lang: Annotated[str, typer.Option("--lang", envvar="LINLI_LANG", help="语言 zh, en · language")] = "",
) -> None:
    """显示一条总线最近的报文 · Show what went over a bus lately.

    网关在内存里留最近 5 分钟的报文; 设备离线或测点变坏时自动存一份 (--saved)。
    The gateway keeps five minutes in memory and saves them when a device goes offline or a point turns bad (--saved).
    """
    from edge_agent import frames_page
    from edge_agent.flight import FRAMES

    chosen: Literal["zh", "en"] = "en" if (lang or os.environ.get("LANG", "")).startswith("en") else "zh"
    try:
        if not bus:
            said = frames_page.listed(state / FRAMES, chosen)
        elif kept:
            said = frames_page.kept(state / FRAMES, bus, chosen)
        else:
            said = frames_page.live(url, bus, chosen)
    except frames_page.NoFramesError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo(said)
