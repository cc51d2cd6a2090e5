"""What depends on the calls before: its steps are judged by fresh processes, and each row states what is so of it."""

from dataclasses import replace

import numpy as np

from grader.errors import Crashed, TimedOut
from grader.model.verdict import Counterexample, Judgement, Mark, Property
from grader.oracle.answers import Candidate
from grader.oracle.suite import Suite
from grader.subjects.networks.alone import SAMPLE
from tests.local import local
from tests.networks import NetworksJudge

#: Right lines that add to what the calls before left of each parameter, where its shape is the same.
ADDS_GRADIENTS = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y, kept={}):
    def add(key, gradient):
        same = key in kept and kept[key].shape == gradient.shape
        kept[key] = kept[key] + gradient if same else gradient

    top = len(all_weights) - 1
    g = d_loss_d_output(all_f[top], y)
    for k in range(top, -1, -1):
        add(("w", k), g @ all_h[k].T)
        add(("b", k), g.sum(axis=1, keepdims=True))
        if k:
            g = (all_weights[k].T @ g) * (all_f[k - 1] > 0)
    return [kept["w", k] for k in range(top + 1)], [kept["b", k] for k in range(top + 1)]
"""

#: Lines that add to the lists of the call before, if it had the same shapes, with a slip in the last layer's weights.
ADDS_AND_DIVIDES = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y, kept=([], [])):
    dw, db = kept
    if [w.shape for w in dw] != [w.shape for w in all_weights]:
        dw[:] = [np.zeros(w.shape) for w in all_weights]
        db[:] = [np.zeros(b.shape) for b in all_biases]
    g = d_loss_d_output(all_f[-1], y)
    for k in range(len(all_weights) - 1, -1, -1):
        dw[k] += g @ all_h[k].T
        db[k] += g.sum(axis=1, keepdims=True)
        if k:
            g = (all_weights[k].T @ g) * (all_f[k - 1] > 0)
    dw[-1] /= y.shape[0]
    return dw, db
"""

#: Four lines that are wrong where one weight is large, as on one network in nine, and noise in all gradients.
WRONG_ON_FEW = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    backward_pass.calls = getattr(backward_pass, "calls", -1) + 1
    noise = {noise}
    large = all_weights[0][-1, -1] > 1
    dw, db = [None] * len(all_weights), [None] * len(all_weights)
    g = d_loss_d_output(all_f[-1], y)
    for k in range(len(all_weights) - 1, -1, -1):
        db[k] = (3.0 if large else 1.0) * g.sum(axis=1, keepdims=True) + noise
        dw[k] = (2.0 if large else 1.0) * g @ all_h[k].T + noise
        if k:
            g = all_weights[k].T @ g * (all_f[k - 1] > (-1.0 if large else 0.0)) * (0.5 if large else 1.0)
    return dw, db
"""

#: Random numbers in the weight gradients, beside bias gradients that nearly always have another shape.
DRAWS = """
import numpy as np
rng = np.random.default_rng(0)

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dw, db = [None] * len(all_weights), [None] * len(all_weights)
    g = d_loss_d_output(all_f[-1], y)
    for k in range(len(all_weights) - 1, -1, -1):
        db[k] = np.sum(g, axis=0).reshape(-1, 1)
        dw[k] = g @ all_h[k].T + {noise}
        if k:
            g = (all_weights[k].T @ g) * (all_f[k - 1] > 0)
    return dw, db
"""
DRAWS_NOISE = DRAWS.format(noise="rng.normal(scale=0.01, size=all_weights[k].shape)")

#: The gradients of the first call for ever, in which the loss derivative has the wrong sign.
KEEPS_FIRST = """
import numpy as np

class Pass:
    dw, db = [], []

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    g = 2 * (y - all_f[-1])
    for k in range(len(all_weights) - 1, -1, -1):
        Pass.dw.append(g @ all_h[k].T)
        Pass.db.append(g)
        if k:
            g = (all_weights[k].T @ g) * (all_f[k - 1] > 0)
    return Pass.dw[: len(all_weights)][::-1], Pass.db[: len(all_weights)][::-1]
"""

SENTENCE = "Asked about its counterexample alone, as the first call in a fresh process, it does not fail like this"
ALONE = "each asked about alone, in a fresh process"


def judge_source(source: str, judge: NetworksJudge) -> Judgement:
    return judge.judge(local(source, judge.assignment), lambda: local(source, judge.assignment))


def score(judgement: Judgement) -> int:
    return sum(row.score for row in judgement.properties)


def rows(judgement: Judgement) -> dict[str, Property]:
    return {row.name: row for row in judgement.properties}


def test_right_lines_that_add_to_the_calls_before_lose_any_shape_only(udl: NetworksJudge) -> None:
    judgement = judge_source(ADDS_GRADIENTS, udl)
    by_name = rows(judgement)
    assert score(judgement) == 8
    assert (judgement.outcome.value, by_name["pure"].outcome) == ("failed", Mark.FAILED)
    assert by_name["any_shape"].outcome is Mark.FAILED
    assert f"{SAMPLE} networks, {ALONE}" in by_name["any_shape"].message
    assert by_name["any_shape"].counterexample is None


def test_a_slip_beside_what_is_added_up_costs_its_own_step(udl: NetworksJudge) -> None:
    """The network in its row fails in a fresh process, so nothing else is said of it."""
    judgement = judge_source(ADDS_AND_DIVIDES, udl)
    by_name = rows(judgement)
    assert score(judgement) == 6
    assert {name for name, row in by_name.items() if row.max_score and not row.score} == {
        "weight_gradient",
        "any_shape",
    }
    for name in ("finite_differences", "weight_gradient"):
        assert SENTENCE not in by_name[name].message
        example = by_name[name].counterexample
        assert isinstance(example, Counterexample)
        assert (example.parameter, example.actual is not None) == ("weights", True)
        assert len(example.y) > 1


def test_random_numbers_beside_arrays_of_another_shape_do_not_answer_the_same_twice(udl: NetworksJudge) -> None:
    judgement = judge_source(DRAWS_NOISE, udl)
    assert rows(judgement)["pure"].outcome is Mark.FAILED
    assert [diagnosis.id for diagnosis in judgement.diagnosis] == ["state_between_calls"]
    assert rows(judge_source(DRAWS.format(noise="0.01"), udl))["pure"].outcome is Mark.PASSED


def test_the_first_answer_for_ever_ignores_the_error_only_where_calls_came_before(udl: NetworksJudge) -> None:
    judgement = judge_source(KEEPS_FIRST, udl)
    lost_rows = {row.name for row in judgement.properties if row.max_score and not row.score}
    assert lost_rows == {"bias_gradient", "any_shape"}


def test_constants_that_are_kept_ignore_the_error_in_fresh_processes_too(udl: NetworksJudge) -> None:
    source = KEEPS_FIRST.replace("2 * (y - all_f[-1])", "np.ones_like(y)")
    assert score(judge_source(source, udl)) <= 2


def test_a_row_that_fails_alone_in_another_way_is_not_said_to_pass_there(udl: NetworksJudge) -> None:
    """The bias gradients are flat in every process, the weight gradients of another shape after other calls."""
    source = KEEPS_FIRST.replace("Pass.db.append(g)", "Pass.db.append(g[:, 0])")
    judgement = judge_source(source, udl)
    (form,) = (row for row in judgement.properties if row.name == "form")
    assert SENTENCE not in form.message
    assert judgement.diagnosis[0].id == "state_between_calls"


def test_what_depends_on_its_arguments_alone_is_asked_in_no_further_processes(udl: NetworksJudge) -> None:
    processes: list[None] = []

    def fresh() -> Candidate[Suite]:
        processes.append(None)
        return local(source, udl.assignment)

    source = ADDS_AND_DIVIDES.replace("dw, db = kept", "dw, db = [], []")
    judgement = udl.judge(local(source, udl.assignment), fresh)
    assert rows(judgement)["pure"].outcome is Mark.PASSED
    assert len(processes) < SAMPLE // 4


def test_noise_after_the_first_call_hides_no_lines_that_are_wrong_on_few_networks(udl: NetworksJudge) -> None:
    """The first network of each K comes back right, and most others do in a fresh process."""
    noise = "0.1 * (backward_pass.calls > 0)"
    hidden, plain = (score(judge_source(WRONG_ON_FEW.format(noise=text), udl)) for text in (noise, "0.0"))
    assert hidden <= plain < 8


def test_rows_stand_as_they_are_if_a_fresh_process_ends(udl: NetworksJudge) -> None:
    def fresh() -> Candidate[Suite]:
        raise Crashed("It ended.")

    judgement = udl.judge(local(ADDS_GRADIENTS, udl.assignment), fresh)
    assert not any(ALONE in row.message for row in judgement.properties)
    assert score(judgement) < 8


def test_rows_stand_as_they_are_if_a_fresh_process_ends_while_other_targets_are_asked(udl: NetworksJudge) -> None:
    """No later process can start, as where the submission's seconds are used up."""
    source = KEEPS_FIRST.replace("2 * (y - all_f[-1])", "np.ones_like(y)")
    candidates: list[Candidate[Suite]] = []

    def fresh() -> Candidate[Suite]:
        if len(candidates) > 2 * SAMPLE:
            raise TimedOut("Its seconds are used up.")
        candidates.append(local(source, udl.assignment))
        return candidates[-1]

    judgement = udl.judge(local(source, udl.assignment), fresh)
    assert not any(ALONE in row.message for row in judgement.properties)
    assert len(candidates) > 2 * SAMPLE


#: Right but for a difference between the given output and that of a pass of its own, which it makes large.
BY_LAST_BITS = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    h = all_h[0]
    for weights, biases in zip(all_weights, all_biases):
        f = biases + weights @ h
        h = np.maximum(f, 0)
    g = 2 * (all_f[-1] - y) + 1e12 * (all_f[-1] - f)
    dw, db = [None] * len(all_weights), [None] * len(all_weights)
    for k in range(len(all_weights) - 1, -1, -1):
        dw[k], db[k] = g @ all_h[k].T, g
        if k:
            g = all_weights[k].T @ g * (all_f[k - 1] > 0)
    return dw, db
"""


def test_a_network_is_asked_about_again_with_the_bits_that_it_came_with(udl: NetworksJudge) -> None:
    """Its forward pass was computed on another machine: that it is another one here is no state of the student's."""
    suite = replace(udl.revision.suite, preactivations=np.nextafter(udl.revision.suite.preactivations, np.inf))
    judgement = judge_source(BY_LAST_BITS, NetworksJudge(replace(udl.revision, suite=suite)))
    by_name = rows(judgement)
    assert by_name["finite_differences"].outcome is Mark.FAILED
    assert by_name["pure"].outcome is Mark.PASSED
    assert not any(SENTENCE in row.message for row in judgement.properties)
