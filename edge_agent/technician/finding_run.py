"""Asks who is there for ``edge-agent discover --onvif`` and says who answered."""

import asyncio
import json
from collections.abc import Sequence
from typing import Literal

import typer

from config.settings import GatewaySettings
from drivers.api import TechnicianMustAct, finder
from edge_agent.technician import finding_page as page
from edge_agent.technician.finding import network, to_add
from edge_agent.technician.suggestion import Suggestion
from edge_agent.technician.yaml_file import as_yaml


def find_cameras(
    settings: GatewaySettings | None,
    hosts: Sequence[tuple[str, int]],
    seconds: float,
    lang: Literal["zh", "en"],
    *,
    as_json: bool,
) -> int:
    """Do it and return the exit status: 0 where somebody answered, 1 where nobody did, 2 where nobody can be asked."""
    if not as_json:
        typer.echo(page.opening(seconds, lang))
    try:
        found = network(asyncio.run(finder("onvif").find(seconds, hosts)), settings, seconds)
    except TechnicianMustAct as error:
        typer.echo(str(error), err=True)
        return 2
    new = to_add(found, settings)
    if as_json:
        suggested = {"buses": new.buses, "devices": new.locked}
        typer.echo(json.dumps({**page.as_data(found), "suggested": suggested}, ensure_ascii=False, indent=2))
    else:
        typer.echo(page.render(found, lang))
        if new.locked:
            typer.echo(f"{page.offer(lang)}\n{as_yaml(Suggestion(new.buses, new.locked), '')}".rstrip("\n"))
    return 0 if found.answered else 1
