"""The commands of `edge-agent alarms`: each asks the running agent one question over its socket and says the answer."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge_agent.options import STATE, JsonOption, LangOption, StateOption, fail

if TYPE_CHECKING:
    from edge_agent.options import Lang

_Alarm = Annotated[str, typer.Argument(metavar="ALARM", help="告警的短号或全名 · short key or id of the alarm")]
_By = Annotated[
    str, typer.Option("--by", help="谁 (工号或姓名代号), 默认当前登录名 · who; the login's name by default")
]
_Note = Annotated[str, typer.Option("--note", help="说明 · a note")]


def listing(lang: LangOption, state: StateOption = STATE, as_json: JsonOption = False) -> None:
    """列出未了结的告警 · List the alarms that stand or wait for a person.

    向正在运行的网关查询, 不需要网络。 Asks the running agent; no network is needed.
    """
    from edge_agent.alarms_cli.page import table

    answer = _asked(lang, state, "list")
    _say(answer["alarms"], table(answer["alarms"], lang.value), as_json)


def show(lang: LangOption, alarm: _Alarm, state: StateOption = STATE, as_json: JsonOption = False) -> None:
    """显示一条告警, 以及通知送到了哪里 · Show one alarm, and where it was told."""
    from edge_agent.alarms_cli.page import whole

    answer = _asked(lang, state, "show", alert=alarm)
    _say(answer, whole(answer, lang.value), as_json)


def ack(lang: LangOption, alarm: _Alarm, by: _By = "", note: _Note = "", state: StateOption = STATE) -> None:
    """确认一条告警: 有人知道了 · Acknowledge an alarm: somebody has taken note."""
    _done(lang, _asked(lang, state, "ack", alert=alarm, who=by or _login(), note=note))


def shelve(
    lang: LangOption,
    alarm: _Alarm,
    reason: Annotated[str, typer.Option("--reason", help="为什么 (必写) · why (required)")],
    time: Annotated[str, typer.Option("--for", help="多久, 最长 8h · how long, 8h at most")] = "1h",
    by: _By = "",
    state: StateOption = STATE,
) -> None:
    """搁置: 这条规则在这台设备上暂不打扰 · Set aside this rule on this device for a while.

    到时自动恢复; 变得更严重时立即恢复。 It comes back by itself, at once when it grows worse.
    """
    from config.duration import parse_duration

    try:
        seconds = parse_duration(time)
    except ValueError:
        fail(f"--for {time} 写法不对, 例如 30m、2h", f"--for {time} is no duration; write 30m or 2h", lang)
    _done(lang, _asked(lang, state, "shelve", alert=alarm, who=by or _login(), note=reason, for_s=seconds))


def unshelve(lang: LangOption, alarm: _Alarm, by: _By = "", note: _Note = "", state: StateOption = STATE) -> None:
    """取消搁置 · Take an alarm back from the shelf."""
    _done(lang, _asked(lang, state, "unshelve", alert=alarm, who=by or _login(), note=note))


def reset(lang: LangOption, alarm: _Alarm, by: _By = "", note: _Note = "", state: StateOption = STATE) -> None:
    """复位一条已结束的锁存告警 · Reset a latched alarm whose condition has ended."""
    _done(lang, _asked(lang, state, "reset", alert=alarm, who=by or _login(), note=note))


def _asked(lang: "Lang", state: Path, do: str, **said: Any) -> dict[str, Any]:
    """Return the running agent's answer; ends the program where there is none or it refuses."""
    from edge_agent.alarms.counter import Question, ask
    from edge_agent.alarms_cli.page import refusal

    try:
        answer = ask(state, Question(do, **said))
    except PermissionError:
        fail(
            f"{state} 不允许进入; 用 sudo 运行, 或让管理员照 docs/field-work.md 第 8 节授权",
            f"{state} may not be entered; use sudo, or have it allowed as docs/field-work.md, 8 says",
            lang,
        )
    except (OSError, ValueError) as error:
        fail(f"网关没有应答 ({state}): {error}", f"No agent answers ({state}): {error}", lang)
    if word := answer.get("refused"):
        zh, en = (refusal(word, str(answer.get("detail", "")), one) for one in ("zh", "en"))
        fail(zh, en, lang, status=1)
    return answer


def _done(lang: "Lang", answer: dict[str, Any]) -> None:
    from edge_agent.alarms_cli.page import done

    typer.echo(done(answer, lang.value))


def _say(data: Any, text: str, as_json: bool) -> None:
    if as_json:
        import json

        text = json.dumps(data, ensure_ascii=False, indent=2)
    typer.echo(text)


def _login() -> str:
    """Return who sits at the keyboard, also behind sudo."""
    import getpass

    return os.environ.get("SUDO_USER") or getpass.getuser()
