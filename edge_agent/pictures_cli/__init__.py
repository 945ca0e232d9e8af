"""`edge-agent pictures`: what the album of this box holds, seen from its files, whether the agent runs or not."""

import typer

from edge_agent.pictures_cli.commands import export, listing, show, status

__all__ = ["pictures_app"]

pictures_app = typer.Typer(help="抓拍 · The pictures of this box.", no_args_is_help=True, rich_markup_mode=None)
pictures_app.callback()(lambda: None)
pictures_app.command("status")(status)
pictures_app.command("list")(listing)
pictures_app.command("show")(show)
pictures_app.command("export")(export)
