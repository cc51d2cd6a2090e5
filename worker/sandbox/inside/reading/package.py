"""A package: the graded file in an archive, and the files beside it that this one imports.

Of such a file runs what Python would run of it at its import, but for calls and loops that change nothing that its
definitions need. Whatever of that can fail runs on trial.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from backmark.worker.sandbox.inside.entry import PACKAGE, Entry

from . import encoding
from .archive import read_python_files
from .cells import FILES
from .compiling import compile_parts
from .listing import Line, ModuleFile, SlicePart, listing
from .python2 import PYTHON_2, leave_out_prints
from .rejection import Rejected, quote
from .slicing import Program, Statement, is_main_guard
from .syntax import Piece, SyntaxFault, parse, unify_newlines

#: Paths that a message lists.
_LISTED = 8

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
#: The statements that a module is made of: all but calls and loops.
_MAKING = (
    *(*_DEFINITIONS, *_IMPORTS, ast.Assign, ast.AnnAssign, ast.AugAssign),
    *(ast.If, ast.Try, ast.TryStar, ast.With, ast.Match),
)


@dataclass(slots=True)
class OwnFile:
    """A file beside the graded one that is imported: its piece, and its statements or why there are none."""

    path: str
    piece: Piece
    statements: list[Statement] = field(default_factory=list)
    #: Its lines as parsed.
    parsed: list[str] = field(default_factory=list)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """The Python files of an archive by their paths in the package's folder."""

    #: The path of the graded file.
    path: str
    files: Mapping[str, bytes]

    @property
    def main(self) -> bytes:
        """The graded file."""
        return self.files[self.path]

    def names(self, path: str) -> tuple[str, ...]:
        """Return the names by which a file can be imported."""
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        folder, _, _ = self.path.rpartition("/")
        if not folder:
            return module, f"{PACKAGE}.{module}"
        beside = module.removeprefix(folder.replace("/", ".") + ".")
        return (module, beside) if beside != module else (module,)

    def find_imports(self, statements: list[Statement]) -> Iterator[OwnFile]:
        """Yield the files that these statements of the graded file import, and those that these import in turn."""
        # A name from the package's folder goes before one from the graded file's.
        by_name = {name: path for path in self.files for name in self.names(path)[1:]}
        by_name |= {self.names(path)[0]: path for path in self.files}
        seen: set[str] = set()
        todo = list(_find_imported(statements, self.path, by_name))
        while todo and len(seen) < FILES - 1:
            path = todo.pop(0)
            if path in seen:
                continue
            seen.add(path)
            file = _read_file(path, self.files[path], 1 + len(seen))
            yield file
            todo += _find_imported(file.statements, path, by_name)


def read_package(source: bytes, path: str, most: int) -> Package:
    """Return the package that an archive holds, with the graded file at this path; raises Rejected."""
    files = read_python_files(source, most)
    places = [name for name in files if name == path or name.endswith(f"/{path}")]
    # An archive often has all of it in a folder, or in two.
    places = [name for name in places if name.count("/") == min(place.count("/") for place in places)]
    if len(places) != 1:
        raise _refuse_place(path, places, list(files))
    folder = places[0].removesuffix(path)
    return Package(path, {name.removeprefix(folder): data for name, data in files.items() if name.startswith(folder)})


def link(
    package: Package, main: list[Statement], graded: Entry, lines: list[Line]
) -> Iterator[tuple[Piece, ModuleFile]]:
    """Yield the files that the graded one imports, and add to the slice's lines what is executed of them."""
    for file in package.find_imports(main):
        names, is_package = package.names(file.path), file.path.endswith("__init__.py")
        fault, start = file.fault, len(lines)
        parts: tuple[SlicePart, ...] = ()
        try:
            lines += [] if fault else _list_lines(file, graded)
            parts = compile_parts(lines, start)
        except Rejected as error:
            fault = error.message
            del lines[start:]
        yield file.piece, ModuleFile(names, is_package, parts, fault)


def _list_lines(file: OwnFile, graded: Entry) -> list[Line]:
    """Write what is executed of a file, in the order of the source."""
    program = Program(file.statements, Entry(graded.function))
    definitions = {name: places.definitions[-1] for name, places in program.places.items() if places.definitions}
    kept = set(program.slice(definitions, graded.functions).positions)
    kept.update(place for place, statement in enumerate(file.statements) if _makes(statement.node))
    statements = [file.statements[place] for place in sorted(kept)]
    trial = {number for number, statement in enumerate(statements) if _can_fail(statement)}
    names = frozenset().union(*(statement.names.bound for statement in statements))
    return listing(statements, trial, {file.piece.cell: file.parsed}, names, frozenset())


def _makes(node: ast.stmt) -> bool:
    return isinstance(node, _MAKING) and not is_main_guard(node)


def _can_fail(statement: Statement) -> bool:
    node = statement.node
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return False
    return isinstance(node, _IMPORTS) or statement.names.runs


def _read_file(path: str, source: bytes, number: int) -> OwnFile:
    try:
        encoding.refuse_binary(source)
        text = unify_newlines(encoding.decode(source))
        piece = Piece(number, tuple(text.split("\n")), ":=" in text, path)
        parsed = parse(text, piece)
        if isinstance(parsed, SyntaxFault) and parsed.reason == PYTHON_2:
            # What it prints concerns nobody.
            text, _ = leave_out_prints(text)
            parsed = parse(text, piece)
    except Rejected as error:
        return OwnFile(path, Piece(number, (), file=path), fault=f"{path} cannot be read: {error.message}")
    if isinstance(parsed, SyntaxFault):
        return OwnFile(path, piece, fault=f"{parsed.place} is not valid Python: {parsed.message}")
    return OwnFile(path, piece, [Statement(node, piece) for node in parsed], text.split("\n"))


def _find_imported(statements: list[Statement], path: str, by_name: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths of files that statements import anywhere in them, each after the packages that it lies in."""
    own = path.removesuffix(".py").replace("/", ".")
    for statement in statements:
        for node in ast.walk(statement.node):
            for name in _find_names(node, own):
                parts = name.split(".")
                prefixes = (".".join(parts[:stop]) for stop in range(1, len(parts) + 1))
                yield from (by_name[prefix] for prefix in prefixes if prefix in by_name)


def _find_names(node: ast.AST, own: str) -> Iterator[str]:
    """Yield the absolute names of modules that a node may import."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = own.split(".")[: -node.level] if node.level else []
        base += [node.module] if node.module else []
        yield from (".".join([*base, alias.name]) for alias in node.names)


def _refuse_place(path: str, places: list[str], files: list[str]) -> Rejected:
    """Refuse a package in which the graded file is not to be found, or more than once."""
    if places:
        both = " and ".join(quote(place) for place in places[:2])
        return Rejected(
            "no_such_file",
            f"The archive has {path} more than once: {both}. Make the archive again with only one of them.",
        )
    if not files:
        return Rejected("no_such_file", f"The archive holds no Python file. Hand in an archive with {path} in it.")
    name = path.rpartition("/")[2]
    near = [file for file in files if file.rpartition("/")[2] == name]
    listed = ", ".join(quote(file) for file in (near or files)[:_LISTED])
    more = f" and {len(near or files) - _LISTED} more" if len(near or files) > _LISTED else ""
    return Rejected(
        "no_such_file",
        f"There is no {path} in the archive, which holds {listed}{more}. Put the file into that folder, and make the"
        " archive again.",
    )
