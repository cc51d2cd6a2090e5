"""Drawn cases of a contract before anything is known of them: dims, and inputs as the jail is told of them."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from backmark.grader.contracts.cases import trees
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.trees import Description

#: The corner of cases that are drawn freely, and of small cases of simple numbers.
ANY, SIMPLE = "any", "simple"


@dataclass(frozen=True, eq=False)
class DrawnCase:
    """One case: its dims, its inputs by their descriptions, and their numbers one after the other."""

    dims: Mapping[str, Any]
    inputs: Mapping[str, Description]
    numbers: Array
    corner: str = ""

    @property
    def dim_sizes(self) -> list[int]:
        """The sizes among its dims, each by itself where several stand in a list; other numbers are no sizes."""
        dims = self.dims.values()
        return [size for dim in dims for size in (dim if isinstance(dim, list) else [dim]) if type(size) is int]

    @property
    def size(self) -> int:
        """The number of numbers in its inputs."""
        return len(self.numbers)

    def values(self) -> dict[str, Any]:
        """Return the inputs by their names."""
        parts = {}
        start = 0
        for name, described in self.inputs.items():
            stop = start + trees.count(described)
            parts[name] = trees.make(described, self.numbers[start:stop])
            start = stop
        return parts

    def key(self) -> bytes:
        """Return the same for the same case, whatever it stands among."""
        described = json.dumps([self.dims, self.inputs], sort_keys=True).encode()
        return hashlib.sha256(described + self.numbers.tobytes()).digest()

    def bind(self, more: Mapping[str, Any]) -> "DrawnCase":
        """Return the case with more inputs behind its own."""
        described = dict(self.inputs)
        numbers = [self.numbers]
        for name, value in more.items():
            described[name], part = trees.describe(value)
            numbers.append(part)
        return DrawnCase(self.dims, described, np.concatenate(numbers), self.corner)


def dump_cases(assignment: str, cases: Sequence[DrawnCase], ladder: Sequence[DrawnCase]) -> bytes:
    """Return drawn cases, and smaller ones for counterexamples, as an archive of plain arrays."""
    header = {
        "assignment": assignment,
        "cases": [describe_case(case) for case in cases],
        "ladder": [describe_case(case) for case in ladder],
    }
    file = io.BytesIO()
    numbers = np.concatenate([np.zeros(0), *(case.numbers for case in (*cases, *ladder))])
    np.savez_compressed(file, header=np.frombuffer(json.dumps(header).encode(), np.uint8), numbers=numbers)
    return file.getvalue()


def load_cases(data: bytes) -> tuple[str, list[DrawnCase], list[DrawnCase]]:
    """Return what `dump_cases` was given."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        header = json.loads(archive["header"].tobytes())
        numbers = archive["numbers"]
    every = read_cases([*header["cases"], *header["ladder"]], numbers)
    count = len(header["cases"])
    return header["assignment"], every[:count], every[count:]


def describe_case(case: DrawnCase) -> dict[str, Any]:
    """Return a case as JSON, without its numbers."""
    return {"dims": dict(case.dims), "inputs": list(case.inputs.items()), "corner": case.corner}


def read_cases(described: Sequence[Mapping[str, Any]], numbers: Array) -> list[DrawnCase]:
    """Return the cases of these descriptions, whose numbers stand one after the other."""
    inputs = [dict(case["inputs"]) for case in described]
    starts = [0, *accumulate(sum(map(trees.count, described_inputs.values())) for described_inputs in inputs)]
    return [
        DrawnCase(case["dims"], own, numbers[start:stop], case["corner"])
        for case, own, (start, stop) in zip(described, inputs, pairwise(starts), strict=True)
    ]
