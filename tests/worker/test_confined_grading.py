"""`backmark grade --confined`: what is asked for, and what is said of it."""

import pytest

from backmark.worker.sandbox import fallback, policy
from backmark.worker.sandbox.inside.landlock import find_landlock
from tests.worker.test_cli import EXAMPLES, backmark, results


@pytest.fixture
def confining(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a jail, where we can confine."""
    if not policy.can_become() or (not find_landlock() and fallback.is_open(EXAMPLES)):
        pytest.skip("only root can confine a submission, and without Landlock only beside closed folders")
    monkeypatch.setenv("BACKMARK_BWRAP", "/nowhere/bwrap")


@pytest.mark.usefixtures("jail")
def test_a_jail_is_used_where_one_can_be_had() -> None:
    process = backmark("grade", "--confined", "--json", EXAMPLES / "right_loops.py")
    assert process.returncode == 0, process.stderr
    assert results(process)[0]["flags"] == []
    assert "CONFINED" not in process.stderr


@pytest.mark.usefixtures("confining")
def test_without_one_the_verdict_and_the_terminal_say_so() -> None:
    process = backmark("grade", "--confined", "--json", EXAMPLES / "raises.py")
    assert process.returncode == 1, process.stderr
    (verdict,) = results(process)
    assert [flag["id"] for flag in verdict["flags"]] == ["confined"]
    assert verdict["outcome"] == "error"
    assert process.stderr.startswith("CONFINED, not jailed")


@pytest.mark.usefixtures("confining")
def test_a_class_is_graded_by_several_processes() -> None:
    process = backmark("grade", "--confined", "--json", "--jobs", "2", *EXAMPLES.glob("right*.py"))
    assert process.returncode == 0, process.stderr
    assert {verdict["outcome"] for verdict in results(process)} == {"passed"}


@pytest.mark.usefixtures("confining")
def test_it_is_never_chosen_unasked() -> None:
    process = backmark("grade", EXAMPLES / "right_loops.py")
    assert process.returncode == 3
    assert "No bubblewrap at /nowhere/bwrap" in process.stderr


def test_confined_and_without_a_jail_is_a_contradiction() -> None:
    process = backmark("grade", "--confined", "--no-jail", EXAMPLES / "right_loops.py")
    assert process.returncode == 2
    assert "--no-jail and --confined cannot be combined" in process.stderr
