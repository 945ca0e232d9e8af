"""`edge-agent plates`: what this box reads in pictures, shown to the technician who hangs up the camera."""

from pathlib import Path
from typing import Annotated

import typer

from edge_agent.options import JsonOption, LangOption, fail


def plates(
    lang: LangOption,
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="图片或目录 · a picture, or a folder of them")],
    out: Annotated[
        Path | None, typer.Option(help="把标出车牌的图片写到这个目录 · write pictures with the plates marked here")
    ] = None,
    home: Annotated[
        str, typer.Option(help="本地车牌开头, 如 浙F, 字迹不清时优先 · how local plates begin; preferred in doubt")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """识别图片里的车牌 · Read the number plates in pictures.

    在本机识别, 不用网络。0.9 及以上可以开闸, 0.5 到 0.9 请人确认, 更低的不报。没有读到车牌时退出码为 1。
    On this box, without a network. From 0.9 on a read may open a barrier, from 0.5 on a person is asked, below it is
    not told. JPEG and PNG; exit status 1 when no plate was read.
    """
    import json

    from drivers.api import ModelsMissing, plate_reader
    from edge_agent.technician.plates_page import as_data, page
    from edge_agent.technician.plates_run import look_at, pictures_of
    from runtime.clock import SystemClock

    files = pictures_of(path)
    if not files:
        fail(f"{path} 不是图片, 里面也没有 JPEG 或 PNG", f"{path} is no picture and has no JPEG or PNG", lang)
    if out is not None and out.resolve() == (path if path.is_dir() else path.parent).resolve():
        fail("--out 不能是原图所在的目录", "--out cannot be the folder of the pictures themselves", lang)
    try:
        reader = plate_reader(home=home)
    except ModelsMissing as error:
        fail(
            f"没有安装车牌识别 (见 docs/operations.md 第 10 节): {error}",
            f"reading plates is not installed (docs/operations.md, 10): {error}",
            lang,
        )
    try:
        seen = [look_at(file, reader, SystemClock(), out) for file in files]
    except OSError as error:
        fail(f"读写不了 {error.filename}: {error.strerror}", f"cannot use {error.filename}: {error.strerror}", lang)
    typer.echo(json.dumps(as_data(seen), ensure_ascii=False, indent=2) if as_json else page(seen, lang.value))
    raise typer.Exit(0 if any(each.reads for each in seen) else 1)
