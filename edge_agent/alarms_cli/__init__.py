"""`edge-agent alarms`: what the guard house can see of alarms and do about them, with or without a network."""

import typer

from edge_agent.alarms_cli.commands import ack, listing, reset, shelve, show, unshelve

__all__ = ["alarms_app"]

alarms_app = typer.Typer(help="告警 · The alarms of this box.", no_args_is_help=True, rich_markup_mode=None)
alarms_app.callback()(lambda: None)
alarms_app.command("list")(listing)
alarms_app.command("show")(show)
alarms_app.command("ack")(ack)
alarms_app.command("shelve")(shelve)
alarms_app.command("unshelve")(unshelve)
alarms_app.command("reset")(reset)
