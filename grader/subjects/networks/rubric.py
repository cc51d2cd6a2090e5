"""The rows of a verdict that are about networks: the four steps and any shape, from the answers to a suite."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from grader.judge.agreement import AGREEMENT, PURE, all_wrong_entries, disagreeing
from grader.judge.row import Fails, Row
from grader.model.verdict import Mark
from grader.oracle.answers import Answer, Malformed, Returned
from grader.oracle.cases import Booleans
from grader.oracle.reference import gradient
from grader.oracle.suite import Suite, flatten
from grader.subjects.networks import wording
from grader.subjects.networks.assignment import Assignment, Rubric
from grader.subjects.networks.evidence import LINES, Evidence
from grader.subjects.networks.explanation import Explanation
from grader.subjects.networks.form import normalize_forms
from grader.subjects.networks.layers import Came, Layers, stack, stack_once
from grader.subjects.networks.left_out import find_left_out
from grader.subjects.networks.steps import STEPS, Reading, Step, agreeing, judge
from grader.subjects.networks.words import TITLES
from grader.subjects.networks.written import WrittenLists, spread_lists
from grader.subjects.networks.written_steps import WrittenStep, judge_lists, merge

#: The two steps that carry the derivative back: in what comes back only their product can be seen.
PROPAGATION = ("relu_derivative", "activation_gradient")

#: Networks on which dW and db do not agree by chance.
_BEYOND_CHANCE = 3

#: The rows of a verdict, in order.
ORDER = (AGREEMENT, *STEPS, "any_shape", "form", PURE)


def steps(suite: Suite, layers: Layers, answers: Sequence[Answer], assignment: Assignment) -> dict[str, Row]:
    """The four steps under the reading with more marks; the first on a tie."""
    return read_steps(suite, layers, answers, assignment)[1]


def _returned_right(suite: Suite, layers: Layers, answers: Sequence[Answer]) -> dict[str, Booleans]:
    """For each step the layers whose returned array is the true one: dW for the weights, db for all others."""
    right = ~all_wrong_entries(suite, answers)
    padded = np.ones(layers.f.shape, dtype=bool)
    padded.ravel()[layers.bias_to] = right[layers.bias_from]
    biases = padded.all(axis=1)
    weights = np.logical_and.reduceat(right[layers.weight_from], layers.entry_start)
    return dict.fromkeys(STEPS, biases) | {"weight_gradient": weights}


def _judged_steps(  # noqa: PLR0913 - what is judged, and all that is known of it
    layers: Layers,
    agree: Callable[[Reading], Booleans],
    read: dict[str, Step],
    assignment: Assignment,
    lists: WrittenLists,
    right: Mapping[str, Booleans],
    explanation: Explanation,
    failing: Booleans,
) -> tuple[dict[str, Step], dict[str, Row]]:
    """The four steps, each by the best evidence that there is of it.

        the lists that the function wrote    they decide, but a layer whose returned array is `right` fails no step
        an explanation of every answer       its steps fail; if it is complete, no others do
        what came back                       each step as it is read
        only the product of the propagation  one of its two steps fails if dW and db show one dl/df; else neither

    Two mistakes that cancel each other cannot be shown. If no step fails, though networks do, the lists decide alone:
    what came back blamed the wrong line. If still none does, what came back counts where they are silent. No step fails
    in a network that is right; `failing` are the layers of the others, `agree` shows where dW and db are of one dl/df.
    """
    by_lists = {
        name: replace(step, failed=step.failed & failing, doubtful=step.doubtful & failing)
        for name, step in judge_lists(layers, lists, assignment).items()
    }
    read = {name: _within(step, failing) for name, step in read.items()}
    nowhere, everywhere = np.zeros_like(lists.asked), np.ones_like(lists.asked)
    silent = {name: bool((read[name].failed & lists.asked & ~by_lists[name].decided).any()) for name in STEPS}
    for spared, by_answers in ((right, False), ({}, False), (right, True)):
        by_name = {
            name: merge(
                read[name],
                by_lists[name],
                # A step that fails where they were read and are silent counts where they were not read, too.
                everywhere if by_answers and silent[name] else nowhere,
                spared.get(name, nowhere),
            )
            for name in STEPS
        }
        # The numbers of an array in another shape may be those of its transpose.
        by_name |= {
            name: replace(by_name[name], unsure=by_name[name].unsure | (lists.known[made] & ~lists.shaped[made]))
            for made, name in LINES.items()
            if name not in PROPAGATION
        }
        if any(bool(step.failed.any()) for step in by_name.values()):
            break
    explained = _explain(by_name, by_lists, explanation, failing)
    seen, by_name = by_name, explained or by_name
    rows = {name: _judged_row(name, by_name[name], by_lists[name], layers, lists, failing) for name in STEPS}
    rows |= {} if lists.stopped.any() else _name_silence(by_name, rows)
    rows |= _name_spoilt(by_name, rows, by_lists)
    if explained is not None:
        shown = {name for name, step in seen.items() if step.failed.any()}
        rows |= {
            name: replace(rows[name], message=wording.EXPLAINED)
            for name in STEPS
            if rows[name].mark is Mark.FAILED and name not in shown
        }
    if explained is None or explanation.either or not set(PROPAGATION).intersection(explanation.wrong or ()):
        rows |= _product(by_name, rows, by_lists, agree, lists, layers, assignment.rubric)
    if explanation.one_of_two and all(row.mark is Mark.PASSED for row in rows.values()):
        rows |= _blame_one_of_two(by_name, rows, layers, failing, assignment.rubric)
    return by_name, rows


def _within(step: Step, failing: Booleans) -> Step:
    return replace(step, failed=step.failed & failing, unsure=step.unsure | (step.failed & ~failing))


def _fail(step: Step, failing: Booleans) -> Step:
    return replace(step, tested=step.tested | failing, failed=failing, evident=True)


def _explain(
    judged: Mapping[str, Step], by_lists: Mapping[str, WrittenStep], explanation: Explanation, failing: Booleans
) -> dict[str, Step] | None:
    """The steps as the explanation has them; None if there is none, or if the lists contradict it."""
    wrong = explanation.wrong
    if wrong is None:
        return None
    shown = {name for name in STEPS if (judged[name].failed & by_lists[name].failed).any()}
    if explanation.returned:
        # The lists that came back are what was done to them, and no evidence of the lines that wrote them.
        shown -= {"bias_gradient", "weight_gradient"}
    held = {
        name
        for name in STEPS
        if (by_lists[name].telling & failing).any() and not (by_lists[name].failed | by_lists[name].doubtful).any()
    }
    if held & wrong or (explanation.complete and shown - wrong):
        return None
    # Of two steps of which only the product is seen, the one that is explained accounts for it.
    right = (
        set(STEPS if explanation.complete else PROPAGATION if wrong.intersection(PROPAGATION) else ()) - wrong - shown
    )
    steps = dict(judged)
    for name, step in judged.items():
        if name in wrong and not step.failed.any():
            steps[name] = _fail(step, failing)
        elif name in right:
            # Numbers that right lines explain alone show every line at work.
            evident = step.evident or (explanation.complete and not wrong)
            steps[name] = replace(step, failed=np.zeros_like(failing), evident=evident)
    return steps


def _product(  # noqa: PLR0913 - the two steps, and all that is known of them
    judged: dict[str, Step],
    rows: Mapping[str, Row],
    by_lists: Mapping[str, WrittenStep],
    agree: Callable[[Reading], Booleans],
    lists: WrittenLists,
    layers: Layers,
    rubric: Rubric,
) -> dict[str, Row]:
    """The rows of the two steps of the propagation, if they fail and no list shows which; changes `judged` with them.

    If dW and db show one dl/df, the one of fewer marks fails, and the other is spared. Else nothing is claimed of
    what led from one layer to the next: lists that hold other arrays than gradients come back like this.
    """
    failed = [name for name in PROPAGATION if rows[name].mark is Mark.FAILED]
    if not failed:
        return {}
    shown = any(bool((judged[name].failed & by_lists[name].decided).any()) for name in PROPAGATION)
    product = "activation_gradient" in failed and not shown
    weights = judged["weight_gradient"]
    known = lists.known["all_dl_df"] | (agree(weights.reading) if product else ~weights.failed)
    sure = known & (layers.top | np.roll(known, -1))
    # A few networks on which dW and db agree, though on the others they do not, agree by chance.
    doubtful = [
        name
        for name in failed
        if len(_networks(layers, judged[name].failed & sure)) < min(_BEYOND_CHANCE, len(rows[name].failing))
    ]
    if not product or "activation_gradient" in doubtful:
        return {name: Row(Mark.NOT_RUN, 0, wording.DOUBTFUL) for name in doubtful}
    wrong, spared = sorted(PROPAGATION, key=lambda name: int(getattr(rubric, name)))
    if len(failed) == 1 or doubtful:
        wrong, spared = "activation_gradient", "relu_derivative"
    either = judged[wrong].failed | judged[spared].failed
    unsure = judged["relu_derivative"].unsure & ~judged["activation_gradient"].failed
    judged[wrong] = replace(judged[wrong], failed=either, tested=judged[wrong].tested | either, unsure=unsure)
    judged[spared] = replace(judged[spared], failed=np.zeros_like(either))
    pair = {name: _row(judged[name], layers, disagreeing) for name in PROPAGATION}
    message = wording.product_tally(len(pair[wrong].failing), pair[wrong].cases)
    by_name = {wrong: replace(pair[wrong], message=message, names=wording.PROPAGATION), spared: pair[spared]}
    if doubtful:
        by_name[spared] = Row(Mark.NOT_RUN, 0, wording.DOUBTFUL)
    elif pair[spared].mark is Mark.PASSED:
        by_name[spared] = replace(pair[spared], message=wording.together_with(TITLES[wrong]), names=(wrong,))
    return by_name


def _blame_one_of_two(
    judged: dict[str, Step], rows: Mapping[str, Row], layers: Layers, failing: Booleans, rubric: Rubric
) -> dict[str, Row]:
    """The rows of the two steps of the propagation, one of which makes the shapes; changes `judged` with them."""
    wrong, spared = sorted(PROPAGATION, key=lambda name: int(getattr(rubric, name)))
    judged[wrong] = _fail(judged[wrong], failing)
    row = _row(judged[wrong], layers, disagreeing)
    return {
        wrong: replace(row, message=wording.one_of_two(TITLES[spared]), names=(spared,)),
        spared: replace(rows[spared], message=wording.together_with(TITLES[wrong]), names=(wrong,)),
    }


def _name_spoilt(
    judged: Mapping[str, Step], rows: Mapping[str, Row], by_lists: Mapping[str, WrittenStep]
) -> dict[str, Row]:
    """The row of dW if it was judged by a db that fails, too, or that of db judged by such a dW."""
    reading = judged["weight_gradient"].reading
    pair = ("weight_gradient", "bias_gradient")
    name, spoilt_by = pair if reading is Reading.BIASES else pair[::-1]
    failed = all(rows[step].mark is Mark.FAILED for step in pair)
    if not failed or (judged[name].failed & by_lists[name].decided).any():
        return {}
    message = wording.spoilt_tally(name, len(rows[name].failing), rows[name].cases)
    return {name: replace(rows[name], message=message, names=(spoilt_by,))}


def _name_silence(judged: Mapping[str, Step], rows: Mapping[str, Row]) -> dict[str, Row]:
    """The rows of the two steps of the propagation if only zeros came back where they would show."""
    if any(rows[name].mark is not Mark.NOT_RUN or not judged[name].asked for name in PROPAGATION):
        return {}
    return {name: Row(Mark.NOT_RUN, 0, wording.SILENT, names=wording.PROPAGATION) for name in PROPAGATION}


def _judged_row(  # noqa: PLR0913 - the step, and all that is known of it
    name: str, step: Step, by_lists: WrittenStep, layers: Layers, lists: WrittenLists, failing: Booleans
) -> Row:
    row = _row(step, layers, disagreeing)
    if row.mark is Mark.NOT_RUN and lists.stopped.any():
        return replace(row, message=wording.STOPPED, names=())
    if row.mark is not Mark.FAILED:
        return row
    if not (step.failed & ~lists.raised[name]).any():
        return replace(row, message=wording.RAISES)
    wrong, of = len(row.failing), row.cases
    listed = (step.failed & by_lists.decided).any()
    if name == "bias_gradient" and not (step.failed & ~layers.top).any():
        row = replace(row, message=wording.output_tally(wrong, of))
    elif name == "bias_gradient" and not listed and not (step.failed & layers.top).any():
        row = replace(row, message=wording.biases_tally(wrong, of))
    elif name == "weight_gradient" and not listed:
        row = replace(row, message=wording.weights_tally(wrong, of, by_biases=step.reading is Reading.BIASES))
    # A step that the lists show to fail is not seen to fail where they were not read, but for networks that are right.
    if listed and (failing & ~lists.asked).any() and not (step.failed & ~lists.asked).any():
        sample = _count_tested(step, layers, lists.asked)
        raised = bool(np.isin(layers.network[lists.stopped], row.failing).any())
        misshapen = {"weight_gradient": lists.weights_misshapen, "bias_gradient": lists.biases_misshapen}.get(name)
        of_shape = misshapen is not None and not (step.failed & ~misshapen).any()
        message = (
            wording.misshapen_tally(name, wrong, sample)
            if of_shape
            else wording.sampled_tally(wrong, sample, raised=raised)
        )
        return replace(row, cases=sample, message=message)
    return row


def read_steps(
    suite: Suite, layers: Layers, answers: Sequence[Answer], assignment: Assignment, lists: WrittenLists | None = None
) -> tuple[dict[str, Step], dict[str, Row]]:
    """The four steps by what came back, with their rows, under the reading with more marks, or with fewer layers wrong.

    Of answers that were read in part `lists` has the layers that were; a layer 0 that is left out was not answered.
    """
    came = layers.spread(answers, suite)
    if left_out := find_left_out(suite, answers):
        seen = ~(layers.lowest & np.isin(layers.network, left_out))
        came = replace(came, answered=came.answered & seen, weighed=came.weighed & seen)
    if lists is not None:
        weighed = came.weighed & (~lists.asked | lists.known["all_dl_dweights"])
        came = replace(came, answered=came.answered & (~lists.asked | lists.returned), weighed=weighed)
    by_biases = _read_by(Reading.BIASES, layers, came, assignment)
    if all(by_biases[1][name].mark is Mark.PASSED for name in ("bias_gradient", "weight_gradient")):
        # db and dW say the same of every delta: no other reading can show more.
        return by_biases
    by_weights = _read_by(Reading.WEIGHTS, layers, came, assignment)
    marks, others = (earned(rows, assignment.rubric) for _, rows in (by_biases, by_weights))
    if marks != others or by_weights[1]["weight_gradient"].mark is not Mark.PASSED:
        return by_weights if others > marks else by_biases
    # Layers of which only one reading knows a delta tell nothing of which one it is.
    known = came.weighed & came.answered & layers.h.any(axis=1)
    broken, fewer = (_count_broken(layers, judged, known) for judged, _ in (by_biases, by_weights))
    return by_weights if fewer < broken else by_biases


def _read_by(
    reading: Reading, layers: Layers, came: Came, assignment: Assignment
) -> tuple[dict[str, Step], dict[str, Row]]:
    """The four steps and their rows under one reading."""
    judged = judge(layers, came, reading, assignment)
    rows = {name: _row(judged[name], layers, _step_fails(name, reading, assignment)) for name in STEPS}
    return judged, rows | _name_silence(judged, rows)


def _count_broken(layers: Layers, judged: Mapping[str, Step], known: Booleans) -> int:
    """The number of layers whose delta does not follow from the loss or from the layer above."""
    carried = judged["activation_gradient"].failed | judged["relu_derivative"].failed
    above = np.roll(known, -1) & ~layers.top
    return int((known & ((carried & above) | (judged["bias_gradient"].failed & layers.top))).sum())


def earned(rows: Mapping[str, Row], rubric: Rubric) -> tuple[int, int]:
    """The marks for these rows, and the number of those that hold."""
    held = [name for name, row in rows.items() if row.mark is Mark.PASSED]
    return sum(getattr(rubric, name) for name in held), len(held)


def _mark(step: Step) -> Mark:
    if not step.evident:
        return Mark.NOT_RUN
    return Mark.FAILED if bool(step.failed.any()) else Mark.PASSED


def _networks(layers: Layers, which: Booleans) -> list[int]:
    """The networks that these layers belong to; `np.unique` would import all of `numpy.ma` for it."""
    return sorted(set(layers.network[which].tolist()))


def _count_tested(step: Step, layers: Layers, within: Booleans) -> int:
    """The number of networks on which a step fails, or that test it and of which all layers were seen."""
    failing = set(_networks(layers, step.failed & within))
    return len(failing | (set(_networks(layers, step.tested & within)) - set(_networks(layers, step.unsure))))


def _row(step: Step, layers: Layers, fails: Fails) -> Row:
    networks = len(_networks(layers, step.tested))
    mark = _mark(step)
    if mark is Mark.PASSED:
        return Row(mark, networks, "")
    if mark is Mark.NOT_RUN:
        return Row(mark, 0, wording.unseen(asked=step.asked, tested=bool(step.tested.any())))
    failing = _networks(layers, step.failed)
    networks = _count_tested(step, layers, np.ones_like(step.tested))
    message = wording.step_tally(len(failing), networks)
    return Row(mark, networks, message, tuple(failing), fails)


def _step_fails(name: str, reading: Reading, assignment: Assignment) -> Fails:
    def fails(suite: Suite, answers: Sequence[Answer]) -> list[bool]:
        layers = stack_once(suite, assignment.formulas)
        judged = judge(layers, layers.spread(answers, suite), reading, assignment)
        wrong = set(layers.network[judged[name].failed].tolist())
        return [i in wrong for i in range(len(suite))]

    return fails


def evidence(suite: Suite, assignment: Assignment) -> dict[str, int]:
    """The number of networks on which a right implementation tests each step; 0 if none can show it."""
    answers = [Returned(flatten(gradient(network, assignment.formulas))) for network in suite.networks]
    judged = steps(suite, stack(suite, assignment.formulas), answers, assignment)
    return {name: row.cases for name, row in judged.items()}


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
    explanation: Explanation,
) -> tuple[Row, dict[str, Row]]:
    """`any_shape` with the steps that it is about: what holds on the notebook's shape must hold everywhere."""
    lists = spread_lists(layers, suite, evidence)
    readable = normalize_forms(suite, answers, evidence)
    if readable != answers:
        read = read_steps(suite, layers, readable, assignment, lists)[0]

    def agree(reading: Reading) -> Booleans:
        return agreeing(layers, layers.spread(readable, suite), reading, assignment)

    left_out = find_left_out(suite, readable)
    right, failing = _returned_right(suite, layers, readable), np.isin(layers.network, agrees.failing)
    judged, rows = _judged_steps(layers, agree, read, assignment, lists, right, explanation, failing)
    at_home = np.isin(layers.network, home)
    # A line that an explanation calls wrong does not hold where an answer is, even if a step's equation does.
    lost = (explanation.wrong or frozenset()) if set(home) & set(agrees.failing) else frozenset()
    held = [name for name in STEPS if name not in lost and _holds_within(judged[name], at_home)]
    if not held:
        forms = [answers[i] for i in home if not isinstance(answers[i], Returned)]
        form = forms[0] if len(forms) == len(home) and isinstance(forms[0], Malformed) else None
        message = wording.nothing_at_home(form)
        return Row(Mark.FAILED, len(suite), message, names=() if form is None else ("form",)), rows
    strange = tuple(i for i, answer in enumerate(answers) if not isinstance(answer, Returned))
    if strange:
        message = wording.strange_tally([answers[i] for i in strange], len(suite))
        return Row(Mark.FAILED, len(suite), message, strange, agrees.fails, ("form",)), rows
    for name in held:
        if rows[name].mark is Mark.FAILED:
            message = wording.step_elsewhere(TITLES[name], len(home))
            return Row(Mark.FAILED, len(suite), message, rows[name].failing, rows[name].fails, (name,)), rows
    if left_out or (agrees.failing and not set(agrees.failing) & set(home)):
        message = wording.LEFT_OUT if left_out else f"Every derivative: {wording.elsewhere(len(home))}"
        return Row(Mark.FAILED, len(suite), message, agrees.failing, agrees.fails), rows
    if agrees.failing and all(row.mark is Mark.PASSED for row in rows.values()):
        # Steps are seen on single columns: what is wrong, though each of them holds, is wrong on batches.
        message = wording.LINES_HOLD if explanation.wrong == frozenset() else wording.STEPS_HOLD
        return Row(Mark.FAILED, len(suite), message, agrees.failing, agrees.fails), rows
    return Row(Mark.PASSED, len(suite), ""), rows


def fail_unpropagated(rows: Mapping[str, Row], agrees: Row) -> dict[str, Row]:
    """The rows that cannot hold if the layers below the output ignore its error.

    At the output `bias_gradient` can, or else `weight_gradient`.
    """
    lost = Row(Mark.FAILED, agrees.cases, wording.UNPROPAGATED, agrees.failing, agrees.fails)
    kept = "bias_gradient" if rows["bias_gradient"].mark is Mark.PASSED else "weight_gradient"
    return {name: lost for name in (*STEPS, "any_shape") if name != kept and rows[name].mark is Mark.PASSED}


def withhold(rows: Mapping[str, Row]) -> dict[str, Row]:
    """The rows that cannot hold if the lists were refused that might have shown them to fail."""
    lost = Row(Mark.NOT_RUN, 0, wording.REFUSED)
    return {name: lost for name in (*STEPS, "any_shape") if rows[name].mark is Mark.PASSED}


def _holds_within(step: Step, layers: Booleans) -> bool:
    return step.evident and bool((step.tested & layers).any()) and not bool((step.failed & layers).any())


def home_networks(suite: Suite, assignment: Assignment) -> list[int]:
    """Networks of the notebook's own shape, as a batch or (for the steps) alone; all of them if there are none."""
    home = assignment.home
    cases = [
        i
        for i, (sizes, columns) in enumerate(zip(suite.sizes, suite.columns, strict=True))
        if sizes == home.sizes and columns in {1, home.columns}
    ]
    return cases or list(range(len(suite)))
