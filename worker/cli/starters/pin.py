"""A commit of the repository with Backmark's action.yml: no name that somebody can move to other code."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import click

#: The folder that has action.yml if Backmark runs from a checkout.
_ROOT = Path(__file__).resolve().parents[3]
_NAMED = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)@(?P<version>.+)", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
#: The repository in the address of a remote: https://github.com/OWNER/NAME.git, git@github.com:OWNER/NAME.
_REMOTE = re.compile(r"(?:https://|ssh://)?(?:[\w.-]+@)?github\.com[/:](?P<repository>[\w.-]+/[\w.-]+?)(?:\.git)?/?")


@dataclass(frozen=True, slots=True)
class Pin:
    """A commit of a repository on GitHub."""

    #: OWNER/NAME.
    repository: str
    #: 40 hexadecimal digits.
    commit: str

    def __str__(self) -> str:
        """Return it as a workflow names an action."""
        return f"{self.repository}@{self.commit}"


class PinParameter(click.ParamType["Pin"]):
    """OWNER/REPOSITORY@COMMIT."""

    name = "action"

    def convert(self, value: str | Pin, param: click.Parameter | None, ctx: click.Context | None) -> Pin:
        """Return the pin; fail for another form, and for the name of a branch or a tag."""
        if isinstance(value, Pin):
            return value
        named = _NAMED.fullmatch(value)
        if named is None:
            self.fail(f"{value} is not OWNER/REPOSITORY@COMMIT, such as ada/backmark@ and 40 digits", param, ctx)
        if not _COMMIT.fullmatch(named["version"]):
            self.fail(
                f"{named['version']} is not a commit of 40 hexadecimal digits: a branch or a tag can be moved to other"
                " code, which would then grade; `git rev-parse` in a checkout prints the commit",
                param,
                ctx,
            )
        return Pin(named["repository"], named["version"])


action_option = click.option(
    "--action",
    type=PinParameter(),
    metavar="OWNER/REPOSITORY@COMMIT",
    show_default="the checkout that Backmark runs from, if it has a remote on GitHub",
    help="The repository on GitHub that has Backmark's action.yml, and the commit of it that grades.",
)


def find_pin(named: Pin | None) -> Pin:
    """Return the pin that was named, or that of our own checkout; raises UsageError if there is none."""
    own = named or _read_checkout()
    if own is None:
        message = (
            "name the repository on GitHub that has Backmark's action.yml, and a commit of it: --action"
            " OWNER/REPOSITORY@COMMIT. This Backmark does not run from a checkout with a remote on GitHub that has its"
            " commit"
        )
        raise click.UsageError(message)
    return own


def _read_checkout() -> Pin | None:
    # Installed, the folder may lie within another repository.
    if not (_ROOT / "action.yml").is_file() or not (_ROOT / ".git").exists():
        return None
    remote = _REMOTE.fullmatch(_ask_git("remote", "get-url", "origin"))
    commit = _ask_git("rev-parse", "HEAD")
    # A commit that was not pushed cannot be fetched by a runner.
    if remote is None or not commit or not _ask_git("branch", "--remotes", "--contains", commit):
        return None
    return Pin(remote["repository"], commit)


def _ask_git(*words: str) -> str:
    """Return what git prints of our checkout; nothing if it fails, or is not there."""
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(_ROOT), *words]
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    return process.stdout.strip() if process.returncode == 0 else ""
