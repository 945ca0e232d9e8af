"""The ``collector`` command: run the server, make gateways and people known; all on the same files, at any time."""

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from collector.cli_parcel import import_parcel
from collector.cli_people import user_app
from collector.cli_rules import check_rules, good_rules
from collector.cli_store import DEFAULT_DATA, Data, Json, with_store
from collector.spoken import fail, local, no_listener, note, print_json, say, speak

if TYPE_CHECKING:
    from collector.store.sql import SqlStore

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Linli 汇聚端: 接收各小区网关的数据, 提供控制台。 The Linli collector.",
)
gateway_app = typer.Typer(no_args_is_help=True, help="网关: 已登记的网关。 Gateways that are known.")
app.add_typer(user_app, name="user")
app.add_typer(gateway_app, name="gateway")
app.command("import")(import_parcel)
app.command("check-rules")(check_rules)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"collector {version('linli')}")
        raise typer.Exit


@app.callback()
def root(
    lang: Annotated[
        Literal["zh", "en"] | None,
        typer.Option(help="输出语言 (默认中文; LANG 以 en 开头时为英文)。", envvar="LINLI_LANG"),
    ] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="版本。")] = False,
) -> None:
    """Linli 汇聚端: 接收各小区网关的数据, 提供控制台。 The Linli collector."""
    speak(lang)


@app.command()
def run(
    data: Data = DEFAULT_DATA,
    host: Annotated[str, typer.Option(help="监听地址。")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="监听端口; 0 为任选空闲端口。")] = 8080,
    mqtt: Annotated[
        str, typer.Option(help="同时在这个 MQTT 代理上接收网关, 如 mqtt://127.0.0.1:1883 或 mqtts://broker:8883。")
    ] = "",
    mqtt_user: Annotated[str, typer.Option(help="在 MQTT 代理上的用户名。")] = "",
    mqtt_password_file: Annotated[
        Path | None,
        typer.Option(help="MQTT 密码所在的文件 (第一行); 也可放在环境变量 LINLI_MQTT_PASSWORD 里。"),
    ] = None,
    rules: Annotated[Path | None, typer.Option(help="区级规则文件 (YAML); 改了以后几秒内生效。")] = None,
    log: Annotated[Literal["console", "json"], typer.Option(help="日志样式。")] = "console",
    log_level: Annotated[str, typer.Option(help="日志级别: debug、info、warning、error。")] = "info",
) -> None:
    """启动汇聚端和控制台, 直到收到 SIGTERM 或 Ctrl-C。 Run the collector and its console."""
    import asyncio

    from collector.app import run as serve
    from collector.cli_broker import broker_of
    from collector.commands.key import BadKeyFile
    from collector.home import BadHome, Home, HomeInUse
    from collector.store.errors import StoreError
    from runtime.clock import SystemClock
    from runtime.logs import configure

    try:
        configure(log, log_level)
        broker, rules = broker_of(mqtt, mqtt_user, mqtt_password_file), good_rules(rules)
        home = Home(data)
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (BadHome, ValueError) as error:
        fail(str(error))
    except OSError as error:
        fail(no_listener(host, port, error))
    with listener:
        try:
            with home.served():
                asyncio.run(serve(home, listener, SystemClock(), broker, rules))
        except HomeInUse:
            fail(say(f"{data}: 另一个汇聚端正在用这个数据目录", f"{data}: another collector runs on this folder"))
        except (StoreError, BadKeyFile, BadHome) as error:
            fail(str(error))


@app.command()
def enrol(
    gateway: Annotated[str, typer.Argument(help="网关标识, 与网关配置中的 site.code 一致, 如 330402-demo-a。")],
    name: Annotated[str, typer.Option(help="显示名称。")] = "",
    url: Annotated[str, typer.Option(help="网关访问本汇聚端的地址。")] = "http://127.0.0.1:8080",
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """为一台网关生成一次性登记码 (15 分钟内有效)。 Make a one-time code for a gateway."""
    from collector.access.enrolment import BadName, Enrolments
    from runtime.clock import SystemClock

    async def work(store: "SqlStore") -> tuple[str, int]:
        return await Enrolments(store, SystemClock()).invite(gateway, name, by="cli")

    try:
        code, expires_at = with_store(data, work)
    except BadName:
        fail(
            say(
                f"{gateway}: 网关标识只能用 a-z、0-9 和中间的连字符, 最多 63 个字符",
                f"{gateway}: a gateway's name is 1 to 63 of a-z, 0-9 and inner hyphens",
            )
        )
    command = f"edge-agent enrol --collector {url} --gateway {gateway} --code {code}"
    if as_json:
        print_json({"gateway": gateway, "code": code, "expires_at": expires_at, "command": command})
        return
    until = local(expires_at)
    print(say(f"登记码: {code}    有效期至 {until}, 只能用一次", f"Code: {code}    valid once, until {until}"))
    print(say("在网关上运行:", "On the gateway, run:"))
    print(f"  {command}")
    if "//127.0.0.1" in url:
        print(
            say(
                "网关在另一台机器上时, 把 127.0.0.1 换成它能访问的汇聚端地址 (或用 --url 给出)",
                "For a gateway on another machine put an address that it can reach in place of 127.0.0.1 (see --url)",
            )
        )


@gateway_app.command("list")
def gateway_list(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """列出已登记的网关。 List gateways."""
    from collector.store import fleet
    from wire.identity import fingerprint, public_key

    async def work(store: "SqlStore") -> list[dict[str, Any]]:
        return [
            {
                "gateway": row.gateway,
                "name": row.name,
                "fingerprint": fingerprint(public_key(row.public_key)),
                "enrolled_at": row.enrolled_at,
                "seen_at": row.seen_at,
                "revoked_at": row.revoked_at,
            }
            for row in await store.read(fleet.gateways)
        ]

    rows = with_store(data, work)
    if as_json:
        print_json(rows)
        return
    if not rows:
        note("还没有登记过的网关; 取登记码: collector enrol 网关标识", "no gateway yet: collector enrol GATEWAY")
    for row in rows:
        seen = local(row["seen_at"]) if row["seen_at"] else say("尚未上线", "never seen")
        state = say("已吊销", "revoked") if row["revoked_at"] else seen
        print(f"{row['gateway']}\t{row['name']}\t{row['fingerprint']}\t{state}")


@gateway_app.command("revoke")
def gateway_revoke(
    gateway: Annotated[str, typer.Argument(help="网关标识。")],
    data: Data = DEFAULT_DATA,
) -> None:
    """吊销一台网关: 它的请求从此被拒绝, 数据保留。 Stop believing a gateway; its data stays."""
    from collector.store import fleet, people
    from collector.store.records import AuditRow
    from collector.store.scope import Scope
    from runtime.clock import SystemClock

    now = SystemClock().now()

    def drop(scope: Scope) -> bool:
        done = fleet.revoke(scope, gateway, now)
        if done:
            people.add_audit(scope, AuditRow(now, "cli", "gateway_revoke", gateway, "ok"))
        return done

    async def work(store: "SqlStore") -> bool:
        return await store.write(drop)

    if not with_store(data, work):
        said = say(f"{gateway}: 没有这台网关, 或已吊销", f"{gateway}: no such gateway, or revoked already")
        print(said, file=sys.stderr)
        raise typer.Exit(1)
    print(say(f"{gateway}: 已吊销", f"{gateway}: revoked"))


def main() -> None:
    """Run the command line; what it writes is for its own user alone."""
    os.umask(0o077)
    app()
