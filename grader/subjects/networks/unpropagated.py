"""Gradients that ignore the error at the output: asked with other targets, the layers below do not answer otherwise.

Random numbers, constants and zeros can hold the local equations of a step, and would earn its marks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from grader.model.formulas import Loss
from grader.oracle.answers import Answer, Candidate, Returned
from grader.oracle.cases import spread
from grader.oracle.network import Array, Network, forward
from grader.oracle.suite import Suite, build_unmeasured
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.evidence import Evidence
from grader.subjects.networks.form import read_like
from grader.subjects.networks.written import entries, statuses

#: Networks that are asked with other targets, one after the other until the gradients of one follow from its error.
PROBES = 6
#: Nothing is claimed of what is right on more than one in so many of the networks that could show it.
RIGHT = 20
#: Beyond this part of a number, rounding does not make it another.
SAME = 1e-12
#: An error so many times as large, and by how much numbers that follow from it grow at least.
LARGE, GREW = 2.0**24, 2.0**16

#: What is known of a network's layers, by list and layer.
Lists = dict[tuple[str, int], Array]


def telling(suite: Suite) -> list[int]:
    """The places of networks of one column that have a known derivative other than zero below the output layer."""
    hidden = [i for i, sizes in enumerate(suite.sizes) if len(sizes) > 2 and suite.columns[i] == 1]
    return [i for i in hidden if _depends(suite, i)]


def find_alive(suite: Suite, answers: Sequence[Answer], failing: Sequence[int]) -> list[int]:
    """The failing networks that have numbers other than zero below the output layer, if most have none."""
    deep = [i for i in failing if len(suite.sizes[i]) > 2]
    alive = [
        i
        for i in deep
        if isinstance(given := answers[i], Returned) and np.count_nonzero(given.numbers[: _count_lower(suite, i)])
    ]
    return alive if 2 * len(alive) < len(deep) else []


def _count_lower(suite: Suite, i: int) -> int:
    """The number of derivatives below the output layer."""
    sizes = suite.sizes[i]
    return suite.starts[i + 1] - suite.starts[i] - (sizes[-2] + 1) * sizes[-1]


def ignores_error(  # noqa: PLR0913 - what is asked, and what is known already
    candidate: Candidate[Suite],
    suite: Suite,
    telling: Sequence[int],
    evidence: Mapping[int, Evidence],
    failing: Sequence[int],
    assignment: Assignment,
) -> bool:
    """True if the gradients below the output layer do not follow from the error at the output, on `telling` networks.

    They are the same for other targets, also for an error of the other sign (constants, zeros), or differ from call to
    call and do not grow with the error (random numbers).
    """
    wrong = set(failing).intersection(telling)
    known = [i for i in telling if i in wrong and i in evidence]
    # Who is right somewhere has numbers there that follow from the error; by chance some may be.
    if not known or RIGHT * len(wrong) < (RIGHT - 1) * len(telling):
        return False
    evidence = {i: _leave_out_prefilled(evidence[i], suite.sizes[i]) for i in known}
    # What raised before it came to a lower layer says nothing of them.
    reached = [i for i in known if "1" in _lower(evidence[i])] or known
    # Zeros show less than other numbers; the output's own dl/dh shows nothing of what is below it.
    lower = {i: _collect_known(evidence[i], suite.sizes[i]) for i in reached}
    alive = [
        i
        for i in reached
        if any(np.count_nonzero(entry) for (name, _), entry in lower[i].items() if name != "all_dl_dh")
    ]
    heard = False
    for i in spread(alive or reached, PROBES):
        network = suite.networks[i]
        before = lower[i]
        tripled, large = (_with_error(network, assignment, times) for times in (3.0, LARGE))
        first = _ask(candidate, [tripled, large], evidence[i], assignment)
        if first is None or (all(first) and _grew_any(*first)):
            return False
        if all(first) and not any(np.count_nonzero(entry) for entry in first[0].values()):
            # Zeros follow from nothing, whatever the others are.
            heard = True
            continue
        # What grows with the error follows from it; the others are asked more.
        others = [_with_error(network, assignment, -3.0), _with_output(network, assignment), tripled]
        more = _ask(candidate, others, evidence[i], assignment)
        if more is None:
            return False
        if before and all(first) and all(more):
            heard = True
            if _follows(before, first[0], *more):
                return False
    return heard


def _ask(
    candidate: Candidate[Suite], asked: Sequence[Network], evidence: Evidence, assignment: Assignment
) -> list[Lists] | None:
    """Return the lists of each network, of the entries known of one of the same sizes; None if the candidate ended."""
    passes = [forward(network, assignment.formulas) for network in asked]
    answers = candidate.evidence(build_unmeasured(asked, passes, "probe"))
    if len(answers) < len(asked):
        return None
    sizes = asked[0].sizes
    before = _collect_known(evidence, sizes)
    alike = [_leave_out_prefilled(read_like(answer, evidence, sizes), sizes) for answer in answers]
    probes = [_collect_known(answer, sizes) for answer in alike]
    return [{at: probe[at] for at in probe.keys() & before.keys()} for probe in probes]


def _depends(suite: Suite, i: int) -> bool:
    """True if a derivative below the output layer of network `i` is known and not zero."""
    truth = suite.derivatives[suite.starts[i] :][: _count_lower(suite, i)]
    return bool((np.nan_to_num(truth) != 0).any())


def _with_error(network: Network, assignment: Assignment, times: float) -> Network:
    """The network with a target for which its error is so many times as large; as large as it can be for a class."""
    match assignment.formulas.loss:
        case Loss.LEAST_SQUARES:
            outputs = forward(network, assignment.formulas).f[-1]
            y = outputs - times * (outputs - network.y + 1)
        case Loss.BINARY_CROSS_ENTROPY:
            y = 1 - network.y
        case Loss.SOFTMAX_CROSS_ENTROPY:
            y = np.roll(network.y, 1, axis=0)
    return Network(network.weights, network.biases, network.net_input, y)


def _with_output(network: Network, assignment: Assignment) -> Network:
    """The network with biases that make its output larger, which a wrong derivative of the loss may follow, too.

    Each output keeps its sign: a mask of the wrong layer follows that, without any error.
    """
    output = forward(network, assignment.formulas).f[-1][:, :1]
    moved = network.biases[-1] + np.arange(1.0, 1.0 + len(output))[:, None] * output
    return Network(network.weights, (*network.biases[:-1], moved), network.net_input, network.y)


def _leave_out_prefilled(evidence: Evidence, sizes: Sequence[int]) -> Evidence:
    """The evidence; of a call that raised, without the zeros of a list in which no entry is missing.

    Whoever fills a list with zeros before the loop has them still in the layers that the call did not come to.
    """
    if evidence.ended:
        return evidence
    lists = entries(evidence, sizes)
    status = [
        "0" if "0" not in own and entry is not None and not np.count_nonzero(entry) else letter
        for name, own in statuses(evidence).items()
        for letter, entry in zip(own, lists[name], strict=True)
    ]
    return replace(evidence, status="".join(status))


def _lower(evidence: Evidence) -> str:
    """The status of each entry below the output layer, but for dh."""
    layers = len(evidence.status) // 4
    return "".join(evidence.status[at * layers : (at + 1) * layers - 1] for at in range(3))


def _collect_known(evidence: Evidence, sizes: Sequence[int]) -> Lists:
    """The entries known the farthest below the output: layers below it, else its input's gradient, else its own.

    Weights alone are not enough: their own line may be what ignores the error.
    """
    lists, top = entries(evidence, sizes), len(sizes) - 2
    known = {(name, k): entry for name in lists for k, entry in enumerate(lists[name]) if entry is not None}
    inputs = {at: entry for at, entry in known.items() if at[0] == "all_dl_dh"}
    outputs = {at: entry for at, entry in known.items() if at[0] != "all_dl_dh"}
    lower = {at: entry for at, entry in outputs.items() if at[1] < top}
    carried = any(name != "all_dl_dweights" for name, _ in lower)
    return lower if carried else lower | (inputs or outputs)


def _follows(before: Lists, once: Lists, opposite: Lists, moved: Lists, twice: Lists) -> bool:
    """True if the numbers changed with another error, alike each time; zeros show nothing."""
    once = {at: entry for at, entry in once.items() if np.count_nonzero(entry)}
    # A line for weights that reads f[-1] follows the output without any error.
    others = (before, opposite, {at: entry for at, entry in moved.items() if at[0] != "all_dl_dweights"})
    # Among numbers of any bits are some of which NumPy would warn.
    with np.errstate(all="ignore"):
        return bool(once) and _same(once, twice) and not all(_same(once, lists) for lists in others)


def _grew_any(once: Lists, grown: Lists) -> bool:
    """True if numbers that are not zero grew with the error."""
    # Among numbers of any bits are some of which NumPy would warn, also when `any` looks at them.
    with np.errstate(all="ignore"):
        once = {at: entry for at, entry in once.items() if np.count_nonzero(entry)}
        return bool(once) and _grew(once, grown)


def _same(first: Lists, second: Lists) -> bool:
    """True if none of what is known in both differs."""
    both = first.keys() & second.keys()
    return all(np.allclose(first[at], second[at], rtol=SAME, atol=0.0, equal_nan=True) for at in both)


def _grew(before: Lists, after: Lists) -> bool:
    """True if the numbers grew with the error."""
    small, large = (max(float(np.max(np.abs(entry))) for entry in lists.values()) for lists in (before, after))
    return large > GREW * small > 0
