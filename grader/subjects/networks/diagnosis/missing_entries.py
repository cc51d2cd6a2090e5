"""The entries that a function leaves out, returns in another order or shape, or keeps in the same memory."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from grader.oracle.network import Array
from grader.oracle.suite import Suite, matrices
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.bugs import returned
from grader.subjects.networks.diagnosis.case import EVIDENCE
from grader.subjects.networks.diagnosis.observed import RIGHT_LINES
from grader.subjects.networks.diagnosis.operands import LIST_LINES
from grader.subjects.networks.diagnosis.student_pass import is_close
from grader.subjects.networks.evidence import LINES, Evidence, ReturnedForm
from grader.subjects.networks.written import entries, find_skipped, statuses

#: The bug that returns right numbers like this.
_ORDERS = {
    ReturnedForm.TWICE: "one_list_twice",
    ReturnedForm.SWAPPED: "returned_swapped",
    ReturnedForm.REVERSED: "returned_reversed",
    ReturnedForm.WEIGHTS_REVERSED: "weights_reversed",
    ReturnedForm.BIASES_REVERSED: "biases_reversed",
    ReturnedForm.PAIRS: "returned_pairs",
}


def find_order(evidence: Mapping[int, Evidence]) -> Bug | None:
    """The other order in which the lists of every call that came to its end are returned, or one list for both."""
    forms = {observed.form for observed in evidence.values() if observed.ended}
    name = _ORDERS.get(next(iter(forms))) if len(forms) == 1 else None
    bug = next((bug for bug in returned.BUGS if bug.id == name), None)
    if bug is None:
        return None
    if bug.id == _ORDERS[ReturnedForm.TWICE]:
        return bug
    named = "Except in the example, entries are named as if your lists came in the order that was asked for."
    return replace(bug, hint=f"{bug.hint} {named}")


def find_layers_left_out(suite: Suite, evidence: Mapping[int, Evidence]) -> Bug | None:
    """The layers for which a loop writes nothing, though their dl/df is there."""
    for i in sorted(evidence, key=lambda i: (len(suite.sizes[i]), i)):
        if suite.columns[i] > 1 or not evidence[i].ended:
            continue
        skipped = np.flatnonzero(find_skipped(evidence[i], suite.sizes[i])).tolist()
        if skipped:
            k, depth = skipped[-1], len(suite.sizes[i]) - 2
            lists = f"all_dl_dweights[{k}], all_dl_dbiases[{k}] and all_dl_dh[{k}]"
            return Bug(
                "layers_left_out",
                "leaves zeros or nothing in the lists of a layer that has its dl/df",
                Where.WHOLE,
                (),
                f"With K = {depth}, {lists} hold zeros or nothing, though all_dl_df[{k}] is there. Which layers does"
                " your code come to?",
                "Each layer from K down to 0 has its gradients: range(K, -1, -1) comes to all of them.",
                fails=(),
            )
    return None


def find_misshapen(suite: Suite, evidence: Mapping[int, Evidence], failed: frozenset[str]) -> tuple[Bug, ...]:
    """The lines of failed steps that write an array of another shape, though what they read has the right one."""
    bugs: dict[Where, Bug] = {}
    for i in sorted(evidence, key=lambda i: (len(suite.sizes[i]), i)):
        layers, status = len(suite.sizes[i]) - 1, statuses(evidence[i])
        for name, line in LIST_LINES.items():
            for k in range(layers - line.above):
                wrong = status[name][k] in "23" and status[line.source][k + line.above] == "1"
                if wrong and line.where not in bugs and line.where.value.name in failed:
                    bugs[line.where] = _describe_misshapen(name, k, layers - 1)
    return tuple(bugs.values())


def _describe_misshapen(name: str, k: int, depth: int) -> Bug:
    line = LIST_LINES[name]
    index, source = "layer-1" if line.above else "layer", f"{line.source}[{k + line.above}]"
    return Bug(
        f"observed_{line.where.name.lower()}",
        f"leaves {name}[{index}] in another shape than {line.alike}[{index}]",
        line.where,
        (),
        f"With K = {depth}, {name}[{k}] has another shape than {line.alike}[{k}], though {source} has the right one."
        " Which shapes go into that line, and which comes out?",
        f"{name}[{index}] has the shape of {line.alike}[{index}]; {RIGHT_LINES[line.where]}.",
    )


def find_shared_memory(
    suite: Suite, evidence: Mapping[int, Evidence], wrong: Collection[int], failed: frozenset[str]
) -> tuple[Bug, ...]:
    """The lists of failed steps in which entries have memory in common, on every wrong network that was read."""
    read = {i: observed for i, observed in evidence.items() if i in wrong}
    if len(read) < EVIDENCE:
        return ()
    shared = [
        name
        for at, name in enumerate(LINES)
        if all(
            any(observed.within[at : at + 1]) and _is_written_over(suite, i, observed, name)
            for i, observed in read.items()
        )
    ]
    return tuple(
        _describe_shared(name, LIST_LINES[name].where) for name in shared if LIST_LINES[name].where.value.name in failed
    )


def _is_written_over(suite: Suite, i: int, observed: Evidence, name: str) -> bool:
    """True if each gradient that is wrong begins with the numbers of another entry, as in memory that they share."""
    truths = matrices(suite.sizes[i], suite.derivatives[suite.starts[i] : suite.starts[i + 1]])
    right = {"all_dl_dweights": truths[0::2], "all_dl_dbiases": truths[1::2]}.get(name)
    if right is None:
        return True
    arrays = entries(observed, suite.sizes[i])[name]
    return all(
        array is not None
        and (
            is_close(array[np.isfinite(truth)], truth[np.isfinite(truth)])
            or any(_begin_alike(array, other) for other in arrays if other is not array)
        )
        for array, truth in zip(arrays, right, strict=True)
    )


def _begin_alike(array: Array, other: Array | None) -> bool:
    """True if the shorter of two arrays holds the first numbers of the longer one."""
    if other is None:
        return False
    count = min(array.size, other.size)
    return np.array_equal(array.ravel()[:count], other.ravel()[:count])


def _describe_shared(name: str, where: Where) -> Bug:
    return Bug(
        "entries_share_memory",
        f"keeps several entries of {name} in the same memory",
        where,
        (),
        f"After a call, change a number of one entry of {name}: which other entries change with it? Where is the array"
        " of each layer made?",
        f"Entries of {name} have numbers in the same memory: what is written into one changes another one, too."
        " Each layer needs an array of its own, such as a copy.",
    )
