"""An epsilon: a small number within a logarithm that the author allows is remarked, and nothing else passes by it."""

from functools import cache

import numpy as np
import pytest

from backmark.grader.contracts.judging import revision
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.kits.kit import Kit, dump_kit, load_kit
from backmark.grader.errors import BadAssignment
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Remark, RemarkKind
from tests.contracts.making import build, contract, judge

TOML = """
language = 1
id = "likelihood"
title = "A likelihood"
cases = 30

[dims]
N = [2, 4]

[inputs]
p = { shape = "N", values = "uniform(0.001, 0.02)" }

[call]
code = "loss = likelihood(p)"

[results]
loss = { value = "loss", epsilon = 1e-7 }
"""
REFERENCE = """
import numpy as np


def forward(tap, p, epsilon=0.0):
    return {"loss": -np.mean(np.log(p + epsilon))}
"""
RIGHT = "def likelihood(p):\n    return -np.log(p).mean()\n"
FACTOR = '"""takes the sum."""\n' + RIGHT.replace(".mean", ".sum")
ALLOWED = Remark(RemarkKind.EPSILON, "loss", epsilon=1e-7)


@cache
def publish(epsilon: str = ", epsilon = 1e-7") -> ContractRevision:
    toml = TOML.replace(", epsilon = 1e-7", epsilon)
    return build(contract(toml, reference=REFERENCE, solution=RIGHT, mistake_upstream="", mistake_factor=FACTOR))


@pytest.mark.parametrize("epsilon", ["1e-7", "9e-8"])
def test_a_number_up_to_the_allowed_one_passes_with_a_remark(epsilon: str) -> None:
    judgement = judge(publish(), RIGHT.replace("log(p)", f"log(p + {epsilon})"))
    assert (judgement.outcome, judgement.remarks) == (Outcome.PASSED, (ALLOWED,))


def test_a_bound_in_the_place_of_the_number_passes_too() -> None:
    assert judge(publish(), RIGHT.replace("log(p)", "log(np.clip(p, 1e-7, 1 - 1e-7))")).outcome is Outcome.PASSED


def test_nothing_is_remarked_of_the_exact_value() -> None:
    judgement = judge(publish(), RIGHT)
    assert (judgement.outcome, judgement.remarks) == (Outcome.PASSED, ())


@pytest.mark.parametrize("wrong", ["log(p + 1e-6)", "log(p + 1e-3)", "log(p * 1.0001)", "log(1 - p)"])
def test_a_larger_number_and_any_other_mistake_fail(wrong: str) -> None:
    assert judge(publish(), RIGHT.replace("log(p)", wrong)).outcome is Outcome.FAILED


def test_without_the_key_the_number_fails() -> None:
    assert judge(publish(""), RIGHT.replace("log(p)", "log(p + 1e-7)")).outcome is Outcome.FAILED
    assert not len(publish("").cases.allowances)
    assert "allowances" not in revision.list_arrays(publish(""))


def test_a_revision_keeps_what_is_allowed_and_a_kit_the_tolerance_alone() -> None:
    again = revision.load(revision.dump(publish()))
    assert judge(again, RIGHT.replace("log(p)", "log(p + 9e-8)")).remarks == (ALLOWED,)
    kit = load_kit(dump_kit(Kit.of(publish(), with_solution=False)), "kit").contents
    assert np.array_equal(kit.cases.tolerances, publish().cases.tolerances)
    assert judge(kit, RIGHT.replace("log(p)", "log(p + 9e-8)")).outcome is Outcome.PASSED


def test_an_epsilon_that_the_reference_does_not_use_is_refused() -> None:
    unused = REFERENCE.replace("p + epsilon", "p")
    with pytest.raises(BadAssignment, match=r"let forward take epsilon=0\.0"):
        build(contract(TOML, reference=unused, solution=RIGHT, mistake_upstream=""))


def test_a_convention_that_does_not_count_allows_it_too() -> None:
    conventions = """
[[conventions]]
name = "mean"
title = "the mean"

[[conventions]]
name = "sum"
title = "the sum"
change = [
    { file = "reference.py", old = "np.mean", new = "np.sum" },
    { old = ".mean()", new = ".sum()" },
]

[conventions.results]
loss = { value = "loss", epsilon = 1e-7 }
"""
    published = build(contract(TOML + conventions, reference=REFERENCE, solution=RIGHT, mistake_upstream=""))
    judgement = judge(published, RIGHT.replace("log(p)", "log(p + 9e-8)").replace(".mean", ".sum"))
    assert [remark.title for remark in judgement.remarks] == ["the sum"]
