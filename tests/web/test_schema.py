"""Asks every documented operation what nobody expects, with all checks on: no 5xx, no undocumented answer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from tests.web.asking import Asker
from tests.web.concluding import conclude, conclude_all
from tests.web.schema_hooks import SUBMISSION
from tests.web.serving import serve_web
from tests.web.test_pages import SECRET

#: Of each operation.
EXAMPLES = 3
#: As many requests as they like, and callbacks to where nobody is.
SETTINGS = {
    "BACKMARK_SECRET": SECRET,
    "BACKMARK_READ_RATE": "1000000/minute",
    "BACKMARK_SUBMIT_RATE": "1000000/minute",
    "BACKMARK_STUDENT_RATE": "1000000/minute",
    "BACKMARK_CALLBACK_NETWORKS": '["203.0.113.0/24"]',
}


#: By day the documented examples; nightly what lies at each bound, fuzzing, and walks from one operation to the next.
@pytest.mark.parametrize(
    ("phases", "examples"),
    [
        ("examples", EXAMPLES),
        pytest.param("coverage", EXAMPLES, marks=pytest.mark.nightly),
        pytest.param("fuzzing,stateful", 10, marks=pytest.mark.nightly),
    ],
)
def test_every_operation_keeps_to_the_documentation(
    settings: ServiceSettings, store: Store, staff: Asker, tmp_path: Path, phases: str, examples: int
) -> None:
    secret = store.tokens.create("schemathesis", "course", {Scope.ADMIN})[1]
    submission = staff.submit().get_json()["id"]
    conclude(store, submission)
    url = settings.redis_url.get_secret_value()
    with serve_web(url, **SETTINGS) as port, conclude_all(store):
        process = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{port}/api/v1/openapi.json"),
                *("--header", f"Authorization: Bearer {secret}", "--checks", "all", "--max-examples", str(examples)),
                *("--seed", "1", "--generation-database", "none", "--no-color", "--phases", phases),
            ],
            env=os.environ
            | {"SCHEMATHESIS_HOOKS": "tests.web.schema_hooks", "PYTHONPATH": str(Path.cwd()), SUBMISSION: submission},
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
        )
    assert process.returncode == 0, process.stdout + process.stderr
