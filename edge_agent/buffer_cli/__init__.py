"""`edge-agent buffer`: what a technician can ask of a buffer file, one module to a command; see docs/cli.md."""

import typer

from edge_agent.buffer_cli.salvage import salvage
from edge_agent.buffer_cli.status import status
from edge_agent.buffer_cli.verify import verify

__all__ = ["buffer_app"]

buffer_app = typer.Typer(help="本机缓存 · The buffer on this box.", no_args_is_help=True, rich_markup_mode=None)
buffer_app.callback()(lambda: None)
buffer_app.command("status")(status)
buffer_app.command("verify")(verify)
buffer_app.command("salvage")(salvage)
