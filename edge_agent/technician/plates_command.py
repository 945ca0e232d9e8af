"""`edge-agent plates`: what this box reads in pictures or in a video, shown to who hangs up the camera."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from edge_agent.options import JsonOption, Lang, LangOption, fail


def plates(
    lang: LangOption,
    path: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DIR|rtsp://...", help="图片, 目录或视频流 · a picture, a folder of them, or a video (RTSP)"
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="把标出车牌的图片写到这个目录 · write pictures with the plates marked here")
    ] = None,
    home: Annotated[
        str, typer.Option(help="本地车牌开头, 如 浙F, 字迹不清时优先 · how local plates begin; preferred in doubt")
    ] = "",
    seconds: Annotated[
        float,
        typer.Option(min=0, help="视频看几秒, 0 为按 Ctrl-C 结束 · seconds to watch a video; 0: until Ctrl-C"),
    ] = 0.0,
    password_file: Annotated[
        Path | None, typer.Option(help="存有相机口令的文件 · file with the camera's password")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """识别图片或视频里的车牌 · Read the number plates in pictures, or in a video.

    在本机识别, 不用网络。0.9 及以上可以开闸, 0.5 到 0.9 请人确认, 更低的不报。没有读到车牌时退出码为 1。
    视频写 rtsp://用户@地址/路径, 口令不要写在命令里: 会问, 或取自 LINLI_CAMERA_PASSWORD 或 --password-file。
    On this box, without a network. From 0.9 on a read may open a barrier, from 0.5 on a person is asked, below it is
    not told. JPEG and PNG; exit status 1 when no plate was read. A video is rtsp://user@host/path: its password is
    asked for, or taken from LINLI_CAMERA_PASSWORD or --password-file, for all can see what is on a command line.
    """
    from edge_agent.technician.plates_video import is_video

    try:
        if is_video(path):
            read = _watch(path, out, home, seconds, password_file, lang)
        else:
            read = _look(Path(path), out, home, as_json, lang)
    except OSError as error:
        fail(f"读写不了 {error.filename}: {error.strerror}", f"cannot use {error.filename}: {error.strerror}", lang)
    raise typer.Exit(0 if read else 1)


def _look(path: Path, out: Path | None, home: str, as_json: bool, lang: Lang) -> bool:
    """Print what is read of pictures; tell whether it was anything."""
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
        _not_installed(str(error), lang)
    seen = [look_at(file, reader, SystemClock(), out) for file in files]
    typer.echo(json.dumps(as_data(seen), ensure_ascii=False, indent=2) if as_json else page(seen, lang.value))
    return any(each.reads for each in seen)


def _watch(address: str, out: Path | None, home: str, seconds: float, file: Path | None, lang: Lang) -> bool:
    """Print what is read of a video while it is watched; tell whether it was anything."""
    from drivers.api import Misconfigured, ModelsMissing, plate_watcher
    from edge_agent.technician.plates_video import Watch, door, show
    from runtime.clock import SystemClock

    question = "相机口令" if lang is Lang.zh else "The camera's password"
    try:
        way = door(address, file, lambda: str(typer.prompt(question, hide_input=True)))
    except ValueError:
        fail("视频地址应为 rtsp://用户@地址/路径", "a video's address is rtsp://user@host/path", lang)
    if way.exposed:
        exposed = ("口令写在命令里, 本机所有程序都看得见", "the password is on the command line, where all can see it")
        typer.echo(exposed[lang is Lang.en], err=True)
    watch = Watch(out, lang.value)
    try:
        show(plate_watcher(), way, SystemClock(), watch, home, seconds)
    except ModelsMissing as error:
        _not_installed(str(error), lang)
    except Misconfigured as error:
        watch.error = error
    if watch.error is not None:
        fail(f"看不了 {way.address}: {watch.error}", f"cannot watch {way.address}: {watch.error}", lang)
    return watch.read > 0


def _not_installed(error: str, lang: Lang) -> NoReturn:
    fail(
        f"没有安装车牌识别 (见 docs/operations.md 第 10 节): {error}",
        f"reading plates is not installed (docs/operations.md, 10): {error}",
        lang,
    )
