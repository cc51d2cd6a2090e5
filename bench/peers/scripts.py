"""Graders that test a Python file: unittest, pytest with Hypothesis, gradescope-utils, check50."""

from collections.abc import Sequence
from pathlib import Path

from bench.peers.peer import Peer, read_results
from bench.run import Run

UNITTEST = '''\
import unittest
import submission
from bench.peers.check import agrees, networks

class Test(unittest.TestCase):
    """One test, a network after the other."""

    def test_gradients(self):
        for number, network in enumerate(networks()):
            with self.subTest(network=number):
                self.assertTrue(agrees(vars(submission), network))
'''

PYTEST = """\
from hypothesis import HealthCheck, given, settings, strategies as st
import submission
from bench.peers.check import agrees, networks

NETWORKS = list(networks())

@settings(max_examples=len(NETWORKS), database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(number=st.integers(0, len(NETWORKS) - 1))
def test_gradients(number):
    assert agrees(vars(submission), NETWORKS[number])
"""

GRADESCOPE = """\
import unittest
from gradescope_utils.autograder_utils.decorators import weight
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner
import submission
from bench.peers.check import check

class Test(unittest.TestCase):
    @weight(10)
    def test_gradients(self):
        check(vars(submission))

with open("results.json", "w") as results:
    JSONTestRunner(stream=results).run(unittest.defaultTestLoader.loadTestsFromTestCase(Test))
"""

CHECK50 = '''\
import check50
import check50.py

@check50.check()
def gradients():
    """every derivative agrees with differences"""
    from bench.peers.check import check
    try:
        check(vars(check50.py.import_("submission.py")))
    except AssertionError as error:
        raise check50.Failure(str(error))
'''

CS50 = """\
check50:
  files:
    - !exclude "*"
    - !require submission.py
"""


def _lay_out_script(folder: Path, source: str, name: str, test: str) -> None:
    (folder / "submission.py").write_text(source, encoding="utf-8")
    (folder / name).write_text(test, encoding="utf-8")


def _lay_out_unittest(folder: Path, python: Path, source: str) -> Sequence[str]:
    _lay_out_script(folder, source, "test_gradients.py", UNITTEST)
    return [str(python), "-m", "unittest", "test_gradients"]


def _lay_out_pytest(folder: Path, python: Path, source: str) -> Sequence[str]:
    _lay_out_script(folder, source, "test_gradients.py", PYTEST)
    return [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_gradients.py"]


def _lay_out_gradescope(folder: Path, python: Path, source: str) -> Sequence[str]:
    _lay_out_script(folder, source, "run_tests.py", GRADESCOPE)
    return [str(python), "run_tests.py"]


def _lay_out_check50(folder: Path, python: Path, source: str) -> Sequence[str]:
    checks = folder / "checks"
    checks.mkdir()
    _lay_out_script(folder, source, "checks/__init__.py", CHECK50)
    (checks / ".cs50.yaml").write_text(CS50, encoding="utf-8")
    return [str(python.with_name("check50")), "--dev", "-o", "json", "--output-file", "results.json", "--", str(checks)]


def _ends_well(_: Path, run: Run) -> bool:
    return run.status == 0


def _has_full_score(folder: Path, _: Run) -> bool:
    return bool(read_results(folder)["tests"][0]["score"] == 10)


def _passes_all_checks(folder: Path, _: Run) -> bool:
    results = read_results(folder)["results"]
    return bool(results) and all(result["passed"] for result in results)


SCRIPTS = (
    Peer("plain unittest", None, _lay_out_unittest, _ends_well),
    Peer("pytest with Hypothesis", None, _lay_out_pytest, _ends_well),
    Peer("gradescope-utils", "gradescope-utils", _lay_out_gradescope, _has_full_score),
    Peer("check50", "check50", _lay_out_check50, _passes_all_checks),
)
