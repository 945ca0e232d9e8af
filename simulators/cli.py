"""The command ``simulators``: a pretend community for training, demonstrations and tests."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="simulators",
    help="模拟小区设备,用于演示、培训和测试。Pretend devices for training, demonstrations and tests.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """模拟小区设备,用于演示、培训和测试。Pretend devices for training, demonstrations and tests."""


@app.command("community")
def run_community(
    file: Annotated[Path, typer.Argument(help="小区文件 / the community's YAML")],
    truth: Annotated[
        Path | None, typer.Option(help="把模拟设备的真实情况写入此文件 / write what was really produced here")
    ] = None,
    control: Annotated[
        int | None, typer.Option(help="控制端口,0 为自动选择 / port for orders, 0 for a free one")
    ] = None,
    offset: Annotated[int, typer.Option(help="所有 TCP 端口加上此数 / add to every TCP port")] = 0,
    free_ports: Annotated[bool, typer.Option("--free-ports", help="使用空闲端口 / take free TCP ports")] = False,
    directory: Annotated[Path, typer.Option("--dir", help="串口链接所在目录 / where links of serial lines go")] = Path(
        "var/demo"
    ),
    scripts: Annotated[bool, typer.Option(help="是否播放脚本 / play the scripts")] = True,
    seed: Annotated[int | None, typer.Option(help="随机种子 / replace the file's seed")] = None,
) -> None:
    """运行一个小区的全部模拟设备,Ctrl-C 结束。Run all pretend devices of a community until Ctrl-C."""
    from runtime.clock import SystemClock
    from runtime.logs import configure
    from simulators.build import Overrides
    from simulators.community import Community
    from simulators.plan import PlanError
    from simulators.serve import serve

    configure()
    clock = SystemClock()
    overrides = Overrides(offset=offset, free_ports=free_ports, directory=directory, scripts=scripts, seed=seed)
    try:
        community = Community.from_file(file, clock, overrides)
        asyncio.run(serve(community, clock, truth=truth, control_port=control))
    except FileNotFoundError as error:
        typer.echo(f"没有这个文件 / there is no file {error.filename}", err=True)
        raise typer.Exit(2) from error
    except (PlanError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


@app.command("mqtt")
def run_mqtt(
    file: Annotated[Path, typer.Argument(help="脚本文件 / the script's YAML")],
    broker: Annotated[str, typer.Option(help="代理地址 / the broker's address")] = "mqtt://127.0.0.1:1883",
) -> None:
    """在 MQTT 代理上扮演自己上报的设备,Ctrl-C 结束。Play devices that publish to an MQTT broker until Ctrl-C."""
    from contextlib import suppress

    from runtime.broker import BrokerError, broker_at
    from runtime.clock import SystemClock
    from simulators.mqtt.script import Play, read_script
    from simulators.plan import PlanError

    try:
        play = Play(read_script(file), broker_at(broker), SystemClock())
        with suppress(KeyboardInterrupt):
            asyncio.run(play.run())
    except FileNotFoundError as error:
        typer.echo(f"没有这个文件 / there is no file {error.filename}", err=True)
        raise typer.Exit(2) from error
    except (BrokerError, PlanError, OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def main() -> None:
    """Run the command line."""
    app()
