"""Every answer of a jail, declared once: its members, what they may be, and how many of them.

What comes back was made by a process that a student's code can steer.
"""

from collections.abc import Mapping
from typing import Any

from backmark.worker.sandbox.inside.entry import (
    LONGEST_NAME,
    LONGEST_SPELLED,
    LONGEST_TYPE,
    LONGEST_WORD,
    MOST_CAUSES,
    MOST_FORMS,
    MOST_LEFT_OUT,
    MOST_PARAMETERS,
    MOST_SITE_STATEMENTS,
    MOST_SITES,
    MOST_WORDS,
    MOST_WRITERS,
    MOST_WRITTEN_EDITS,
    SITE_KINDS,
    EditKind,
    Entry,
)
from backmark.worker.sandbox.shapes import (
    Shape,
    anything,
    both,
    flag,
    line,
    many,
    one_of,
    optional,
    raw,
    record,
    row,
    text,
    whole,
)

#: Lines of the student's that an exception or a refusal names.
MOST_NAMED = 100
#: Lines that write results.
MOST_WRITES = 100
#: Cells, and lines of a file; axes of an array; characters of a program, fewer than bytes of a frame.
_LINES, _AXES, _CHARACTERS = 10_000_000, 64, 1 << 24

COUNT = whole(0, (1 << 63) - 1)
LINE = whole(0, _LINES - 1)
#: A cell (0 in a file) and the number of a line.
_SPOT = row(LINE, LINE)
SPOTS = many(_SPOT, MOST_NAMED)
_SHAPE = many(COUNT, _AXES)
_WORD, _SPELLED = line(LONGEST_WORD), line(LONGEST_SPELLED)
_EDIT_KIND = one_of(frozenset(map(str, EditKind)))


def _is_name(value: object) -> bool:
    """Return True for a variable, or an attribute of one."""
    return isinstance(value, str) and len(value) <= LONGEST_NAME and all(map(str.isidentifier, value.split(".", 1)))


#: An expression of a line that raised: its text, its type, its sizes, its number, its text by numbers.
_MISTAKEN_OPERAND = row(_WORD, _WORD, _SHAPE, optional(whole(1 - (1 << 31), (1 << 31) - 1)), _WORD)
_MISTAKE = record(
    {
        **dict.fromkeys(("kind", "part", "callee"), _WORD),
        "operands": many(_MISTAKEN_OPERAND, MOST_WORDS),
        "words": many(_WORD, MOST_WORDS),
        "spot": _SPOT,
    }
)
_EXCEPTION: Mapping[str, Shape] = {
    "type": text(200),
    "message": text(2_000),
    "traceback": text(8_000),
    "frames": SPOTS,
    "lines": SPOTS,
}
_MISTAKEN = {"mistake": _MISTAKE}
#: Why a submission cannot be graded.
REJECTION = record(
    {"listing": anything, "rejected": record({"reason": raw(100), "message": raw(8_000), "lines": SPOTS})}
)
RAISED = record({"kind": one_of({"raised"}), **_EXCEPTION}, _MISTAKEN)


def answers_of(entry: Entry, *, refers: bool) -> dict[str, Shape]:
    """Return by kind the shapes of what a submission answers, or with `refers` the reference."""
    changed = many(one_of(entry.arguments), len(entry.arguments))
    returned = record({"kind": one_of({"returned"}), "changed": changed})
    if refers:
        return {"returned": returned, "raised": RAISED}
    received = record(
        {
            "type": text(200),
            "shape": optional(_SHAPE),
            "dtype": optional(text(200)),
            "length": optional(COUNT),
        }
    )
    malformed = record({"where": one_of(entry.results), "found": received})
    lacking = one_of({"", *entry.functions, *entry.beside})
    partial = record(
        {
            "kind": one_of({"partial"}),
            "changed": changed,
            "status": _is_status,
            "raised": optional(record(_EXCEPTION, _MISTAKEN)),
            "malformed": many(malformed, MOST_FORMS),
        },
        # The type of an exception, a lacking function, and the places of the results that have no value for it.
        {"completed": flag, "causes": many(row(text(LONGEST_TYPE), lacking, many(LINE, _LINES)), MOST_CAUSES)},
    )
    return {"returned": returned, "partial": both(partial, _is_of_its_results)}


def extraction_of(entry: Entry) -> Shape:
    """Return the shape of what was read of a submission; its cells are read by themselves."""
    writes = row(one_of({*entry.lists, *entry.beside}), LINE, LINE)
    # A function, the number of values that it is passed, its other parameters, whether names of theirs are bound.
    parameters = row(one_of(entry.functions), LINE, many(line(LONGEST_NAME), MOST_PARAMETERS), flag)
    return record(
        {
            "listing": anything,
            "fingerprint": raw(1_000),
            "left_out": many(raw(8_000), MOST_LEFT_OUT),
            "literals": COUNT,
            "writes": many(writes, MOST_WRITES),
            "own_parameters": many(parameters, len(entry.functions)),
        }
    )


def _is_status(value: object) -> bool:
    """Return True for what became of each result, a digit each."""
    return isinstance(value, str) and set(value) <= set("012")


def _is_of_its_results(partial: Any) -> bool:
    """Return True if an answer in parts says why it is none, and its causes are those of results that it has."""
    results = len(partial["status"])
    causes = [places for _, _, places in partial.get("causes", ())]
    return (partial["raised"] is not None or bool(partial["malformed"])) and all(
        len(places) <= results and max(places, default=-1) < results for places in causes
    )


def written_with(statements: int, sites: int) -> Shape:
    """Return the shape of a program that was written, with so many statements and sites, or with edits."""
    statement, any_site = whole(-1, statements - 1), whole(-1, MOST_SITES - 1)
    written_statement = record(
        {
            "spot": _SPOT,
            "root": any_site,
            **dict.fromkeys(("names", "returns", "loops", "starts", "adds", "called"), flag),
            **dict.fromkeys(("given", "placeholder", "absent"), flag),
            "begun": whole(0, statements - 1),
            "target": _SPELLED,
        }
    )
    operand = row(any_site, optional(_is_real))
    site = record(
        {
            "kind": one_of(SITE_KINDS),
            "statement": whole(0, statements - 1),
            "parent": any_site,
            "spot": _SPOT,
            **dict.fromkeys(("variable", "root"), flag),
            "writers": many(statement, MOST_WRITERS),
            "operator": one_of({"", "*", "+", "-", "/"}),
            "operands": many(operand, 2),
        }
    )
    return record(
        {
            "text": raw(_CHARACTERS),
            "statements": many(written_statement, MOST_SITE_STATEMENTS),
            "sites": many(both(site, _has_its_operands), MOST_SITES),
            "edits": many(row(LINE, _EDIT_KIND, _SPELLED, _SPELLED), MOST_WRITTEN_EDITS),
            "changed": many(whole(-1, sites - 1), MOST_SITE_STATEMENTS),
        }
    )


def _is_real(value: object) -> bool:
    return type(value) is float


def _has_its_operands(site: Any) -> bool:
    return len(site["operands"]) == (2 if site["operator"] else 0)
