"""A revision: an assignment and its networks, stored as data and named by a hash over both."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from importlib import resources
from typing import Any

import numpy as np

from grader.errors import AssignmentError, BadAssignment
from grader.model import Activation, Assignment, Feedback, Formulas, Home, Level, Limits, Loss, Range, Ranges, Reduction, Rubric
from grader.suite import Suite

#: Changes where what is stored, or how it is judged, is no longer the same.
FORMAT = 2

ARRAYS = ("parameters", "preactivations", "activations", "targets", "derivatives", "tolerances")


@dataclass(frozen=True, eq=False)
class Revision:
    """What a submission is judged against."""

    assignment: Assignment
    suite: Suite
    #: False where the networks are not the assignment's own.
    own_networks: bool = True
    #: On how many networks a right implementation puts each step to the test, worked out once; None where not yet.
    evidence: Mapping[str, int] | None = None

    @cached_property
    def networks_sha256(self) -> str:
        """A hash over the networks and their differences."""
        digest = hashlib.sha256(json.dumps(_described(self.suite)).encode())
        for name in ARRAYS:
            digest.update(np.ascontiguousarray(getattr(self.suite, name), dtype="<f8").tobytes())
        return digest.hexdigest()

    @cached_property
    def id(self) -> str:
        """A hash over the assignment and its networks."""
        text = f"{FORMAT}\n{assignment_to_json(self.assignment)}\n{self.networks_sha256}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def assignment_to_json(assignment: Assignment) -> str:
    """The assignment in one canonical form."""
    return json.dumps(asdict(assignment), sort_keys=True)


def assignment_from_json(text: str) -> Assignment:
    """The assignment that `assignment_to_json` wrote."""
    raw: dict[str, Any] = json.loads(text)
    formulas = raw["formulas"]
    raw["formulas"] = Formulas(
        Activation(formulas["activation"]),
        Loss(formulas["loss"]),
        formulas["slope"],
        Reduction(formulas.get("reduction", Reduction.SUM)),
    )
    raw["ranges"] = Ranges(**{name: Range(**ends) for name, ends in raw["ranges"].items()})
    raw["home"] = Home(**raw["home"])
    raw["limits"] = Limits(**raw["limits"])
    raw["rubric"] = Rubric(**raw["rubric"])
    feedback = raw["feedback"]
    raw["feedback"] = Feedback(**{**feedback, "level": Level(feedback["level"]), "hidden": tuple(feedback["hidden"])})
    raw["templates"] = tuple(raw["templates"])
    return Assignment(**{each.name: raw[each.name] for each in fields(Assignment)})


def dump(revision: Revision) -> bytes:
    """The revision as a NumPy archive without pickles, its own hash within."""
    header = {
        "format": FORMAT,
        "assignment": assignment_to_json(revision.assignment),
        "id": revision.id,
        "evidence": revision.evidence,
        **_described(revision.suite),
    }
    file = io.BytesIO()
    arrays = {name: getattr(revision.suite, name) for name in ARRAYS}
    np.savez_compressed(file, header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8), **arrays)
    return file.getvalue()


def load(data: bytes, name: str = "revision") -> Revision:
    """The revision that `dump` wrote; AssignmentError where it is damaged or of another format."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            header = json.loads(archive["header"].tobytes())
            arrays = {each: archive[each] for each in ARRAYS}
        if header["format"] != FORMAT:
            message = f"{name} was made by another version of Backmark; draw its networks again"
            raise AssignmentError(message)
        suite = Suite(
            tuple(tuple(sizes) for sizes in header["sizes"]),
            tuple(header["columns"]),
            tuple(header["corners"]),
            **arrays,
        )
        revision = Revision(assignment_from_json(header["assignment"]), suite, evidence=header["evidence"])
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        # Without NumPy's own words, which advise to open it unsafely.
        message = f"{name} is no revision, or is damaged; draw its networks again"
        raise AssignmentError(message) from error
    if revision.id != header["id"]:
        message = f"{name} is damaged (its content does not match its hash); draw its networks again"
        raise AssignmentError(message)
    return revision


def packaged(assignment_id: str) -> Revision:
    """A revision that ships with Backmark, such as `udl-7.2`."""
    folder = resources.files("grader") / "assignments"
    file = folder / f"{assignment_id}.npz"
    known = sorted(each.name.removesuffix(".npz") for each in folder.iterdir() if each.name.endswith(".npz"))
    if assignment_id not in known:
        message = f"there is no assignment {assignment_id!r}; shipped are {', '.join(known)}, or name a .toml file"
        raise BadAssignment(message)
    return load(file.read_bytes(), file.name)


def _described(suite: Suite) -> dict[str, Any]:
    return {"sizes": suite.sizes, "columns": suite.columns, "corners": suite.corners}
