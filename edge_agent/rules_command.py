"""`edge-agent rules`: what a technician can ask of the rules, one module to a command; see docs/cli.md."""

import typer

from edge_agent.rules_show_command import show

__all__ = ["rules_app"]

rules_app = typer.Typer(help="规则 · The rules.", no_args_is_help=True, rich_markup_mode=None)
rules_app.callback()(lambda: None)
rules_app.command("show")(show)
