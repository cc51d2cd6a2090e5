"""The options and arguments that several commands share."""

from pathlib import Path

import click

files_argument = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))

backup_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))

assignment_option = click.option(
    "--assignment",
    default="udl-7.2",
    show_default=True,
    metavar="ID|FILE|FOLDER",
    help="The ID of an assignment that comes with Backmark (see `backmark assignment list`), your own folder or .toml"
    " file, or a .npz file of drawn cases.",
)


class AssignmentParameter(click.ParamType["Path"]):
    """An assignment's file or folder; the ID of a contract of the gallery stands for its folder."""

    name = "path"

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path; fail if there is no such file, folder or id."""
        # Cold start: most commands name no assignment of the gallery.
        from backmark.grader.contracts.gallery import find_folder, find_similar  # noqa: PLC0415

        # A copy that lies here, to be changed, goes before what ships.
        path = Path(value) if Path(value).exists() else find_folder(str(value))
        if path is None:
            alike = find_similar(str(value))
            advice = f": did you mean {alike}?" if alike else ""
            message = f"{value} is not a file, a folder or an ID that `backmark assignment list` shows{advice}"
            self.fail(message, param, ctx)
        return path


#: The argument of commands about one assignment.
assignment_argument = click.argument("file", metavar="FILE|FOLDER|ID", type=AssignmentParameter())

server_assignment_option = click.option(
    "--assignment", default="udl-7.2", show_default=True, metavar="ID", help="The assignment's ID on the server."
)

no_jail_option = click.option(
    "--no-jail",
    is_flag=True,
    help="Run the submission and the assignment's own code UNISOLATED: only for your own code on your own machine.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, and nothing else.")

wheels_option = click.option(
    "--wheels",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    show_default="pip's package index",
    help="The folder to take all wheels from: Backmark's own and those of its dependencies.",
)

public_cases_option = click.option(
    "--public-cases",
    is_flag=True,
    help="Grade on the assignment's own cases alone, which every student can have.",
)

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    show_default="wait without limit",
    help="Stop waiting after this many seconds, with exit status 3.",
)

#: The environment variables of every command that talks to a server, as an epilog of its help.
SERVER_VARIABLES = (
    "Set BACKMARK_URL to the server's address and BACKMARK_TOKEN to your token. Without them the command talks to the"
    " server that `backmark serve` runs on this machine. If you started `backmark serve` with --data FOLDER, also set"
    " BACKMARK_DATA to FOLDER."
)


def warn_unisolated() -> None:
    """Print in red what --no-jail means."""
    sentence = (
        "UNISOLATED: --no-jail runs this code with all of your permissions. Use --no-jail for your own code only, never"
        " for somebody else's."
    )
    click.secho(sentence, fg="red", bold=True, err=True)
