"""`make demo`: runs the main job for a person to watch, or for so many seconds and then gives account."""

import argparse
import signal
import sys
import threading
import time
from pathlib import Path

import httpx

from simulators.demo.oracle import Verdict, judge
from simulators.demo.programs import DemoError
from simulators.demo.stage import ROOT, USER, Stage

_END = "Ctrl-C 结束, 并核对有没有丢失或重复的数据 / Ctrl-C ends it and counts what was lost or doubled"
_WELCOME = """
  邻里 Linli 演示已启动: 4 扇门、1 个道闸、2 台相机、1 台门口机、6 个垃圾桶、2 块电表{wearables_zh}
  (模拟设备, 真实 Modbus、ONVIF、海康和大华的 HTTP 接口{bluetooth_zh}通信)
  The demo runs: 4 doors, 1 barrier gate, 2 cameras, 1 door station, 6 bins, 2 meters{wearables_en}
  (pretend devices, real Modbus, ONVIF, Hikvision's and Dahua's own HTTP{bluetooth_en})

    打开 / open        {url}
    用户名 / name      {user}
    密码 / password    {password}

  可以看 / what to see
    1. 十几秒内: 易腐垃圾桶1 (bin-1) 将满, 2幢单元门 (door-2) 长时间未关, 各报一条黄色告警; 在「告警」页确认
       Soon bin-1 is nearly full and door-2 is held open, a yellow alert each; acknowledge them under "Alerts"
    2. 1幢单元门 (door-1): 点「开门」, 几秒内看到设备读回「开锁」
       On the page of door-1 choose "Open door"; within seconds the lock reads back "unlocked"
    3. 东门道闸 (gate-1) 和车牌相机 (gate-cam): 每 16 秒来一辆车。业主、访客自动起杆, 黑名单和陌生车不起;
       浙F81280 像业主的 浙FB1280 (8 和 B), 报一条告警请人对照图片; 在 gate-1 点「起杆」可以放行, 车等 10 秒
       A car every 16 s. The boom rises for residents and visitors, not for strangers and the black list.
       浙F81280 looks like the resident 浙FB1280 (8 for B): an alert asks for a look at its picture; it waits 10 s, and
       "Open" on the page of gate-1 lets it in
    4. gate-1: 「杆下地感」显示有车时点「落杆」, 安全联锁会拒绝
       On the page of gate-1 choose "Close" while a vehicle is under the boom; the interlock refuses
    5. 4幢门口机 (entry-1): 有人刷卡进门、有人按门铃、有人刷陌生卡; 中心花园相机 (yard-cam): 约 60 秒后被布盖住,
       报一条橙色告警。每个事件都有图片 (模拟相机只画灰色方块)
       Residents show a card at entry-1, somebody rings, somebody shows an unknown card; after some 60 s yard-cam is
       covered with a cloth, an orange alert. Events have pictures (grey squares: a pretended camera has no lens)
    6. 约 40 秒后: 其他垃圾桶2 (bin-5) 断线 12 秒, 先显示离线, 再自动恢复
       After some 40 s bin-5 loses its cable for 12 s: it goes offline and comes back by itself
{elders}
  日志 / logs: {folder}{end}
"""


_WITH = {
    "wearables_zh": "、5 只手环、2 个呼救挂坠、1 台血压计",
    "wearables_en": ", 5 bands, 2 SOS pendants, 1 blood-pressure cuff",
    "bluetooth_zh": "、BlueZ 接口",
    "bluetooth_en": " and BlueZ's interface, no radio",
    "elders": """\
    7. 约 20 秒后: 有人按下呼救挂坠1 (sos-1), 约 45 秒后手环1 (band-1) 的佩戴者跌倒: 各报一条红色告警, 由人复位
       After some 20 s somebody presses pendant sos-1, after some 45 s the wearer of band-1 falls: a red alert each,
       which stays until a person resets it
    8. 手环2 (band-2) 有时摘下: 显示「未佩戴」且没有心率, 这不是报警; 手环3 (band-3) 有时出门, 信号减弱后失联再回来
       band-2 is sometimes taken off: "not worn" and no heart rate, which is no alarm; band-3 sometimes goes out and is
       not heard for a while
    9. 血压计1 (cuff-1): 约每 90 秒有人量一次血压。所有健康数值仅供参考, 不是诊断, 也不能代替医疗设备
       Somebody uses cuff-1 every 90 s. Health figures are for orientation only: no diagnosis, no medical device
""",
}
_WITHOUT = dict.fromkeys(_WITH, "") | {
    "elders": """
  没有手环、呼救挂坠和血压计: 本机没有 dbus-daemon, 模拟蓝牙需要它 (Debian: apt-get install dbus-daemon)
  Without the bands, pendants and cuff: the pretended Bluetooth needs dbus-daemon, which is not installed here
""",
}


def main() -> int:
    """Return 0 only if nothing was lost and nothing doubled; 2 when the demonstration could not run."""
    arguments = _arguments()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stage = Stage(arguments.folder.resolve(), port=arguments.port, isolated=arguments.isolated)
    try:
        print("正在启动, 约 15 秒 / starting, some 15 s ...", flush=True)
        stage.set_up()
        end = "" if arguments.seconds else f"\n  {_END}"
        print(
            _WELCOME.format(
                url=stage.url,
                user=USER,
                password=stage.password,
                folder=_short(stage.folder),
                end=end,
                **(_WITH if stage.wearables else _WITHOUT),
            ),
            flush=True,
        )
        verdict = _run(stage, arguments.seconds, stop)
    except (DemoError, httpx.HTTPError, OSError) as error:
        print(f"演示无法运行 / the demo cannot run: {error}", file=sys.stderr)
        return 2
    finally:
        stage.strike()
    _tell(verdict)
    return 1 if verdict.lost or verdict.doubled or verdict.faults else 0


def _run(stage: Stage, seconds: float | None, stop: threading.Event) -> Verdict:
    if seconds is not None:
        _act(stage, seconds, stop)
    while seconds is None and not stop.wait(0.5):
        for program in stage.programs.values():
            program.check()
    print("正在停止并核对 / stopping and checking ...", flush=True)
    stage.stop_delivered()
    if (code := stage.stop("community")) != 0:
        raise DemoError(f"community ended with code {code}; see {stage.folder / 'community.log'}")
    with stage.console() as console:
        return judge(console, stage.gateway, stage.buffer(), stage.truth(), welcome=stage.welcome)


def _act(stage: Stage, seconds: float, stop: threading.Event) -> None:
    """Do for so many seconds what a person would: open door-1, then watch."""
    end = time.monotonic() + seconds
    with stage.console() as console:
        record = console.order(stage.gateway, "door-1", "pulse_unlock", {"seconds": 3}, "演示开门 demo")
        outcome = console.outcome(record["id"])
        print(f"  door-1: {outcome['state']} {outcome['readback']}", flush=True)
    while time.monotonic() < end and not stop.wait(0.5):
        for program in stage.programs.values():
            program.check()


def _tell(verdict: Verdict) -> None:
    print(
        f"产生 produced {verdict.produced} · 入库 stored {verdict.stored} · 丢失 lost {verdict.lost} · "
        f"重复 doubled {verdict.doubled}\n"
        f"告警 alerts: 产生 raised {verdict.raised}, 解除 cleared {verdict.cleared} · "
        f"命令 commands: 已执行 executed {verdict.executed} of {verdict.commands} · "
        f"呼救和跌倒 calls and falls: {verdict.calls}\n"
        f"车辆 cars: 认出 read {verdict.cars.seen}, 放行 let in {verdict.cars.inside}"
    )
    for fault in verdict.faults:
        print(f"  ! {fault}")


def _short(folder: Path) -> str:
    return str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else str(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.demo", description=__doc__)
    parser.add_argument("--seconds", type=float, help="end by itself after so many seconds and give account")
    parser.add_argument("--port", type=int, default=8080, help="the console's port (0: a free one)")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "demo", help="where logs and data go")
    parser.add_argument("--isolated", action="store_true", help="take free ports for the devices too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
