"""Gradescope's image, built from the exported ZIP file by setup/gradescope-test.sh: right, wrong and hostile ones."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.compose.engine import EXAMPLES, run
from tests.worker.test_gradescope import check_result

IMAGE = os.environ.get("GRADESCOPE_TEST_IMAGE", "")
SUBMISSIONS = EXAMPLES.parent / "tests/submissions"
#: Docker's own filter lets nobody make a user namespace; with this one there is no Landlock either.
NO_LANDLOCK = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [
        {
            "names": ["unshare", "setns", "mount", "pivot_root", "landlock_create_ruleset"],
            "action": "SCMP_ACT_ERRNO",
            "errnoRet": 1,
        },
        {
            "names": ["clone"],
            "action": "SCMP_ACT_ERRNO",
            "errnoRet": 1,
            "args": [{"index": 0, "value": 1 << 28, "valueTwo": 1 << 28, "op": "SCMP_CMP_MASKED_EQ"}],
        },
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
    ],
}
#: Looks for the cases, for the grader's memory, and for a place to write a result.
ATTACK = """
import os

PLACES = (
    "/autograder/source/revision.npz",
    "/opt/backmark/grader/revision.npz",
    "/autograder/submission_metadata.json",
    "/etc/shadow",
    "/proc/1/mem",
    f"/proc/{os.getppid()}/mem",
    f"/proc/{os.getppid()}/environ",
)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for place in PLACES:
        try:
            open(place, "rb").read(1)
            print("ESCAPED", place)
        except OSError:
            pass
    for place in ("/autograder/results/results.json", "/tmp/left", "/dev/shm/left"):
        for flags in (os.O_WRONLY | os.O_CREAT, os.O_RDWR, os.O_CREAT):
            try:
                os.open(place, flags)
                print("ESCAPED", place)
            except OSError:
                pass
    for attempt in (os.fork, lambda: os.kill(os.getppid(), 9), lambda: os.kill(1, 9), lambda: os.setuid(0)):
        try:
            attempt()
            print("ESCAPED", attempt)
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
"""

pytestmark = pytest.mark.skipif(not IMAGE, reason="setup/gradescope-test.sh builds the image that these look at")


@pytest.fixture(params=["as Docker has it", "without Landlock"])
def options(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The container's options about system calls."""
    if request.param == "as Docker has it":
        return []
    profile = tmp_path / "seccomp.json"
    profile.write_text(json.dumps(NO_LANDLOCK), encoding="utf-8")
    return ["--security-opt", f"seccomp={profile}"]


def grade(folder: Path, source: bytes, name: str, options: list[str]) -> dict[str, Any]:
    """Grade as Gradescope does; the result, as its specifications say."""
    for part in ("submission", "results"):
        (folder / part).mkdir()
    (folder / "submission" / name).write_bytes(source)
    (folder / "metadata.json").write_text('{"id": 7, "previous_submissions": []}', encoding="utf-8")
    mounts = {"submission": "submission", "results": "results", "metadata.json": "submission_metadata.json"}
    volumes = [word for origin, place in mounts.items() for word in ("-v", f"{folder / origin}:/autograder/{place}")]
    limits = ["--network", "none", "--cpus", "0.5", "--memory", "768m", "--memory-swap", "768m"]
    process = run("run", "--rm", *limits, *volumes, *options, IMAGE, "/autograder/run_autograder")
    assert process.returncode == 0, process.stderr
    result: dict[str, Any] = json.loads((folder / "results/results.json").read_bytes())
    check_result(result)
    assert [file.name for file in (folder / "results").iterdir()] == ["results.json"]
    assert result["extra_data"]["isolation"].startswith("CONFINED")
    return result


@pytest.mark.parametrize(
    ("file", "score", "outcome"),
    [
        (EXAMPLES / "right_loops.py", 10, "passed"),
        (EXAMPLES / "right.ipynb", 10, "passed"),
        (EXAMPLES / "weights_from_previous_activation.py", 8, "failed"),
        (EXAMPLES / "raises.py", 8, "error"),
        (EXAMPLES / "endless_loop.py", 0, "timeout"),
        (SUBMISSIONS / "memory_list_bomb.py", 0, "memory"),
        (SUBMISSIONS / "fork_spawn.py", 0, "failed"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else str(value),
)
def test_it_gets_its_marks(tmp_path: Path, options: list[str], file: Path, score: int, outcome: str) -> None:
    result = grade(tmp_path, file.read_bytes(), file.name, options)
    assert (result["score"], result["extra_data"]["outcome"]) == (score, outcome)


def test_a_hostile_one_finds_nothing_and_leaves_nothing(tmp_path: Path, options: list[str]) -> None:
    result = grade(tmp_path, ATTACK.encode(), "attack.py", options)
    assert result["score"] == 0
    assert "ESCAPED" not in result["output"]
