"""IPython's additions to Python (magics, shell lines, help), taken out of a cell line for line."""

import re

#: Cell magics whose body runs in the notebook's own namespace, so that its definitions count.
KEPT = {"capture", "prun", "time"}

_CELL = re.compile(r"\s*%%\s*(\w*)")
# Nothing here can begin a logical line of Python, so no honest line is lost.
_LINE = re.compile(
    r"""(?: [%!?]                                             # %matplotlib inline, !pip install x, ?np.dot
        | %{0,2}[\w.*\[\]]+ \?{1,2} \s* (?:\#.*)? $              # np.dot?
        | (?:pip3?|conda|mamba) \s+ (?:install|uninstall) \b     # IPython takes these without the mark
        | [\w.,\s\[\]*()]* = \s* [!%]                            # files = !ls
    )""",
    re.VERBOSE,
)
_TOKEN = re.compile(
    r"""(?P<triple>'{3}|"{3}) | '(?:\\.|[^'\\])*' | "(?:\\.|[^"\\])*"
        | (?P<comment>\#) | (?P<bracket>[()\[\]{}])""",
    re.VERBOSE,
)
_CLOSERS = {mark: re.compile(rf"(?:\\.|(?!{mark})[^\\])*{mark}") for mark in ("'''", '"""')}


def is_command(line: str) -> bool:
    """Return True if a line, at which a statement may begin, is IPython's and not Python's."""
    # Blanks are stripped first: left to the expression, a line of nothing else takes quadratic time.
    return _LINE.match(line.strip()) is not None


def without(text: str) -> str | None:
    """Return the cell as Python, line for line, or None if its cell magic makes it no Python at all."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if match := _CELL.match(lines[first]):
        if match[1] not in KEPT:
            return None
        lines[first] = ""
    return "\n".join(_blank_commands(_dedent(lines)))


def _dedent(lines: list[str]) -> list[str]:
    """Take the first line's indentation off every line that has it, as IPython does."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(indent) for line in lines] if indent else lines


def _blank_commands(lines: list[str]) -> list[str]:
    """Replace each command by `pass`, so that a block which holds nothing else still has a body."""
    reader = _Reader()
    continued = False
    result = []
    for line in lines:
        if continued:
            result.append("")
        elif reader.fresh and is_command(line):
            result.append(line[: len(line) - len(line.lstrip())] + "pass")
            continued = True
        else:
            reader.read(line)
            result.append(line)
        # A command goes on behind a backslash.
        continued = continued and line.endswith("\\")
    return result


class _Reader:
    """Knows whether the next line begins a statement or goes on in brackets, a string, behind a backslash."""

    def __init__(self) -> None:
        self.depth = 0
        self.closer: re.Pattern[str] | None = None
        self.backslash = False

    @property
    def fresh(self) -> bool:
        return self.depth <= 0 and self.closer is None and not self.backslash

    def read(self, line: str) -> None:
        self.backslash = line.endswith("\\")
        place = 0
        while place < len(line):
            if self.closer is not None:
                match = self.closer.match(line, place)
                self.closer = None if match else self.closer
            else:
                match = _TOKEN.search(line, place)
                if match and self._opens(match):
                    return
            if match is None:
                return
            place = match.end()

    def _opens(self, match: re.Match[str]) -> bool:
        """Take note of one token; return True if it is a comment, which ends the line."""
        if match["comment"]:
            self.backslash = False
            return True
        if match["triple"]:
            self.closer = _CLOSERS[match["triple"]]
        elif match["bracket"]:
            self.depth += 1 if match["bracket"] in "([{" else -1
        return False
