"""The options and arguments that several commands share."""

from pathlib import Path

import click

files_argument = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))

backup_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))

assignment_option = click.option(
    "--assignment",
    default="udl-7.2",
    show_default=True,
    metavar="ID|FILE",
    help="The ID of an assignment that comes with Backmark, a .toml file that describes one, or a .npz file of drawn"
    " networks.",
)

server_assignment_option = click.option(
    "--assignment", default="udl-7.2", show_default=True, metavar="ID", help="The assignment's ID on the server."
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Stop waiting after this long, with exit status 3.",
)

#: The environment variables of every command that talks to a server, as an epilog of its help.
SERVER_VARIABLES = "Set BACKMARK_URL to the server's address and BACKMARK_TOKEN to your token."
