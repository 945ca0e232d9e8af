"""The command line of a gateway. Imports are inside the commands, so that ``--help`` answers at once on a small box."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edge_agent.alarms_cli import alarms_app
from edge_agent.buffer_cli import buffer_app
from edge_agent.frames_command import frames
from edge_agent.history_command import history
from edge_agent.lists_command import lists_app
from edge_agent.options import CONFIG, STATE, ConfigOption, Lang, LangOption, StateOption, fail
from edge_agent.pictures_cli import pictures_app
from edge_agent.rules_command import rules_app
from edge_agent.technician import add_commands

app = typer.Typer(
    help="邻里边缘网关 · Linli edge gateway",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(buffer_app, name="buffer")
app.add_typer(rules_app, name="rules")
app.add_typer(alarms_app, name="alarms")
app.add_typer(pictures_app, name="pictures")
app.add_typer(lists_app, name="lists")
app.command()(history)
add_commands(app)


class Style(StrEnum):
    """How a report is printed."""

    text = "text"
    json = "json"
    github = "github"


class LogLevel(StrEnum):
    """From which level on something is logged."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


class LogStyle(StrEnum):
    """How log lines are printed."""

    console = "console"
    json = "json"


def _version(asked: bool) -> None:
    if asked:
        from edge_agent.report import VERSION

        _say(f"edge-agent {VERSION}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 · version")
    ] = False,
) -> None:
    """邻里边缘网关 · Linli edge gateway"""


def main() -> None:
    """Entry point of ``edge-agent``."""
    app(prog_name="edge-agent")


@app.command()
def run(
    config: ConfigOption = CONFIG,
    state: StateOption = STATE,
    log: Annotated[LogStyle, typer.Option(help="日志格式 · log format")] = LogStyle.console,
    log_level: Annotated[LogLevel, typer.Option(help="日志级别 · log level")] = LogLevel.info,
) -> None:
    """运行网关 · Run the gateway.

    收到 SIGTERM 后有序停止; 收到 SIGHUP 后重新读取配置, 有错则继续使用原配置。
    SIGTERM stops it in order; SIGHUP reads the configuration again and keeps the present one if it is wrong.
    """
    from edge_agent.process import become

    become(config, state, log.value, log_level.value)


@app.command()
def check(
    lang: LangOption,
    configs: Annotated[list[Path] | None, typer.Argument(help="配置文件 · configuration files")] = None,
    style: Annotated[Style, typer.Option("--format", help="输出格式 · output format")] = Style.text,
) -> None:
    """检查配置文件 · Check configuration files.

    一次列出所有错误、位置和改法; 有错时退出码为 1。旁边的场景文件 (gateway.scenarios.yaml) 也一并演练。
    Every mistake at once, with place and remedy; exit status 1 if any. Scenario files beside the file
    (gateway.scenarios.yaml) are played as well.
    """
    from edge_agent.check_page import checked

    wrong = False
    for path in configs or [CONFIG]:
        page, fit = checked(path, lang.value, style.value)
        wrong |= not fit
        _say(page)
    raise typer.Exit(1 if wrong else 0)


@app.command()
def enrol(
    lang: LangOption,
    code: Annotated[str, typer.Option(help="一次性登记码 · the one-time code of 'collector enrol'")],
    collector: Annotated[
        str, typer.Option(help="汇聚端地址, 默认用配置里的 collector.url · the collector's address")
    ] = "",
    gateway: Annotated[str, typer.Option(help="网关名, 默认用配置里的 site.code · the gateway's name")] = "",
    config: ConfigOption = CONFIG,
    state: StateOption = STATE,
    replace: Annotated[bool, typer.Option("--replace", help="替换已有身份 · replace the present identity")] = False,
) -> None:
    """向汇聚端登记 · Enrol at the collector.

    密钥在本机生成, 只上传公钥。 The key is made here; only its public half leaves this box.
    """
    import asyncio

    from edge_agent import sentences
    from edge_agent.enrol import EnrolmentError
    from edge_agent.enrol import enrol as enrol_box
    from edge_agent.identity_file import IdentityFileError
    from edge_agent.report import VERSION
    from runtime.broker import is_broker_url
    from runtime.clock import SystemClock

    site, place = _in_file(config)
    place = "" if is_broker_url(place) else place  # enrolment does not go through a broker
    name, url = gateway or site, collector or place
    for given, option, key in ((name, "--gateway", "site.code"), (url, "--collector", "collector.url (https)")):
        if not given:
            fail(f"请给出 {option} ({config} 里读不到 {key})", f"Give {option} ({config} has no {key})", lang)
    try:
        who = asyncio.run(enrol_box(url, code, name, state, SystemClock(), version=VERSION, replace=replace))
    except EnrolmentError as error:
        zh, en = (sentences.of_enrolment(error.word, str(error), each) for each in ("zh", "en"))
        fail(f"登记未成功: {zh}", f"Not enrolled: {en}", lang)
    except IdentityFileError as error:
        fail(f"登记未成功, 身份文件已损坏: {error}", f"Not enrolled, the identity file is damaged: {error}", lang)
    if lang is Lang.zh:
        _say(f"已登记: 网关 {who.gateway}, 汇聚端 {who.collector}\n公钥指纹 (请与控制台核对): {who.fingerprint}")
    else:
        _say(
            f"Enrolled: gateway {who.gateway}, collector {who.collector}\nKey fingerprint (compare): {who.fingerprint}"
        )
    if place and place.rstrip("/") != who.url:
        zh = f"注意: 配置里 collector.url 是 {place}, 上传以它为准; 请改成一致"
        en = f"Note: collector.url in the file is {place}, and uploads go there; make them equal"
        _say(zh if lang is Lang.zh else en)


@app.command()
def status(
    lang: LangOption,
    url: Annotated[str, typer.Option(help="本机健康页 · the local health page")] = "http://127.0.0.1:9321",
    style: Annotated[Style, typer.Option("--format", help="输出格式 · output format")] = Style.text,
) -> None:
    """显示运行状态 · Show how the gateway is."""
    from edge_agent.status_page import describe, fetch

    try:
        page = fetch(url)
    except (OSError, ValueError) as error:
        fail(f"网关没有应答 {url}: {error}", f"No gateway answers at {url}: {error}", lang)
    if style is Style.json:
        import json

        _say(json.dumps(page, ensure_ascii=False, indent=2))
    else:
        _say(describe(page, lang.value))
    raise typer.Exit(0 if page["status"] == "ok" else 1)


app.command("frames")(frames)


@app.command()
def profiles(
    lang: LangOption,
    model: Annotated[
        str, typer.Argument(metavar="[profile]", help="型号, 给出它的选项、测点和接线注意 · one model in full")
    ] = "",
    kind: Annotated[str, typer.Option(help="只列出此类设备 · only this device class")] = "",
) -> None:
    """列出支持的型号 · List the vendor models.

    给出型号就显示它的选项、测点、命令、接线注意和配置写法。 With a model: its options, points, commands and notes.
    """
    from config.catalog import load_class, load_profile, profile_ids

    if model:
        _describe_profile(model, lang)
        return
    found = {name: profile for name in profile_ids() if (profile := load_profile(name)).kind == kind or not kind}
    if not found:
        fail(f"没有 {kind} 类的型号", f"No model of class {kind}", lang)
    for name, profile in found.items():
        title = load_class(profile.kind).name
        words = (title.zh, profile.product.zh) if lang is Lang.zh else (title.en, profile.product.en)
        _say(f"{name}\n    {words[0]} ({profile.kind}): {words[1]}")


@app.command()
def schema() -> None:
    """输出配置的 JSON Schema · Print the configuration's JSON Schema.

    供编辑器补全和检查使用。 For editors that complete and check the file.
    """
    from importlib.resources import files

    _say(files("config").joinpath("schema/gateway.schema.json").read_text(encoding="utf-8").rstrip("\n"))


def _describe_profile(name: str, lang: Lang) -> None:
    from config.catalog import load_class, load_profile, profile_ids
    from config.problems import near
    from edge_agent.profile_page import describe

    known = profile_ids()
    if name not in known:
        meant = near(name, known)
        fail(
            f"没有型号 {name}; {meant['near_zh']}全部型号: edge-agent profiles",
            f"there is no profile {name}; {meant['near_en']}all of them: edge-agent profiles",
            lang,
        )
    found = load_profile(name)
    _say(describe(found, load_class(found.kind), lang.value))


def _in_file(config: Path) -> tuple[str, str]:
    """Return the site's code and the collector's address that the file names, each empty where it does not."""
    from config.load import load

    settings = load(config).settings
    if settings is None:
        return "", ""
    return settings.site.code, settings.collector.url if settings.collector else ""


def _say(text: str, *, error: bool = False) -> None:
    typer.echo(text, err=error)
