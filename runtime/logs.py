"""Log lines that a person and a machine can read, on standard error, with secrets taken out by name."""

import logging
import re
import sys
from contextlib import suppress
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

REDACTED = "**********"
"""What stands where a secret would."""

_SECRET_NAME = re.compile(r"password|passwd|token|secret|authorization|cookie|private|(^|_)(code|key)$", re.IGNORECASE)
_URL_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


def configure(style: Literal["console", "json"] = "console", level: str = "info") -> None:
    """Send every log line of this process to standard error: coloured text for people, or one JSON object a line.

    ``level`` is a name of ``logging``; ``ValueError`` for an unknown one. Lines of libraries that use ``logging``
    come out in the same form.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"unknown log level {level!r}")
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=style == "json"),
        redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    tail: list[structlog.typing.Processor] = [structlog.processors.format_exc_info] if style == "json" else []
    structlog.configure(
        processors=[*shared, *tail, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Printer(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.WARNING))


def get_logger(name: str) -> Any:
    """Return a logger whose lines carry ``part=name``; call ``log.info("what_happened", key=value)``."""
    return structlog.get_logger(part=name)


class _Printer(structlog.PrintLogger):
    """Never raises: a reader that went away or a full disk behind standard error must not stop what is being logged."""

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = critical = exception = log = msg


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace values whose names say that they are secret, and credentials inside URLs (a structlog processor)."""
    for name, value in event.items():
        if name != "event" and _SECRET_NAME.search(name):
            event[name] = REDACTED
        elif isinstance(value, str) and "@" in value:
            event[name] = _URL_CREDENTIALS.sub(f"{REDACTED}@", value)
    return event
