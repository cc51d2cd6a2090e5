"""Asks every documented operation what nobody expects, with all checks on: no 5xx, no undocumented answer."""

import os
import subprocess
import sys
from pathlib import Path

from grader.settings.service import ServiceSettings
from grader.store.records import Scope
from grader.store.store import Store
from grader.store.workers import Worker
from tests.web.concluding import concluding
from tests.web.serving import serving

#: Of each operation and phase: coverage, fuzzing, and walks from one operation to the next.
EXAMPLES = 15
#: As many requests as they like.
UNLIMITED = {"BACKMARK_READ_RATE": "1000000/minute", "BACKMARK_SUBMIT_RATE": "1000000/minute"}


def test_every_operation_keeps_to_the_documentation(settings: ServiceSettings, store: Store, tmp_path: Path) -> None:
    secret = store.tokens.create("schemathesis", "course", {Scope.ADMIN})[1]
    store.workers.report(Worker("worker", "here", 1, jail=True, reason=None, version="0", role="worker"))
    store.workers.report(Worker("sweeper", "here", 1, jail=True, reason=None, version="0", role="sweeper"))
    url = settings.redis_url.get_secret_value()
    with serving(url, **UNLIMITED) as port, concluding(store):
        told = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{port}/api/v1/openapi.json"),
                *("--header", f"Authorization: Bearer {secret}", "--checks", "all", "--max-examples", str(EXAMPLES)),
                *("--generation-deterministic", "--no-color"),
            ],
            env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.web.schema_hooks", "PYTHONPATH": str(Path.cwd())},
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
        )
    assert told.returncode == 0, told.stdout + told.stderr
