"""Reads a result object back into the verdict that it was made from: the other way round of `Verdict.as_dict`."""

from collections.abc import Mapping
from typing import Any

from backmark.grader.model.stored import read
from backmark.grader.model.verdict import Verdict

#: The members that every result object has had from the first, though the record has a default.
_REQUIRED = frozenset({"properties", "statistics"})


def read_verdict(result: Mapping[str, Any]) -> Verdict:
    """The verdict of a result object; KeyError, TypeError or ValueError if it is none.

    Keys that are not known here are passed over: a server may be newer than who asks it. What an earlier version did
    not write has its default.
    """
    if missing := sorted(_REQUIRED - result.keys()):
        raise KeyError(f"a result object has {', '.join(missing)}")
    return read(Verdict, result)
