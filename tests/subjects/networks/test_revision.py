"""What is stored of a revision is read by later versions, and what a later version stored is refused as such."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from importlib import resources
from typing import Any

import numpy as np
import pytest

from grader.errors import AssignmentError, MadeByNewerVersion
from grader.subjects.networks.archive import ARRAYS
from grader.subjects.networks.assignment import Assignment, Rubric, assignment_from_json
from grader.subjects.networks.revision import NetworksRevision, dump, load
from tests.networks import NetworksJudge, load_layered

Raw = dict[str, Any]

UDL = load_layered().id


def read_stored() -> Raw:
    """The shipped assignment's JSON, as a new object."""
    raw: Raw = json.loads(load_layered().assignment_json)
    return raw


def places(raw: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every field of every object, by its path."""
    for name, value in raw.items():
        yield (*path, name)
        if isinstance(value, Mapping):
            yield from places(value, (*path, name))


FIELDS = list(places(read_stored()))
#: Fields that no assignment is without.
REQUIRED = [("id",), ("title",), *[path for path in FIELDS if path[0] == "ranges" and len(path) == 3]]
OBJECTS = [(), *[path[:-1] for path in FIELDS if len(path) > 1]]


def find_object(raw: Raw, path: tuple[str, ...]) -> Raw:
    """The object at that path."""
    for name in path:
        raw = raw[name]
    return raw


def archive(assignment: str, **header: Any) -> bytes:
    """The shipped networks with another text and header, and with the id that a writer of these would give."""
    suite = load_layered().suite
    networks = NetworksRevision(load_layered().assignment, suite).cases_sha256
    described = {"sizes": suite.sizes, "columns": suite.columns, "corners": suite.corners}
    id_ = sha256(f"2\n{assignment}\n{networks}".encode()).hexdigest()[:16]
    full_header = {"format": 2, "assignment": assignment, "id": id_, "evidence": None, **described, **header}
    file = io.BytesIO()
    arrays = {name: getattr(suite, name) for name in ARRAYS}
    np.savez(file, header=np.frombuffer(json.dumps(full_header).encode(), dtype=np.uint8), **arrays)
    return file.getvalue()


def test_a_revision_keeps_its_id_when_it_is_stored_again() -> None:
    """Those that 0.1 shipped and stored are among `tests/stored`."""
    assert load(dump(load_layered())).id == UDL


@pytest.mark.parametrize("path", [path for path in FIELDS if path not in REQUIRED], ids=".".join)
def test_a_field_that_a_stored_assignment_lacks_has_its_default(path: tuple[str, ...]) -> None:
    """As if this version had added it: the id is a hash over the text as it is stored, whatever it lacks."""
    raw = read_stored()
    del find_object(raw, path[:-1])[path[-1]]
    text = json.dumps(raw, sort_keys=True)
    revision = load(archive(text))
    value: Any = revision.assignment
    default: Any = Assignment("x", "x")
    for name in path:
        value, default = getattr(value, name), getattr(default, name)
    assert value == default
    assert revision.assignment_json == text
    assert (revision.id == UDL, load(dump(revision)).id) == (False, revision.id)


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: ".".join(path) or "assignment")
def test_a_field_that_a_later_version_added_is_refused_as_such(path: tuple[str, ...]) -> None:
    raw = read_stored()
    find_object(raw, path)["invented"] = 1
    with pytest.raises(MadeByNewerVersion, match=r"newer version of Backmark.*invented") as refusal:
        load(archive(json.dumps(raw)))
    assert "damaged" not in str(refusal.value)


@pytest.mark.parametrize("path", REQUIRED, ids=".".join)
def test_an_assignment_of_another_form_is_refused_as_a_later_version_s(path: tuple[str, ...]) -> None:
    raw = read_stored()
    del find_object(raw, path[:-1])[path[-1]]
    with pytest.raises(MadeByNewerVersion):
        load(archive(json.dumps(raw)))


@pytest.mark.parametrize(("field", "name"), [("activation", "gelu"), ("loss", "hinge")])
def test_a_formula_that_a_later_version_added_is_refused_by_name(field: str, name: str) -> None:
    raw = read_stored()
    raw["formulas"][field] = name
    with pytest.raises(MadeByNewerVersion, match=name):
        load(archive(json.dumps(raw)))


@pytest.mark.parametrize(
    ("header", "words"),
    [({"format": 3}, "format 3"), ({"kind": "contract"}, "kind.*contract"), ({"cases": []}, "it has cases")],
)
def test_another_format_or_kind_is_refused_as_such(header: Raw, words: str) -> None:
    with pytest.raises(MadeByNewerVersion, match=words):
        load(archive(json.dumps(read_stored()), **header))


def test_an_archive_of_another_kind_need_not_hold_networks() -> None:
    file = io.BytesIO()
    header = {"format": 2, "kind": "contract", "id": "x"}
    np.savez(file, header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8))
    with pytest.raises(MadeByNewerVersion, match="contract"):
        load(file.getvalue())


@pytest.mark.parametrize("header", [{"format": 1}, {"format": "2"}, {"id": "0" * 16}])
def test_what_is_older_or_damaged_is_never_called_newer(header: Raw) -> None:
    with pytest.raises(AssignmentError, match="draw its networks again") as refusal:
        load(archive(json.dumps(read_stored()), **header))
    assert not isinstance(refusal.value, MadeByNewerVersion)


def test_other_networks_keep_the_stored_text_and_another_assignment_cannot() -> None:
    raw = read_stored()
    del raw["feedback"]
    revision = load(archive(json.dumps(raw)))
    other_revision = replace(revision, suite=revision.suite.take([0, 1]), own_cases=False)
    assert (other_revision.assignment_json, other_revision.id == revision.id) == (json.dumps(raw), False)
    with pytest.raises(ValueError, match="stored"):
        replace(revision, assignment=Assignment("x", "x"))


def test_evidence_that_lacks_a_step_is_worked_out_again(udl: NetworksJudge) -> None:
    """A step that was added since is judged on revisions of before."""
    evidence = dict(udl.revision.evidence or {})
    del evidence["relu_derivative"]
    older_judge = NetworksJudge(replace(udl.revision, evidence=evidence))
    assert older_judge.subject.right(200) == udl.subject.right(200)


def test_the_shipped_archive_is_of_format_two() -> None:
    """Draw no new one for a new field: it is the example of what was stored by 0.1."""
    data = (resources.files("grader") / "assignments" / "udl-7.2.npz").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive_file:
        assert b'"format": 2' in archive_file.read("header.npy")


def test_an_assignment_is_read_whatever_the_order_of_its_fields() -> None:
    text = json.dumps(dict(reversed(read_stored().items())))
    assert assignment_from_json(text) == load_layered().assignment


def test_a_field_that_is_added_has_what_held_before_as_its_default() -> None:
    """An assignment of 0.1 with nothing but what it must have, as its marks were then."""
    assert assignment_from_json('{"id": "x", "title": "X"}').rubric == Rubric(2, 2, 2, 2, 2, 0, 0)
