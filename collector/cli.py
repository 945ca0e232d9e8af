"""The ``collector`` command: run the server, make gateways and people known; all on the same files, at any time."""

import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from collector.store.sql import SqlStore

T = TypeVar("T")
_CANNOT = 2
_ROLES = {"admin": "管理员", "operator": "值班员", "viewer": "只读"}
_lang: ContextVar[str] = ContextVar("lang", default="zh")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Linli 汇聚端: 接收各小区网关的数据, 提供控制台。 The Linli collector.",
)
user_app = typer.Typer(no_args_is_help=True, help="人员: 谁可以登录控制台。 People who may log in.")
gateway_app = typer.Typer(no_args_is_help=True, help="网关: 已登记的网关。 Gateways that are known.")
app.add_typer(user_app, name="user")
app.add_typer(gateway_app, name="gateway")

Data = Annotated[Path, typer.Option("--data", help="数据目录: 数据库、签名密钥、名称。", envvar="LINLI_COLLECTOR_DATA")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON, 供程序读取。")]
DEFAULT_DATA = Path("/var/lib/linli/collector")


@app.callback()
def root(
    lang: Annotated[
        Literal["zh", "en"] | None,
        typer.Option(help="输出语言 (默认中文; LANG 以 en 开头时为英文)。", envvar="LINLI_LANG"),
    ] = None,
) -> None:
    """Linli 汇聚端: 接收各小区网关的数据, 提供控制台。 The Linli collector."""
    _lang.set(lang or ("en" if os.environ.get("LANG", "").startswith("en") else "zh"))


@app.command()
def run(
    data: Data = DEFAULT_DATA,
    host: Annotated[str, typer.Option(help="监听地址。")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="监听端口; 0 为任选空闲端口。")] = 8080,
    log: Annotated[Literal["console", "json"], typer.Option(help="日志样式。")] = "console",
    log_level: Annotated[str, typer.Option(help="日志级别: debug、info、warning、error。")] = "info",
) -> None:
    """启动汇聚端和控制台, 直到收到 SIGTERM 或 Ctrl-C。 Run the collector and its console."""
    import asyncio

    from collector.app import run as serve
    from collector.commands.key import BadKeyFile
    from collector.home import BadHome, Home
    from collector.store.errors import StoreError
    from runtime.clock import SystemClock
    from runtime.logs import configure

    try:
        configure(log, log_level)
        home = Home(data)
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (BadHome, ValueError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{host}:{port}: {error.strerror or error}")
    with listener:
        try:
            asyncio.run(serve(home, listener, SystemClock()))
        except (StoreError, BadKeyFile, BadHome) as error:
            _fail(str(error))


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
        code, expires_at = _with_store(data, work)
    except BadName:
        _fail(
            _say(
                f"{gateway}: 网关标识只能用 a-z、0-9 和中间的连字符, 最多 63 个字符",
                f"{gateway}: a gateway's name is 1 to 63 of a-z, 0-9 and inner hyphens",
            )
        )
    command = f"edge-agent enrol --collector {url} --gateway {gateway} --code {code}"
    if as_json:
        _print_json({"gateway": gateway, "code": code, "expires_at": expires_at, "command": command})
        return
    until = _local(expires_at)
    print(_say(f"登记码: {code}    有效期至 {until}, 只能用一次", f"Code: {code}    valid once, until {until}"))
    print(_say("在网关上运行:", "On the gateway, run:"))
    print(f"  {command}")
    if "//127.0.0.1" in url:
        print(
            _say(
                "网关在另一台机器上时, 把 127.0.0.1 换成它能访问的汇聚端地址 (或用 --url 给出)",
                "For a gateway on another machine put an address that it can reach in place of 127.0.0.1 (see --url)",
            )
        )


@user_app.command("add")
def user_add(
    name: Annotated[str, typer.Argument(help="登录名。")],
    role: Annotated[
        Literal["admin", "operator", "viewer"], typer.Option(help="角色: admin 管理员、operator 值班员、viewer 只读。")
    ] = "viewer",
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """新增人员并生成密码 (只显示这一次); 已有的人员换新密码, 其会话全部失效。 Add a person or renew a password."""
    from collector.access.passwords import Passwords, new_password
    from collector.store import people
    from collector.store.records import AuditRow, PersonRow
    from collector.store.scope import Scope
    from runtime.clock import SystemClock

    if not name.strip() or len(name) > 100:
        _fail(_say("登录名为 1 至 100 个字符", "a name has 1 to 100 characters"))
    password, now = new_password(), SystemClock().now()
    row = PersonRow(name, Passwords().hashed(password), role, now)

    def keep(scope: Scope) -> None:
        people.put_person(scope, row)
        people.add_audit(scope, AuditRow(now, "cli", "user_add", name, "ok", role))

    async def work(store: "SqlStore") -> None:
        await store.write(keep)

    _with_store(data, work)
    if as_json:
        _print_json({"name": name, "role": role, "password": password})
        return
    print(_say(f"登录名: {name}    角色: {_ROLES[role]} ({role})", f"Name:     {name}    role: {role}"))
    print(_say(f"密码:   {password}    (只显示这一次)", f"Password: {password}    (shown only now)"))


@user_app.command("list")
def user_list(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """列出可以登录的人员。 List people."""
    from collector.store import people

    async def work(store: "SqlStore") -> list[dict[str, Any]]:
        rows = await store.read(people.people)
        return [{"name": row.name, "role": row.role, "created_at": row.created_at} for row in rows]

    rows = _with_store(data, work)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        print(f"{row['name']}\t{row['role']}\t{_local(row['created_at'])}")


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

    rows = _with_store(data, work)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        seen = _local(row["seen_at"]) if row["seen_at"] else _say("尚未上线", "never seen")
        state = _say("已吊销", "revoked") if row["revoked_at"] else seen
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

    if not _with_store(data, work):
        said = _say(f"{gateway}: 没有这台网关, 或已吊销", f"{gateway}: no such gateway, or revoked already")
        print(said, file=sys.stderr)
        raise typer.Exit(1)
    print(_say(f"{gateway}: 已吊销", f"{gateway}: revoked"))


def main() -> None:
    """Run the command line; what it writes is for its own user alone."""
    os.umask(0o077)
    app()


def _with_store(data: Path, work: "Callable[[SqlStore], Awaitable[T]]") -> T:
    import asyncio

    from collector.home import BadHome, Home
    from collector.store.errors import StoreError
    from collector.store.sql import SqlStore
    from collector.store.sqlite import SqliteDialect

    async def opened() -> T:
        store = SqlStore(SqliteDialect(Home(data).database))
        try:
            await store.open()
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(opened())
    except (BadHome, StoreError) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(_CANNOT)


def _say(zh: str, en: str) -> str:
    return en if _lang.get() == "en" else zh


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _local(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1_000_000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
