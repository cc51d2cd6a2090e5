"""The kind of homework that layered networks are, from an assignment's file to a revision."""

# ruff: noqa: PLC0415 - the web server reads assignments and has no NumPy; who grades needs no pydantic

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.model import stored
from grader.model.words import KindWords
from grader.subjects.networks import words
from grader.subjects.networks.assignment import Assignment, Range

if TYPE_CHECKING:
    from grader.model.packaged import ArchiveHeader
    from grader.model.survey import Survey
    from grader.subjects.networks.revision import NetworksRevision
    from grader.subjects.workshop import Workshop

TITLES: Mapping[str, str] = words.TITLES
WORDS: KindWords = words.WORDS
#: As the notebook has them: all_dl_df[layer-1], np.zeros_like, all_h[layer].T.
CODE = r"(?:all_[a-z_]+|backward_pass|np(?:\.[a-z_]+)+|net_[a-z]+|d_loss_[a-z_]+)(?:\[[^\[\]]{1,20}\])?(?:\.T\b)?"
PUBLIC_SETTINGS: tuple[str, ...] = ("formulas", "ranges", "home", "networks", "home_networks", "rtol")
PARTLY_RAISING = "any_shape"
RUNS_CODE = False
DRAWING = "grader.subjects.networks.draw"


def layout() -> int:
    """Return the layout of its archives."""
    from grader.subjects.networks.revision import FORMAT

    return FORMAT


def complete(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored assignment's settings with the defaults of those that it lacks."""
    return stored.complete(Assignment, settings)


def read(tables: Mapping[str, Any], name: str) -> Assignment:
    """Return the assignment that a file's tables describe; raises BadAssignment."""
    from grader.subjects.networks import assignment_toml

    return assignment_toml.from_tables(tables, name)


def read_header(data: bytes) -> "ArchiveHeader":
    """Return the header of a stored revision; OSError, ValueError or KeyError if it is damaged."""
    from grader.subjects.networks import archive

    return archive.read_header(data)


def load(data: bytes, name: str) -> "NetworksRevision":
    """Return a stored revision; raises AssignmentError."""
    from grader.subjects.networks import revision

    return revision.load(data, name)


def finish(data: bytes, name: str, workshop: "Workshop", *, pool: bool) -> bytes:  # noqa: ARG001 - the seam's
    """Return a drawn revision with the number of networks that put each step to the test.

    Worked out once; the drawing process may not import what judges, or a change there would draw others.
    """
    from grader.subjects.networks.revision import dump
    from grader.subjects.networks.rubric import evidence

    drawn = load(data, name)
    return dump(replace(drawn, evidence=evidence(drawn.suite, drawn.assignment)))


def vary(assignment: Assignment, seed: int | None, cases: int | None) -> Assignment:
    """Return the assignment with another seed, or another number of networks, unless they are None."""
    count = assignment.networks if cases is None else cases
    return replace(
        assignment,
        seed=assignment.seed if seed is None else seed,
        networks=count,
        home_networks=min(count, assignment.home_networks),
    )


def renewable(assignment: Assignment) -> int:
    """Return the number of its networks: fresh ones may replace some of them."""
    return assignment.networks


def survey(revision: "NetworksRevision") -> "Survey":
    """Return the figures of a revision's networks."""
    from grader.subjects.networks import summary

    return summary.describe(summary.survey(revision.assignment, revision.id, revision.suite))


def propose_changes(assignment: Assignment) -> Iterator[tuple[str, Assignment]]:
    """Yield changed settings as the file has them, the least intrusive first; the home shape stays within them."""
    from grader.subjects.networks.assignment_toml import MOST_NETWORKS

    ranges, home = assignment.ranges, assignment.home
    for factor in (2, 5):
        networks = min(MOST_NETWORKS, factor * assignment.networks)
        if networks > assignment.networks:
            yield f"networks = {networks}", replace(assignment, networks=networks)
    depth, widths = ranges.depth, ranges.widths
    middle = max((depth.least + depth.most) // 2, home.depth if home.depth in depth else 0, 1)
    changes = [
        ("depth", Range(depth.least, middle)) if depth.least <= middle < depth.most else None,
        ("depth", Range(depth.least, 3)) if depth.most < 3 else None,
        ("widths", Range(widths.least, max(6, widths.most * 2))) if widths.most <= 32 else None,
        ("outputs", Range(ranges.outputs.least, 4)) if ranges.outputs.most < 4 else None,
        ("inputs", Range(ranges.inputs.least, 4)) if ranges.inputs.most < 4 else None,
    ]
    for name, limits in filter(None, changes):
        setting = f"ranges.{name} = [{limits.least}, {limits.most}]"
        yield setting, replace(assignment, ranges=replace(ranges, **{name: limits}))
