"""Real Redis, real Celery workers, real jails: what they answer is what the command line answers."""

import json
import subprocess
import sys

from backmark.grader.model.records import State
from tests.service.parts import EXAMPLES, ROOT, Service, as_json, without_identity


def test_every_example_gets_the_verdict_of_the_command_line(service: Service) -> None:
    """Also where the same was handed in before, and its verdict is used again."""
    service.worker()
    names = [service.submit(file.read_bytes(), file.name, file.stem) for file in EXAMPLES]
    process = subprocess.run(
        [sys.executable, "-m", "backmark.worker.cli.main", "grade", "--json", *map(str, EXAMPLES)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    expected = [without_identity(json.loads(line)) for line in process.stdout.splitlines()]
    assert len(expected) == len(EXAMPLES)
    assert {submission_record.state for submission_record in service.wait_for_ends(*names)} == {State.DONE}
    repeats = [service.submit(file.read_bytes(), file.name, f"{file.stem}, another") for file in EXAMPLES]
    for name, expected_verdict in zip(names + repeats, expected + expected, strict=True):
        (submission,) = service.wait_for_ends(name)
        verdict = service.store.submissions.verdict(name)
        assert verdict is not None
        assert verdict.submission.id == name
        assert without_identity(as_json(verdict)) == expected_verdict, submission.filename
    reused_outcomes = {service.submission(name).outcome for name in repeats if service.submission(name).reused}
    assert reused_outcomes == {"passed", "failed", "rejected"}
