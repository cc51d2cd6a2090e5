"""Real Redis, real Celery workers, real jails: what they answer is what the command line answers."""

import json
import subprocess
import sys

from grader.model.records import State
from tests.service.parts import EXAMPLES, ROOT, Service, as_json, without_identity


def test_every_example_gets_the_verdict_of_the_command_line(service: Service) -> None:
    """Also where the same was handed in before, and its verdict is used again."""
    service.worker()
    names = [service.submit(file.read_bytes(), file.name, file.stem) for file in EXAMPLES]
    graded = subprocess.run(
        [sys.executable, "-m", "worker.cli.main", "grade", "--json", *map(str, EXAMPLES)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    expected = [without_identity(json.loads(line)) for line in graded.stdout.splitlines()]
    assert len(expected) == len(EXAMPLES)
    assert {each.state for each in service.concluded(*names)} == {State.DONE}
    again = [service.submit(file.read_bytes(), file.name, f"{file.stem}, another") for file in EXAMPLES]
    for name, wanted in zip(names + again, expected + expected, strict=True):
        (submission,) = service.concluded(name)
        verdict = service.store.submissions.verdict(name)
        assert verdict is not None
        assert verdict.submission.id == name
        assert without_identity(as_json(verdict)) == wanted, submission.filename
    reused = {service.submission(name).outcome for name in again if service.submission(name).reused}
    assert reused == {"passed", "failed", "rejected"}
