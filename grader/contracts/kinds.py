"""The kinds of homework that this version knows: a stored revision and an assignment's file name theirs.

Only here does a kind decide which module runs; elsewhere it decides words and drawings. The web server reads
assignments too, so NumPy is not imported here.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from grader.contracts.gallery import find_drawn, list_gallery
from grader.contracts.language.folder import bundle
from grader.errors import BadAssignment, MadeByEarlierVersion
from grader.model.assignment import LAYERED
from grader.model.packaged import ArchiveHeader
from grader.model.stored import complete
from grader.model.words import KindWords

if TYPE_CHECKING:
    from grader.contracts.judging.subject import JudgedRevision
    from grader.contracts.subject_kind import SubjectKind
    from grader.model.common import AnyAssignment

#: The kind of contracts.
CONTRACT = "contract"
#: By kind the module that is its `SubjectKind`.
KINDS: Mapping[str, str] = MappingProxyType({CONTRACT: "grader.contracts.contracts_kind"})
#: The words around verdicts of layered networks, which earlier versions judged in a way of their own.
_OF_LAYERED = KindWords(
    noun="network",
    numbers="derivatives",
    joint="on",
    compared=" with finite differences",
    truth="finite differences",
    passed="Your backward pass is right.",
    failed="Your backward pass is not right yet.",
    results="The derivatives, layer by layer",
    intro="From the output down, as backpropagation goes.",
    order=", from the output down",
)
#: Characters of an assignment's ID.
_LONGEST_ID = 64
#: A key that only contracts have: their files need not name their kind. What tells a contract that lacks it.
_LANGUAGE, _CONTRACT_TABLES = "language", ("call", "results")


def find(kind: str) -> "SubjectKind":
    """Return a kind by its name; KeyError if this version does not know it."""
    # `tests/subjects/test_kinds.py` has the checker look at each module.
    module: SubjectKind = import_module(KINDS[kind])
    return module


def words(kind: str) -> KindWords:
    """Return the words for a kind; the general ones if this version does not know it."""
    if kind == LAYERED:
        return _OF_LAYERED
    return find(kind).WORDS if kind in KINDS else KindWords()


def title(row: str) -> str:
    """Return the title of a row by its name, if any kind has one for it."""
    titles = (find(kind).TITLES.get(row) for kind in KINDS)
    return next((known for known in titles if known), row.replace("_", " "))


def code_names() -> str:
    """Return a pattern of the names in sentences of any kind that are code."""
    return "|".join(pattern for kind in KINDS if (pattern := find(kind).CODE))


def settings(assignment: str) -> dict[str, Any]:
    """Return a stored assignment's settings as JSON has them, with the defaults of those that it lacks; to be shown."""
    raw = json.loads(assignment)
    kind = raw.get("kind", LAYERED)
    if kind in KINDS:
        return find(kind).complete(raw)
    # Of a kind that only another version knows, what all kinds have.
    from grader.model.common import CommonSettings  # noqa: PLC0415 - grading needs none of it

    return complete(CommonSettings, raw)


def is_layered(assignment: str) -> bool:
    """Return True if a stored assignment is of layered networks, which this version judges no longer."""
    return bool(json.loads(assignment).get("kind", LAYERED) == LAYERED)


def package(assignment: str) -> str:
    """Return the path of the file that a stored assignment grades within a ZIP archive; empty if it takes none."""
    return str(settings(assignment).get("package", ""))


def of(assignment: "AnyAssignment") -> "SubjectKind":
    """Return the kind of an assignment."""
    return find(assignment.kind)


def parse(text: str, name: str) -> "AnyAssignment":
    """Return the assignment that a TOML text describes; BadAssignment names the key and what to write."""
    # Who grades by a revision has no TOML to read.
    from grader.model.tables import read_tables  # noqa: PLC0415

    tables = read_tables(text, name)
    table = next((key for key in _CONTRACT_TABLES if key in tables), None)
    if table is not None and not {"kind", _LANGUAGE} & tables.keys():
        raise BadAssignment(
            f"{name}: language is missing. A file with [{table}] is a contract: write language = 1 at its top"
        )
    kind = tables.pop("kind", CONTRACT if _LANGUAGE in tables else LAYERED)
    if kind == LAYERED:
        file = name if name.endswith(".toml") else "FILE.toml"
        raise BadAssignment(
            f"{name}: language is missing. A file for an earlier version, of networks in layers, becomes a contract by"
            f" `backmark assignment convert {file}`"
        )
    if kind not in tuple(KINDS):
        wanted = ", ".join(json.dumps(known) for known in KINDS)
        raise BadAssignment(f"{name}: kind is {json.dumps(kind, default=str)[:60]}: write {wanted}")
    return find(kind).read(tables, name)


def read(path: Path) -> "AnyAssignment":
    """Return the assignment of a TOML file, or of a folder that holds one; raises BadAssignment."""
    return parse(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Return the text of a TOML file, or of a folder with the files beside it; raises BadAssignment."""
    if path.is_dir():
        return bundle(path)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {error}"
        raise BadAssignment(message) from error


def load(data: bytes, name: str = "revision") -> "JudgedRevision":
    """Return the revision that was stored.

    MadeByEarlierVersion if it is of layered networks; MadeByNewerVersion if this version does not know its format or
    one of its fields; AssignmentError if it is damaged.
    """
    if _kind(data) == LAYERED:
        raise MadeByEarlierVersion(
            f"{name} is of networks in layers, which this version no longer judges: publish the assignment anew"
        )
    return find(CONTRACT).load(data, name)


def read_header(data: bytes) -> ArchiveHeader:
    """Return the header of a stored revision, without NumPy; OSError, ValueError or KeyError if it is damaged."""
    return find(CONTRACT).read_header(data)


def load_packaged(assignment_id: str) -> "JudgedRevision":
    """Return a revision that ships with Backmark, such as `udl-7.2`."""
    file = find_drawn(assignment_id)
    if file is None:
        alike = find_similar(assignment_id)
        advice = f"did you mean {alike}?" if alike else "name one that `backmark assignments` lists, a file or a folder"
        raise BadAssignment(f"there is no assignment {assignment_id!r}: {advice}")
    return load(file.read_bytes(), file.name)


def find_similar(name: str) -> str:
    """Return the ID of a shipped assignment that is most like a name; empty if none is."""
    shipped = [entry.id for entry in list_gallery()]
    return next(iter(get_close_matches(name[:_LONGEST_ID], shipped, 1)), "")


def _kind(data: bytes) -> str:
    """The kind of an archive: layered networks if its header names none; of what is no archive that of contracts."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            header = archive.read("header.npy")
        # NumPy's format: ten bytes, the last two of them the length of a description, that, and then the JSON.
        return str(json.loads(header[10 + int.from_bytes(header[8:10], "little") :]).get("kind", LAYERED))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return CONTRACT
