"""It imports and opens the grader's own package, to call its reference or read its networks.

Expected: failed
"""

import importlib
import importlib.util
import sys

MODULES = (
    "grader", "grader.oracle", "grader.oracle.reference", "grader.subjects.networks.revision", "grader.oracle.suite", "grader.model",
    "worker.grading.grader", "worker.grading.candidate", "worker.cli.main", "worker.sandbox.session", "worker.sandbox.policy",
    "worker.sandbox.process", "tests", "hypothesis", "redis", "flask", "celery",
)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for name in MODULES:
        try:
            importlib.import_module(name)
            print("ESCAPED", name)
        except ModuleNotFoundError:
            pass
    for folder in [*sys.path, "/work/main", "/work", "/app", "/opt", "/srv", "."]:
        for file in ("grader/assignments/udl-7.2.npz", "grader/oracle/reference.py", "udl-7.2.npz", "pyproject.toml"):
            try:
                open(f"{folder}/{file}", "rb")
                print("ESCAPED", folder, file)
            except OSError:
                pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
