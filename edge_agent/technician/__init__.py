"""What a technician asks at the box, one command a module: how busy a line is, what is on it, what a camera reads."""

import typer

from edge_agent.technician.discover_command import discover
from edge_agent.technician.plan_command import plan
from edge_agent.technician.plates_command import plates
from edge_agent.technician.record_command import record
from edge_agent.technician.try_command import try_device

__all__ = ["add_commands"]


def add_commands(app: typer.Typer) -> None:
    """Give ``app`` the commands of this room."""
    app.command("plan")(plan)
    app.command("discover")(discover)
    app.command("try")(try_device)
    app.command("record")(record)
    app.command("plates")(plates)
