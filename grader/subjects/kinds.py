"""The kinds of homework that this version knows: a stored revision names its kind, and nobody else asks."""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from grader.model.verdict import NETWORKS

if TYPE_CHECKING:
    from grader.judge.subject import JudgedRevision

#: By kind the module that reads what is stored of it: its `load(data, name)` returns a `JudgedRevision`.
KINDS: Mapping[str, str] = MappingProxyType({NETWORKS: "grader.subjects.networks.revision"})


def load(data: bytes, name: str = "revision") -> "JudgedRevision":
    """Return the revision that was stored, of whatever kind.

    MadeByNewerVersion if this version does not know its kind, its format or one of its fields; AssignmentError if it
    is damaged.
    """
    revision: JudgedRevision = import_module(KINDS.get(_kind(data), KINDS[NETWORKS])).load(data, name)
    return revision


def _kind(data: bytes) -> str:
    """The kind that an archive names; if it names none, or is none, the kind that explains what is wrong with it."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return str(json.loads(archive["header"].tobytes()).get("kind", NETWORKS))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error):
        return NETWORKS
