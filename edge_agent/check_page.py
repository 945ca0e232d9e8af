"""What ``edge-agent check`` prints: the mistakes of a gateway file, and those of the scenarios beside it."""

from pathlib import Path

from config.load import load
from config.problems import Lang
from config.report import Format, render, with_last_line
from edge_agent.scenario_check import play_beside


def checked(path: Path, lang: Lang, style: Format) -> tuple[str, bool]:
    """Return the page about the gateway file ``path`` and whether all is well: warnings are, a failed scenario is not.

    Scenarios are played only where the file can be used.
    """
    loaded = load(path)
    played = play_beside(path, loaded.settings) if loaded.settings is not None else ()
    fit = loaded.ok and not any(each.problems for each in played)
    if style != "text":
        every = [*loaded.problems, *(found for each in played for found in each.problems)]
        return render(every, str(path), lang, style), fit
    pages = [render(loaded.problems, str(path), lang)]
    pages += [with_last_line(each.problems, each.summary(lang), lang) for each in played]
    return "\n\n".join(pages), fit
