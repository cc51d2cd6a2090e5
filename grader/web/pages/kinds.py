"""What pages say of each kind of homework: the words, and how a counterexample is drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from grader.model.verdict import NETWORK, NETWORKS
from grader.web.pages.comparing import Array, compared, compared_results
from grader.web.pages.drawing import Drawing, drawn

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """How a kind of homework is spoken of."""

    #: Of who passed, and of who did not yet.
    passed: str
    failed: str
    #: What is compared, such as "derivatives" on "network".
    numbers: str
    joint: str
    noun: str
    #: What they agree with.
    truth: str
    #: What is done with a file that is handed in.
    asked: str


_ANY = Words(
    "Your code is right.",
    "Your code is not right yet.",
    "numbers",
    "in",
    "case",
    "what is expected",
    "It is run on many small cases, and each number is compared with what is expected.",
)
_WORDS = MappingProxyType(
    {
        NETWORKS: Words(
            "Your backward pass is right.",
            "Your backward pass is not right yet.",
            "derivatives",
            "on",
            "network",
            "finite differences",
            "It is run on hundreds of small networks, and\neach derivative is compared with finite differences.",
        )
    }
)


def words(kind: str) -> Words:
    """The words for a kind of homework; those that fit any for one that has none of its own."""
    return _WORDS.get(kind, _ANY)


@dataclass(frozen=True, slots=True)
class Shown:
    """A counterexample as numbers and perhaps as a picture, with what is said of them."""

    noun: str
    heading: str
    intro: str
    arrays: tuple[Array, ...]
    first: str | None
    drawing: Drawing | None = None


def shown(example: Raw, formulas: Raw) -> Shown:
    """The counterexample drawn as its kind is; as heat maps alone if its kind has no drawing."""
    return _DRAWN.get(example.get("kind", NETWORK), _case)(example, formulas)


def _network(example: Raw, formulas: Raw) -> Shown:
    arrays = compared(example)
    index = f"[{', '.join(map(str, example['index'] or ()))}]"
    first = f"all_dl_d{example['parameter']}[{example['layer']}]{index}" if example["parameter"] else None
    return Shown(
        "network",
        "The derivatives, layer by layer",
        "From the output down, as backpropagation goes.",
        tuple(arrays),
        first,
        drawn(example, arrays, formulas),
    )


def _case(example: Raw, _: Raw) -> Shown:
    first = example["first"]
    where = None if first is None else f"{first['result']}[{', '.join(map(str, first['index']))}]"
    return Shown(
        "case", "The results", "", tuple(compared_results(example)), where.removesuffix("[]") if where else None
    )


_DRAWN: Mapping[str, Callable[[Raw, Raw], Shown]] = MappingProxyType({NETWORK: _network})
