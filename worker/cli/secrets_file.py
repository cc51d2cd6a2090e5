"""The secret of an instructor, by which fresh cases are drawn where there is no service."""

import secrets
from pathlib import Path

import click

from backmark.grader.support.writing import write_whole

#: The characters of the shortest secret that is taken: nobody guesses so many.
_SHORTEST = 16
_BYTES_OF_NEW = 32

secret_option = click.option(
    "--secret",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Ask right submissions about fresh cases as well, which only the secret in this file tells, and show nothing"
    " of them. A file that does not exist is made. Keep it, and never give it to students.",
)


def read_secret(file: Path) -> bytes:
    """Return the secret in a file, which is made if it does not exist; raises UsageError."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return _make_secret(file)
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read as a secret: {error}"
        raise click.UsageError(message) from error
    if len(text) < _SHORTEST:
        message = f"the secret in {file} is too short: write {_SHORTEST} characters or more, or name a new file"
        raise click.UsageError(message)
    return text.encode()


def _make_secret(file: Path) -> bytes:
    text = secrets.token_urlsafe(_BYTES_OF_NEW)
    try:
        with write_whole(file) as stream:
            stream.write(f"{text}\n".encode())
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}"
        raise click.UsageError(message) from error
    click.echo(
        f"backmark: {file} is a new secret; keep it from students, and use it again for the same class", err=True
    )
    return text.encode()
