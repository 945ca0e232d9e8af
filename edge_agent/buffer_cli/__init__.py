"""`edge-agent buffer`: what a technician can ask of a buffer file, one module to a command; see docs/cli.md."""

import typer

from edge_agent.buffer_cli.listing import list_chunks
from edge_agent.buffer_cli.parcels import export_command, import_command
from edge_agent.buffer_cli.salvage import salvage
from edge_agent.buffer_cli.show import show
from edge_agent.buffer_cli.status import status
from edge_agent.buffer_cli.verify import verify

__all__ = ["buffer_app"]

buffer_app = typer.Typer(help="本机缓存 · The buffer on this box.", no_args_is_help=True, rich_markup_mode=None)
buffer_app.callback()(lambda: None)
buffer_app.command("status")(status)
buffer_app.command("list")(list_chunks)
buffer_app.command("show")(show)
buffer_app.command("export")(export_command)
buffer_app.command("import")(import_command)
buffer_app.command("verify")(verify)
buffer_app.command("salvage")(salvage)
