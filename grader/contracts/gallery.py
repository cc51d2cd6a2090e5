"""The contracts of well-known courses, as folders ready to publish; installed, a distribution of their own."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import sha256
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from backmark.grader.contracts.language.folder import NAME, bundle, read_other_name
from backmark.grader.errors import BadAssignment

#: The ending of a kit's name.
KIT_SUFFIX = ".kit"
#: Former ids of contracts.
_RENAMED: Mapping[str, str] = MappingProxyType({"udl-7.2-contract": "udl-7.2"})
#: The courses and books of which the gallery has homework, by the first part of the ids.
_ORIGINS: Mapping[str, str] = MappingProxyType(
    {
        "cmu": "Carnegie Mellon 11-785",
        "coursera": "deeplearning.ai on Coursera",
        "cs224n": "Stanford CS224n",
        "cs231n": "Stanford CS231n",
        "mit": "MIT 6.036 (6.390)",
        "ng": "Machine Learning (Andrew Ng)",
        "nielsen": "Neural Networks and Deep Learning (Michael Nielsen)",
        "udl": "Understanding Deep Learning (Simon Prince)",
    }
)
#: The origin of what is of no course, but shows a kind of homework.
NO_COURSE = "Examples of other kinds of homework"

#: Characters of an assignment's ID.
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class GalleryEntry:
    """A contract of the gallery."""

    id: str
    title: str
    course: str
    convention: str
    folder: Path
    #: Its conventions, in words that read well after "right by", the one that counts first.
    conventions: tuple[str, ...] = ()
    #: By other name the convention that counts under it.
    other_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Its other names, and its conventions in words."""
        return (*self.other_names, *self.conventions)

    @property
    def origin(self) -> str:
        """The course or book that the homework is of, by its usual name."""
        return _ORIGINS.get(self.id.partition("-")[0], NO_COURSE)


def list_gallery() -> tuple[GalleryEntry, ...]:
    """Return the contracts of the gallery, sorted by id; raises BadAssignment where it is not installed."""
    folders = sorted(folder for folder in _find("gallery").iterdir() if folder.is_dir())
    other_names = {folder.name: own for folder in folders if (own := read_other_name(_read_text(folder)))}
    return tuple(_read(folder, other_names) for folder in folders if folder.name not in other_names)


def list_names() -> tuple[str, ...]:
    """Return the ids of the contracts, and their other names, sorted; raises BadAssignment as the list."""
    return tuple(sorted(name for entry in list_gallery() for name in (entry.id, *entry.other_names)))


def is_installed() -> bool:
    """Return True if the gallery is installed: the package `backmark`, which students have, lacks it."""
    return (_root() / "udl-7.2" / NAME).is_file()


def find_start() -> Path:
    """Return the folder of an assignment that works, to start from; raises BadAssignment as the list."""
    return _find("start")


def find_folder(identifier: str) -> Path | None:
    """Return the folder of a contract of the gallery; None if there is none of that id."""
    folder = _root() / _RENAMED.get(identifier, identifier)
    return folder if folder.parent == _root() and (folder / NAME).is_file() else None


def is_shipped(identifier: str, text: str) -> bool:
    """Return True if a text is, to the letter, that of the contract of the gallery of this id."""
    folder = find_folder(identifier)
    return folder is not None and bundle(folder) == text


def find_drawn(identifier: str) -> Path | None:
    """Return the revision of a contract that ships with its cases; None if its cases are drawn when they are needed."""
    drawn = _root() / f"{_RENAMED.get(identifier, identifier)}.npz"
    return drawn if drawn.parent == _root() and drawn.is_file() else None


def list_drawn() -> tuple[Path, ...]:
    """Return the revisions of contracts that ship with their cases, sorted by id; none where none is installed."""
    return tuple(sorted(_root().glob("*.npz")))


def find_revisions() -> Path:
    """Return the folder of the revisions that a release drew of contracts that ship without cases; it may be empty."""
    return _root().with_name("revisions")


def find_similar(name: str) -> str:
    """Return the id of the contract that is most like a name, empty if none is; raises BadAssignment as the list."""
    return next(iter(get_close_matches(name[:_LONGEST_ID], list_names(), 1)), "")


def find_kit(identifier: str) -> Path | None:
    """Return the kit of a contract, for students to check by; None if none ships."""
    kit = _kits() / f"{_RENAMED.get(identifier, identifier)}{KIT_SUFFIX}"
    return kit if kit.parent == _kits() and kit.is_file() else None


def hash_kit(data: bytes) -> str:
    """Return the hash by which people recognise a kit: the first 16 digits of the SHA-256 of its file."""
    return sha256(data).hexdigest()[:16]


def list_kits() -> tuple[str, ...]:
    """Return the ids of the contracts whose kits ship, sorted."""
    return tuple(sorted(file.name.removesuffix(KIT_SUFFIX) for file in _kits().glob(f"*{KIT_SUFFIX}")))


def _kits() -> Path:
    return _root().with_name("kits")


def _root() -> Path:
    return Path(str(resources.files("backmark.grader"))) / "assignments" / "gallery"


def _find(part: str) -> Path:
    """Return a folder of the gallery's distribution; raises BadAssignment where it is not installed."""
    folder = _root().with_name(part)
    if not folder.is_dir():
        raise BadAssignment(
            "whole assignments are not installed here: install backmark-gallery, which a clone has in setup/gallery"
        )
    return folder


def _read(folder: Path, other_names: Mapping[str, Mapping[str, str]]) -> GalleryEntry:
    tables = tomllib.loads(_read_text(folder))
    titles = {convention["name"]: convention["title"] for convention in tables.get("conventions", ())}
    return GalleryEntry(
        *(tables["id"], tables["title"], tables.get("course", ""), tables.get("convention", ""), folder),
        tuple(titles.values()),
        {name: titles[own["counts"]] for name, own in other_names.items() if own["entry"] == folder.name},
    )


def _read_text(folder: Path) -> str:
    return (folder / NAME).read_text(encoding="utf-8")
