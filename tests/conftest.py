"""What most tests share: the shipped assignment made ready, a way into a jail, and the markers of what is slow."""

import contextlib
import signal
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import load_packaged
from backmark.grader.errors import JailUnavailable
from backmark.grader.support.cpus import count_cpus
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.policy import Launch, plan_jailed
from tests.services import redis_program, require

__all__ = ["redis_program"]

FOLDER = Path(__file__).parent
#: Tests that start a whole service or a browser: their paths begin like this.
SERVICES = (
    "client/test_commands",
    "client/test_pages",
    "client/test_regrades",
    "client/test_states",
    "compose/",
    "docs/test_quick_starts",
    "examples/",
    "pages/",
    "service/",
    "worker/test_serve",
)
#: Those, and others that take most of the time: `make test-fast` leaves them out, `make test` runs a commit's share.
SLOW = (
    *SERVICES,
    "contracts/cases/test_choosing",
    "contracts/cases/test_drawing",
    "contracts/cases/test_fresh_cases",
    "contracts/cases/test_layers",
    "contracts/cases/test_raising",
    "contracts/judging/test_contract",
    "contracts/judging/test_conventions",
    "contracts/judging/test_corpus_verdicts",
    "contracts/judging/test_epsilons",
    "contracts/judging/test_flags",
    "contracts/judging/test_forms",
    "contracts/judging/test_notebook_check",
    "contracts/judging/test_nothing_to_judge",
    "contracts/judging/test_own_lines",
    "contracts/judging/test_repeats",
    "contracts/judging/test_shrinking",
    "contracts/judging/test_taught",
    "contracts/kits/test_kit",
    "contracts/language/test_folder_names",
    "contracts/language/test_hostile_languages",
    "contracts/naming/test_diagnosing",
    "contracts/publishing/test_building",
    "contracts/publishing/test_hostile_authors",
    "contracts/publishing/test_preview",
    "contracts/publishing/test_proof",
    "contracts/publishing/test_rare_faults",
    "contracts/publishing/test_selfcheck",
    "contracts/publishing/test_slow_authors",
    "contracts/publishing/test_weak_checks",
    "contracts/values/test_bounds",
    "contracts/values/test_constructs",
    "contracts/values/test_gallery_rows",
    "contracts/values/test_headers",
    "contracts/values/test_hostile_students",
    "contracts/values/test_missing_lines",
    "contracts/values/test_naming",
    "contracts/values/test_own_arrangement",
    "contracts/values/test_repair_words",
    "contracts/values/test_returns",
    "contracts/values/test_several_slips",
    "contracts/values/test_single_slips",
    "contracts/values/test_ticks",
    "contracts/values/test_traced_slips",
    "contracts/values/test_while_headers",
    "contracts/test_calls_that_go_on",
    "contracts/test_commands",
    "contracts/test_detection",
    "contracts/test_gallery",
    "contracts/test_packages",
    "contracts/test_service",
    "contracts/values/",
    "lti/test_launching",
    "lti/test_refusing",
    "lti/test_services",
    "model/test_result",
    "recipes/",
    "reports/test_disclosure",
    "reports/test_goldens",
    "reports/test_terminal",
    "sandbox/test_blame",
    "sandbox/test_confined",
    "sandbox/test_session",
    "sandbox/test_source_hostile",
    "sandbox/test_source_properties",
    "sandbox/test_template",
    "sandbox/writing/",
    "store/test_backups",
    "store/test_histories",
    "store/test_listing",
    "store/test_regrade_applying",
    "store/test_regrade_deleting",
    "store/test_regrade_streaming",
    "store/test_regrades",
    "store/test_room",
    "store/test_store.py",
    "stored/",
    "test_action",
    "test_corpus",
    "test_package.py",
    "test_real_homework",
    "test_submissions",
    "test_verbs",
    "web/test_course_client",
    "web/test_course_command",
    "web/test_courses",
    "web/test_holding",
    "web/test_schema",
    "web/test_sizes",
    "web/test_workers",
    "worker/notebook/test_check",
    "worker/notebook/test_equal_words",
    "worker/notebook/test_in_kernel",
    "worker/notebook/test_script",
    "worker/scores/test_rosters",
    "worker/scores/test_score_failures",
    "worker/scores/test_score_histories",
    "worker/scores/test_scores",
    "worker/test_class.py",
    "worker/test_cli",
    "worker/test_confined",
    "worker/test_course_files",
    "worker/test_deliveries",
    "worker/test_drawing",
    "worker/test_embedded",
    "worker/test_failure",
    "worker/test_gradescope",
    "worker/test_grading",
    "worker/test_jails",
    "worker/test_kit_command",
    "worker/test_parallel",
    "worker/test_platforms",
    "worker/test_python2",
)
#: Tests of many seconds: they come first, so that the end does not wait for one of them.
LONG = (
    "contracts/test_gallery",
    "docs/test_quick_starts",
    "service/test_chaos",
    "test_verbs",
    "web/test_schema",
    "worker/test_platforms",
    "worker/test_serve",
)
#: Revisions that are drawn once, for all processes and the runs to come.
REVISIONS = FOLDER.parent / ".pytest_cache/revisions"
#: Seconds after which a revision that is kept there is removed.
KEPT_SECONDS = 7 * 86_400
#: With a commit one in so many nightly tests is run, and others with another commit; a test's marker may say fewer,
#: and 0 where a test takes minutes.
SHARES = 50
#: Likewise of the slow ones; but all of a file that the command line names, or the commit or the working tree changes.
SLOW_SHARES = 6
#: Examples of a property by Hypothesis: `--hypothesis-profile night` draws more.
EXAMPLES = {"day": 25, "night": 300}
#: Seconds that a test of a whole service may take; each of its waits gives up sooner, with a sentence.
SERVICE_SECONDS = 600


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the commit whose share of the nightly tests is marked."""
    parser.addoption(
        "--nightly-share", metavar="COMMIT", help="mark a commit's share of the nightly tests as `in_share`"
    )


def is_in_share(name: str, commit: str, shares: int = SHARES) -> bool:
    """Return True if a test is in the share of a commit: for good, and in that of one commit in `shares`; 0 is none."""
    return shares > 0 and zlib.crc32(name.encode()) % shares == int(commit, 16) % shares


def pytest_configure(config: pytest.Config) -> None:
    """Let tests interrupt what they start, also if they run in a shell's background; and let a busy machine be slow.

    Such a shell has its jobs ignore SIGINT, which all that they start inherits.
    """
    if not hasattr(config, "workerinput"):
        for file in REVISIONS.glob("*"):
            if time.time() - file.stat().st_mtime > KEPT_SECONDS:
                file.unlink()
    # How long an example takes is no behaviour of ours that anybody relies on: bench/ measures it.
    unhurried = settings(deadline=None, suppress_health_check=(HealthCheck.too_slow,))
    for profile, examples in EXAMPLES.items():
        settings.register_profile(profile, unhurried, max_examples=examples)
    settings.load_profile("day")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return two processes for each core: many tests wait for a service, a disk or a clock."""
    return count_cpus() * 2


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the files whose tests are all slow where these are not run: to import them takes most of the time."""
    if not config.option.markexpr.startswith("not slow") or not collection_path.is_relative_to(FOLDER):
        return None
    return True if collection_path.relative_to(FOLDER).as_posix().startswith(SLOW) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is slow, by its path, and what is in the commit's share, and put the longest first."""
    commit = config.getoption("nightly_share")
    whole = {Path(arg.partition("::")[0]).resolve() for arg in config.args}
    if commit:
        whole.update(find_changed(commit))
    paths = {path: path.relative_to(FOLDER).as_posix() for path in {item.path for item in items}}
    items.sort(key=lambda item: not paths[item.path].startswith(LONG))
    for item in items:
        path = paths[item.path]
        if path.startswith(SLOW):
            item.add_marker(pytest.mark.slow)
            if commit and item.path not in whole and not item.get_closest_marker("nightly"):
                item.add_marker(pytest.mark.nightly(SLOW_SHARES))
        if path.startswith(SERVICES):
            item.add_marker(pytest.mark.timeout(SERVICE_SECONDS))
        nightly = item.get_closest_marker("nightly")
        if commit and nightly and is_in_share(item.nodeid, commit, *nightly.args):
            item.add_marker(pytest.mark.in_share)


def find_changed(commit: str) -> set[Path]:
    """Return the tests' files that the commit or the working tree changes; none where git cannot tell."""
    command = ("git", "diff", "--name-only", "--relative", f"{commit}^", "--", ".")
    found = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    return {FOLDER / name for name in found.stdout.splitlines()}


@pytest.fixture(scope="session")
def udl() -> Judge:
    """The assignment that ships, with its cases."""
    return Judge(load_packaged("udl-7.2"))


@pytest.fixture(scope="session")
def jail() -> Launch:
    """A jail: skipped at home where none can be had, a failure in CI."""
    try:
        return plan_jailed()
    except JailUnavailable as error:
        return require(None, f"jail ({error})")


@pytest.fixture(scope="session")
def jails(jail: Launch) -> Iterator[Jails]:
    """Jails for one submission after another, forked by one template."""
    with contextlib.closing(Jails(jail)) as pool:
        yield pool
