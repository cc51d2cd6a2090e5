"""The rows of a verdict that are about networks: the four steps and any shape, from the answers to a suite."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from grader.judge.agreement import AGREEMENT, PURE, all_wrong_entries, disagreeing
from grader.judge.row import Fails, Row
from grader.model.assignment import Assignment, Rubric
from grader.model.verdict import Mark
from grader.model.words import TITLES
from grader.oracle.answers import Answer, Evidence, Malformed, Returned
from grader.oracle.cases import Booleans
from grader.oracle.reference import gradient
from grader.oracle.suite import Suite, flatten
from grader.subjects.networks import wording
from grader.subjects.networks.form import reformed
from grader.subjects.networks.layers import Layers, stack, stacked
from grader.subjects.networks.steps import STEPS, Reading, Step, judge
from grader.subjects.networks.written import Written, WrittenStep, merged
from grader.subjects.networks.written import judge as judge_lists
from grader.subjects.networks.written import spread as spread_lists

#: The two steps that carry the derivative back: in what comes back only their product can be seen.
PROPAGATION = ("relu_derivative", "activation_gradient")

#: The rows of a verdict, in order.
ORDER = (AGREEMENT, *STEPS, "any_shape", "form", PURE)


def steps(suite: Suite, layers: Layers, answers: Sequence[Answer], assignment: Assignment) -> dict[str, Row]:
    """The four steps under the reading that gives more marks; the first on a tie."""
    return read_steps(suite, layers, answers, assignment)[1]


def _returned_right(suite: Suite, layers: Layers, answers: Sequence[Answer]) -> dict[str, Booleans]:
    """For each step the layers whose returned array is the true one: dW for the weights, db for all others."""
    right = ~all_wrong_entries(suite, answers)
    padded = np.ones(layers.f.shape, dtype=bool)
    padded.ravel()[layers.bias_to] = right[layers.bias_from]
    biases = padded.all(axis=1)
    weights = np.logical_and.reduceat(right[layers.weight_from], layers.entry_start)
    return dict.fromkeys(STEPS, biases) | {"weight_gradient": weights}


def _judged_steps(
    layers: Layers, read: dict[str, Step], assignment: Assignment, lists: Written, right: Mapping[str, Booleans]
) -> tuple[dict[str, Step], dict[str, Row]]:
    """The four steps by what came back and by the lists that the function wrote.

    Where the lists are known they decide, but a layer whose returned array is `right` fails no step: two mistakes that
    cancel each other cannot be shown. If then no step fails, though networks do, the lists decide alone: what came back
    blamed the wrong line. If still none does, what came back counts where they are silent. Where both steps of the
    propagation fail, and only what they give together was seen, one of them fails if nothing else does: which of the
    two is wrong cannot be told.
    """
    by_lists = judge_lists(layers, lists, assignment)
    nowhere = np.zeros_like(lists.asked)
    for spared, strict in ((right, nowhere), ({}, nowhere), (right, lists.asked)):
        found = {name: merged(read[name], by_lists[name], strict, spared.get(name, nowhere)) for name in STEPS}
        if any(bool(step.failed.any()) for step in found.values()):
            break
    if product := _only_their_product(found, by_lists):
        found |= _one_of_two(found, assignment.rubric)
    rows = {name: _judged_row(name, found[name], layers, lists, product=product) for name in STEPS}
    if rows["activation_gradient"].mark is not Mark.NOT_RUN and rows["relu_derivative"].mark is Mark.NOT_RUN:
        rows["relu_derivative"] = replace(rows["relu_derivative"], message=wording.UNBENT, names=())
    return found, rows


def _only_their_product(found: Mapping[str, Step], by_lists: Mapping[str, WrittenStep]) -> bool:
    """True if no list shows which of the two steps of the propagation is wrong, though their product is."""
    shown = any(bool((found[name].failed & by_lists[name].decided).any()) for name in PROPAGATION)
    return bool(found["activation_gradient"].failed.any()) and not shown


def _one_of_two(found: Mapping[str, Step], rubric: Rubric) -> dict[str, Step]:
    """The two steps of the propagation, of which one fails: the one of fewer marks, if both did."""
    if not all(found[name].failed.any() for name in PROPAGATION):
        return {}
    if any(found[name].failed.any() for name in STEPS if name not in PROPAGATION):
        # More than one line is wrong: numbers that fit no step, such as a table's, earn nothing by that.
        return {}
    wrong, spared = sorted(PROPAGATION, key=lambda name: int(getattr(rubric, name)))
    failed = found[wrong].failed | found[spared].failed
    return {
        wrong: replace(found[wrong], failed=failed, tested=found[wrong].tested | failed),
        spared: replace(found[spared], failed=np.zeros_like(failed)),
    }


def _judged_row(name: str, step: Step, layers: Layers, lists: Written, *, product: bool) -> Row:
    row = _row(name, step, layers, disagreeing)
    wrong, of = len(row.failing), max(row.cases, len(row.failing))
    if row.mark is not Mark.FAILED:
        return row
    if product and name in PROPAGATION:
        return replace(row, message=wording.product_tally(wrong, of), names=wording.PROPAGATION)
    if not (step.failed & ~lists.raised[name]).any():
        return replace(row, message=wording.raised_tally(wrong))
    tested = step.tested | step.failed
    if not (step.failed & ~lists.asked).any():
        return replace(row, message=wording.sampled_tally(wrong, len(_networks(layers, tested & lists.asked))))
    return row


def _doubtful(found: Mapping[str, Step], rows: Mapping[str, Row], layers: Layers, lists: Written) -> dict[str, Row]:
    """The rows of the propagation if nothing tells what it was: where they fail, dW and db are not of one dl/df.

    Lists that hold other arrays than gradients come back like this. One that holds dl/df itself leaves no doubt.
    """
    known = ~found["weight_gradient"].failed | lists.known["all_dl_df"]
    sure = known & (layers.top | np.roll(known, -1))
    return {
        name: Row(Mark.NOT_RUN, 0, wording.DOUBTFUL)
        for name in PROPAGATION
        if rows[name].mark is Mark.FAILED and not (found[name].failed & sure).any()
    }


def read_steps(
    suite: Suite, layers: Layers, answers: Sequence[Answer], assignment: Assignment, absent: Booleans | None = None
) -> tuple[dict[str, Step], dict[str, Row]]:
    """The four steps by what came back, with their rows, under the reading that gives more marks.

    Of answers that were read in part `absent` are the layers that were not.
    """
    came = layers.spread(answers, suite)
    if absent is not None:
        came = replace(came, answered=came.answered & ~absent)
    best: tuple[dict[str, Step], dict[str, Row]] | None = None
    for reading in Reading:
        found = judge(layers, came, reading, assignment)
        rows = {name: _row(name, found[name], layers, _step_fails(name, reading, assignment)) for name in STEPS}
        if best is None or _marks(rows, assignment.rubric) > _marks(best[1], assignment.rubric):
            best = (found, rows)
        if all(rows[name].mark is Mark.PASSED for name in ("bias_gradient", "weight_gradient")):
            # db and dW say the same of every delta: no other reading can show more.
            break
    assert best is not None  # noqa: S101 - there are two readings
    return best


def _marks(rows: dict[str, Row], rubric: Rubric) -> tuple[int, int]:
    held = [name for name, row in rows.items() if row.mark is Mark.PASSED]
    return sum(getattr(rubric, name) for name in held), len(held)


def _mark(step: Step) -> Mark:
    if not step.evident:
        return Mark.NOT_RUN
    return Mark.FAILED if bool(step.failed.any()) else Mark.PASSED


def _networks(layers: Layers, which: Booleans) -> list[int]:
    """The networks that these layers belong to; `np.unique` would import all of `numpy.ma` for it."""
    return sorted(set(layers.network[which].tolist()))


def _row(name: str, step: Step, layers: Layers, fails: Fails) -> Row:
    networks = len(_networks(layers, step.tested))
    mark = _mark(step)
    if mark is Mark.PASSED:
        return Row(mark, networks, "")
    if mark is Mark.NOT_RUN:
        message = wording.unseen(name, asked=step.asked)
        # What is said of the propagation's zeros speaks of both of its steps.
        both = step.asked and name in wording.PROPAGATION
        return Row(mark, 0, message, names=wording.PROPAGATION if both else ())
    failing = _networks(layers, step.failed)
    message = wording.step_tally(len(failing), max(networks, len(failing)))
    return Row(mark, networks, message, tuple(failing), fails)


def _step_fails(name: str, reading: Reading, assignment: Assignment) -> Fails:
    def fails(suite: Suite, answers: Sequence[Answer]) -> list[bool]:
        layers = stacked(suite, assignment.formulas)
        found = judge(layers, layers.spread(answers, suite), reading, assignment)
        wrong = set(layers.network[found[name].failed].tolist())
        return [i in wrong for i in range(len(suite))]

    return fails


def evidence(suite: Suite, assignment: Assignment) -> dict[str, int]:
    """On how many networks a right implementation puts each step to the test; none where nothing could be seen."""
    answers = [Returned(flatten(gradient(network, assignment.formulas))) for network in suite.networks]
    found = steps(suite, stack(suite, assignment.formulas), answers, assignment)
    return {name: row.cases for name, row in found.items()}


def right(suite: Suite, seen: Mapping[str, int]) -> dict[str, Row]:
    """The rows of who agrees with the differences everywhere: by the steps' own equations each of them holds."""
    rows = {
        name: Row(Mark.PASSED, seen[name], "") if seen[name] else Row(Mark.NOT_RUN, 0, wording.NOT_ASKED)
        for name in STEPS
    }
    return {**rows, "any_shape": Row(Mark.PASSED, len(suite), "")}


def any_shape(  # noqa: PLR0913 - what is judged, and what is known of it already
    suite: Suite,
    layers: Layers,
    answers: Sequence[Answer],
    assignment: Assignment,
    agrees: Row,
    home: Sequence[int],
    read: dict[str, Step],
    evidence: Mapping[int, Evidence],
) -> tuple[Row, dict[str, Row]]:
    """`any_shape` with the steps that it is about: what holds on the notebook's shape must hold everywhere."""
    lists = spread_lists(layers, suite, evidence)
    readable = reformed(suite, answers, evidence)
    if readable != answers:
        read = read_steps(suite, layers, readable, assignment, lists.asked & ~lists.returned)[0]
    found, rows = _judged_steps(layers, read, assignment, lists, _returned_right(suite, layers, readable))
    rows |= _doubtful(found, rows, layers, lists)
    at_home = np.isin(layers.network, home)
    held = [name for name in STEPS if _holds_within(found[name], at_home)]
    if not held:
        forms = [answers[i] for i in home if not isinstance(answers[i], Returned)]
        form = forms[0] if len(forms) == len(home) and isinstance(forms[0], Malformed) else None
        message = wording.nothing_at_home(form)
        return Row(Mark.FAILED, len(suite), message, names=() if form is None else ("form",)), rows
    strange = tuple(i for i, answer in enumerate(answers) if not isinstance(answer, Returned))
    if strange:
        message = wording.strange(len(strange), len(suite))
        return Row(Mark.FAILED, len(suite), message, strange, agrees.fails, ("form",)), rows
    for name in held:
        if rows[name].mark is Mark.FAILED:
            message = f"{TITLES[name]}: {wording.elsewhere(len(home))}"
            return Row(Mark.FAILED, len(suite), message, rows[name].failing, rows[name].fails, (name,)), rows
    if agrees.failing and not set(agrees.failing) & set(home):
        message = f"Every derivative: {wording.elsewhere(len(home))}"
        return Row(Mark.FAILED, len(suite), message, agrees.failing, agrees.fails), rows
    if agrees.failing and all(row.mark is Mark.PASSED for row in rows.values()):
        # Steps are seen on single columns: what is wrong, though each of them holds, is wrong on batches.
        return Row(Mark.FAILED, len(suite), wording.STEPS_HOLD, agrees.failing, agrees.fails), rows
    return Row(Mark.PASSED, len(suite), ""), rows


def unpropagated(rows: Mapping[str, Row], agrees: Row) -> dict[str, Row]:
    """The rows that cannot hold if the layers below the output ignore its error; `bias_gradient` can at the top."""
    lost = Row(Mark.FAILED, agrees.cases, wording.UNPROPAGATED, agrees.failing, agrees.fails)
    return {name: lost for name in (*STEPS[1:], "any_shape") if rows[name].mark is Mark.PASSED}


def _holds_within(step: Step, layers: Booleans) -> bool:
    return step.evident and bool((step.tested & layers).any()) and not bool((step.failed & layers).any())


def home_networks(suite: Suite, assignment: Assignment) -> list[int]:
    """Networks of the notebook's own shape, as a batch or (for the steps) alone; all of them where there are none."""
    home = assignment.home
    found = [
        i
        for i, (sizes, columns) in enumerate(zip(suite.sizes, suite.columns, strict=True))
        if sizes == home.sizes and columns in {1, home.columns}
    ]
    return found or list(range(len(suite)))
