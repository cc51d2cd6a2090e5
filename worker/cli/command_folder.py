"""Commands that are found by their files, and imported only when they are asked for."""

import pkgutil
from importlib import import_module
from types import ModuleType
from typing import Any

import click


class CommandFolder(click.Group):
    """The commands in a folder: `NAME.py` holds the command NAME, and a folder NAME is a group of commands.

    A cold `backmark grade` should not pay for what only a service or its clients import.
    """

    def __init__(self, *, folder: ModuleType, **attributes: Any) -> None:
        super().__init__(**attributes)
        self._folder = folder

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the files and folders, sorted."""
        return sorted(module.name for module in pkgutil.iter_modules(self._folder.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; return None if there is no file or folder of that name."""
        names = self.list_commands(ctx)
        if cmd_name not in names:
            # click suggests a similar name among the commands that were added.
            for name in names:
                self.add_command(self._load(name))
            return None
        return self._load(cmd_name)

    def _load(self, name: str) -> click.Command:
        module = import_module(f"{self._folder.__name__}.{name}")
        if hasattr(module, "__path__"):
            return CommandFolder(folder=module, name=name, help=module.__doc__)
        commands = (value for value in vars(module).values() if isinstance(value, click.Command))
        return next(command for command in commands if command.name == name)
