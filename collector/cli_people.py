"""`collector user`: who may log in at the console, as what, and at which community."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from collector.cli_store import DEFAULT_DATA, Data, Json, with_store
from collector.spoken import fail, local, note, print_json, say

if TYPE_CHECKING:
    from collector.store.sql import SqlStore

_ROLES = {"admin": "管理员", "operator": "值班员", "manager": "物业", "viewer": "只读"}

user_app = typer.Typer(no_args_is_help=True, help="人员: 谁可以登录控制台。 People who may log in.")


@user_app.command("add")
def user_add(
    name: Annotated[str, typer.Argument(help="登录名。")],
    role: Annotated[
        Literal["admin", "operator", "manager", "viewer"],
        typer.Option(help="角色: admin 管理员、operator 值班员、manager 物业 (管本小区的名单)、viewer 只读。"),
    ] = "viewer",
    community: Annotated[str, typer.Option(help="物业所在小区的网关标识。")] = "",
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """新增人员并生成密码 (只显示这一次); 已有的人员换新密码, 其会话全部失效。 Add a person or renew a password."""
    from collector.access.passwords import Passwords, new_password
    from collector.store import people
    from collector.store.records import AuditRow, PersonRow
    from collector.store.scope import Scope
    from runtime.clock import SystemClock

    if not 1 <= len(name) <= 100 or any(char.isspace() for char in name):
        fail(say("登录名为 1 至 100 个字符, 不含空格", "a name has 1 to 100 characters and no spaces"))
    if (role == "manager") != bool(community):
        fail(
            say(
                "物业 (manager), 也只有物业, 要写 --community 网关标识",
                "a manager, and nobody else, has --community GATEWAY",
            )
        )
    password, now = new_password(), SystemClock().now()
    row = PersonRow(name, Passwords().hashed(password), role, now, community)

    def keep(scope: Scope) -> None:
        people.put_person(scope, row)
        people.add_audit(scope, AuditRow(now, "cli", "user_add", name, "ok", " ".join((role, community)).strip()))

    async def work(store: "SqlStore") -> None:
        await store.write(keep)

    with_store(data, work)
    if as_json:
        print_json({"name": name, "role": role, "password": password} | ({"community": community} if community else {}))
        return
    print(say(f"登录名: {name}    角色: {_ROLES[role]} ({role})", f"Name:     {name}    role: {role}"))
    print(say(f"密码:   {password}    (只显示这一次)", f"Password: {password}    (shown only now)"))


@user_app.command("list")
def user_list(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """列出可以登录的人员。 List people."""
    from collector.store import people

    async def work(store: "SqlStore") -> list[dict[str, Any]]:
        rows = await store.read(people.people)
        return [
            {"name": row.name, "role": row.role, "created_at": row.created_at, "community": row.community}
            for row in rows
        ]

    rows = with_store(data, work)
    if as_json:
        print_json(rows)
        return
    if not rows:
        note(
            "还没有人员; 新增: collector user add 登录名 --role admin",
            "nobody yet: collector user add NAME --role admin",
        )
    for row in rows:
        print(f"{row['name']}\t{row['role']}\t{local(row['created_at'])}\t{row['community']}".rstrip())
