"""The page of all commands, made from what their `--help` is made of."""

from collections.abc import Iterator

import click

from backmark.worker.cli.main import main
from reference_pages.markdown import fill, paragraphs, table

_HEAD = """\
# Commands

What `backmark COMMAND --help` says of each command. `python -m backmark` is the same program. Made from the code by
`python -m reference_pages`.

"""


def write_page() -> str:
    """Return the page: a part for each command, then one for each group, with its commands."""
    context = click.Context(main, info_name="backmark")
    names = sorted(
        main.list_commands(context), key=lambda name: isinstance(main.get_command(context, name), click.Group)
    )
    parts = [part for name in names for part in _write_command(main, name, context)]
    return (_HEAD + paragraphs(main.help or "") + "".join(parts)).rstrip() + "\n"


def _write_command(group: click.Group, name: str, above: click.Context) -> Iterator[str]:
    command = group.get_command(above, name)
    if command is None or command.hidden:
        return
    context = click.Context(command, info_name=name, parent=above)
    yield f"{'#' * (context.command_path.count(' ') + 1)} `{context.command_path}`\n\n"
    yield paragraphs(command.help or "")
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from _write_command(command, inner, context)
        return
    yield f"    {context.command_path} {' '.join(command.collect_usage_pieces(context))}\n\n"
    records = (each.get_help_record(context) for each in command.params)
    yield table(("option", "meaning"), ((f"`{record[0]}`", record[1]) for record in records if record and record[1]))
    if command.epilog:
        yield fill(command.epilog) + "\n\n"
