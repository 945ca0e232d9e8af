"""The commands of `edge-agent pictures`: they read the files of the album and change none of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge_agent.options import STATE, JsonOption, LangOption, StateOption, fail

if TYPE_CHECKING:
    from edge_agent.options import Lang
    from edge_agent.pictures.folder import Kept, PictureFolder

_Picture = Annotated[
    str, typer.Argument(metavar="PICTURE", help="抓拍的编号 (事件里的 snapshot_ref) · reference of the picture")
]


def status(lang: LangOption, state: StateOption = STATE, as_json: JsonOption = False) -> None:
    """有多少张、占多少、从何时到何时 · How many there are, how large, from when to when.

    直接读文件, 网关不运行也能看。 Read from the files, also while the agent does not run.
    """
    from edge_agent.pictures_cli.page import summary

    folder, pictures = _pictures(lang, state)
    data = {
        "folder": str(folder.path),
        "count": len(pictures),
        "bytes": sum(one.size for one in pictures),
        "masked": sum(one.masked for one in pictures),
        "newest_at": pictures[0].at if pictures else None,
        "oldest_at": pictures[-1].at if pictures else None,
        "free_bytes": folder.free() if folder.path.exists() else None,
    }
    _say(data, summary(data, lang.value), as_json)


def listing(
    lang: LangOption,
    device: Annotated[str, typer.Option("--device", help="只列这台设备的 · of this device only")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多列几张 · how many at most")] = 20,
    state: StateOption = STATE,
    as_json: JsonOption = False,
) -> None:
    """列出抓拍, 新的在前 · List pictures, the newest first."""
    from edge_agent.pictures_cli.page import table

    _, pictures = _pictures(lang, state)
    rows = [_row(one) for one in pictures if device in ("", one.device)][:limit]
    _say(rows, table(rows, lang.value), as_json)


def show(lang: LangOption, picture: _Picture, state: StateOption = STATE, as_json: JsonOption = False) -> None:
    """一张抓拍的时间、大小和文件 · When a picture was taken, its size, and where it lies."""
    from edge_agent.pictures_cli.page import table

    row = _row(_one(lang, state, picture))
    _say(row, table([row], lang.value) + f"\n{row['path']}", as_json)


def export(
    lang: LangOption,
    picture: _Picture,
    out: Annotated[Path, typer.Option("--out", help="写到这个文件 · write it to this file")],
    masked: Annotated[bool, typer.Option("--masked", help="打码后导出 · with plates and faces unreadable")] = False,
    state: StateOption = STATE,
) -> None:
    """导出一张抓拍 · Write one picture to a file.

    原图含个人信息, 交给别人之前用 --masked 打码。 The whole picture is personal data; mask it before it is passed on.
    """
    from drivers.api import MaskingMissing, NoPicture, picture_masker

    kept = _one(lang, state, picture)
    try:
        data = kept.path.read_bytes()
        out.write_bytes(picture_masker().masked(data) if masked and not kept.masked else data)
    except (MaskingMissing, NoPicture) as error:
        fail(f"不能打码: {error}", f"It cannot be masked: {error}", lang)
    except OSError as error:
        fail(f"没有写成: {error}", f"Not written: {error}", lang)
    typer.echo(str(out))


def _pictures(lang: "Lang", state: Path) -> "tuple[PictureFolder, list[Kept]]":
    from edge_agent.pictures.folder import FOLDER, PictureFolder

    folder = PictureFolder(state / FOLDER)
    try:
        return folder, list(folder.every())
    except OSError as error:
        fail(
            f"不能读 {folder.path}: {error.strerror}; 用 sudo 运行",
            f"{folder.path} cannot be read: {error.strerror}; use sudo",
            lang,
        )


def _one(lang: "Lang", state: Path, reference: str) -> "Kept":
    _, pictures = _pictures(lang, state)
    found = next((one for one in pictures if one.reference == reference), None)
    if found is None:
        fail(
            f"没有抓拍 {reference}: 从未存过, 或已到期删除",
            f"there is no picture {reference}: it was never kept, or its time is over",
            lang,
            status=1,
        )
    return found


def _row(one: "Kept") -> dict[str, Any]:
    about = {"reference": one.reference, "device": one.device, "at": one.at, "bytes": one.size}
    return about | {"masked": one.masked, "path": str(one.path)}


def _say(data: Any, text: str, as_json: bool) -> None:
    if as_json:
        import json

        text = json.dumps(data, ensure_ascii=False, indent=2)
    typer.echo(text)
