"""The long-running process, apart from the command line that starts it: its budget is 60 MB on a small box."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Literal, NoReturn

_NOT_NEEDED = ("rich", "pygments", "click", "greenlet")
"""What httpx and structlog import where it is installed, for a command line, for coloured tracebacks that a gateway
never shows and for threads of another kind; both do without when the import fails."""


def become(config: Path, state: Path, log: str, level: str) -> NoReturn:
    """Replace this process by the agent, with the same process id and none of the memory the command line took."""
    arguments = [str(config), str(state), log, level]
    os.execv(sys.executable, [sys.executable, "-P", "-m", "edge_agent.process", *arguments])  # noqa: S606 - ourselves


def main(config: Path, state: Path, log: Literal["console", "json"], level: str) -> int:
    """Run the agent until it is told to stop; return the exit status: 0, or 2 with a line on standard error."""
    for package in _NOT_NEEDED:
        sys.modules.setdefault(package, None)  # type: ignore[arg-type]  # documented: makes ``import`` raise
    from edge_agent.app import run_agent
    from edge_agent.buffer import BufferInUse
    from edge_agent.configuration import Configuration, NoConfiguration
    from runtime.clock import SystemClock
    from runtime.logs import configure, get_logger

    try:
        configure(log, level)
        with suppress(OSError):  # a gateway whose card is gone or read-only works from memory, and says so
            state.mkdir(parents=True, exist_ok=True)
        configuration = Configuration(config, state)
        plan = configuration.first()
        asyncio.run(run_agent(configuration, plan, state, SystemClock()))
    except NoConfiguration:
        print(
            f"没有可用的配置, 网关未启动; 先运行 edge-agent check {config}\n"
            f"No usable configuration: not started. First: edge-agent check {config}",
            file=sys.stderr,
        )
    except BufferInUse as error:
        get_logger("process").error("cannot_run", error=str(error))
        print(
            "另一个网关进程正在用这份缓存, 本进程退出。 Another agent runs on this buffer: not started.",
            file=sys.stderr,
        )
    except (OSError, ValueError) as error:
        get_logger("process").error("cannot_run", error=f"{type(error).__name__}: {error}")
        print(f"网关未能启动 ({state})。 Could not start: {error}", file=sys.stderr)
    else:
        return 0
    return 2


if __name__ == "__main__":
    _config, _state, _log, _level = sys.argv[1:]
    sys.exit(main(Path(_config), Path(_state), "json" if _log == "json" else "console", _level))
