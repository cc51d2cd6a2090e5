"""Python 2 where Python 3 cannot read it: told as such; and `print` statements of what is not graded are left out."""

import ast
import re
import tokenize
import warnings

#: Why a submission is refused that is for Python 2.
PYTHON_2 = "python_2"
#: What Python 3 says of a `print` statement.
PRINT_STATEMENT = "Missing parentheses in call to 'print'. Did you mean print(...)?"
#: What Python 3 says of statements of Python 2, and what such lines look like of which it says nothing of their own.
_SAID = re.compile(r"Missing parentheses in call to '(?:print|exec)'|multiple exception types must be parenthesized")
_LOOKS = re.compile(r"\braise\s+\w+\s*,|<>|\b\d+L\b")
#: What may hold anything: strings, and comments.
_WORDS = re.compile(r"'[^']*'|\"[^\"]*\"|#.*")
#: Statements that are left out at most.
_MOST = 100


def is_old(message: str, line: str) -> bool:
    """Return True if a line that Python 3 cannot read, with this message, is Python 2."""
    return _SAID.match(message) is not None or _LOOKS.search(_WORDS.sub("''", line)) is not None


def leave_out_prints(text: str) -> tuple[str, frozenset[int]]:
    """Return a text with `pass` for its `print` statements that have their lines to themselves, and the first lines."""
    lines, left_out = text.split("\n"), set[int]()
    for _ in range(_MOST):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse("\n".join(lines))
            break
        except (SyntaxError, ValueError) as error:
            if not isinstance(error, SyntaxError) or error.msg != PRINT_STATEMENT:
                break
            first, column = (error.lineno or 1) - 1, (error.offset or 1) - 1
            last = _find_end(lines, first, column)
            if last is None:
                break
            lines[first : last + 1] = [f"{lines[first][:column]}pass", *[""] * (last - first)]
            left_out.add(first + 1)
    return "\n".join(lines), frozenset(left_out)


def _find_end(lines: list[str], first: int, column: int) -> int | None:
    """Return the last line of the statement that begins there; None if another one follows on it."""
    rest = iter([lines[first][column:], *lines[first + 1 :]])
    try:
        for token in tokenize.generate_tokens(lambda: f"{next(rest)}\n"):
            if token.string == ";":
                return None
            if token.type == tokenize.NEWLINE:
                return first + token.start[0] - 1
    except (tokenize.TokenError, SyntaxError, StopIteration):
        pass
    return None
