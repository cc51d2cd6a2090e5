"""The entries that a function leaves out, or to which it gives another shape."""

from collections.abc import Mapping

import numpy as np

from grader.oracle.suite import Suite
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.observed import RIGHT_LINES
from grader.subjects.networks.evidence import Evidence
from grader.subjects.networks.written import LINES, find_skipped


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
                " the loop come to?",
                "The loop has to come to each layer from K down to 0: range(K, -1, -1).",
                fails=(),
            )
    return None


#: The line that writes each list, with the list that it reads, and how many layers higher that entry is.
_READS = {
    "all_dl_dbiases": (Where.BIAS, "all_dl_df", 0),
    "all_dl_dweights": (Where.WEIGHT, "all_dl_df", 0),
    "all_dl_dh": (Where.ACTIVATION, "all_dl_df", 0),
    "all_dl_df": (Where.DERIVATIVE, "all_dl_dh", 1),
}
#: The array whose shape an entry has.
_SHAPES = {
    "all_dl_dbiases": "all_biases",
    "all_dl_dweights": "all_weights",
    "all_dl_dh": "all_h",
    "all_dl_df": "all_f",
}


def find_misshapen(suite: Suite, evidence: Mapping[int, Evidence], failed: frozenset[str]) -> tuple[Bug, ...]:
    """The lines of failed steps that write an array of another shape, though what they read has the right one."""
    bugs: dict[Where, Bug] = {}
    for i in sorted(evidence, key=lambda i: (len(suite.sizes[i]), i)):
        layers = len(suite.sizes[i]) - 1
        status = {name: evidence[i].status[at * layers : (at + 1) * layers] for at, name in enumerate(LINES)}
        for name, (where, source, above) in _READS.items():
            for k in range(layers - above):
                wrong = status[name][k] in "23" and status[source][k + above] == "1"
                if wrong and where not in bugs and where.value.name in failed:
                    bugs[where] = _describe_misshapen(where, name, k, f"{source}[{k + above}]", layers - 1)
    return tuple(bugs.values())


def _describe_misshapen(where: Where, name: str, k: int, source: str, depth: int) -> Bug:
    index = "layer-1" if where is Where.DERIVATIVE else "layer"
    return Bug(
        f"observed_{where.name.lower()}",
        f"leaves {name}[{index}] in another shape than {_SHAPES[name]}[{index}]",
        where,
        (),
        f"With K = {depth}, {name}[{k}] has another shape than {_SHAPES[name]}[{k}], though {source} has the right one."
        " Which shapes go into that line, and which comes out?",
        f"{name}[{index}] has the shape of {_SHAPES[name]}[{index}]; {RIGHT_LINES[where]}.",
    )
