"""It imports and opens the grader's own package, to call its judge or read its cases.

Expected: failed
"""

import glob
import importlib
import importlib.util
import sys

MODULES = (
    "grader", "backmark.grader.contracts", "backmark.grader.contracts.cases.arrays", "backmark.grader.contracts.judging.revision", "backmark.grader.contracts.judging.judge", "backmark.grader.model",
    "backmark.worker.grading.grader", "backmark.worker.grading.candidate", "backmark.worker.cli.main", "backmark.worker.sandbox.session", "backmark.worker.sandbox.policy",
    "backmark.worker.sandbox.process", "tests", "hypothesis", "redis", "flask", "celery",
)
FOLDERS = [*sys.path, *glob.glob("/*/"), *glob.glob("/*/*/"), "."]


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for name in MODULES:
        try:
            importlib.import_module(name)
            print("ESCAPED", name)
        except ModuleNotFoundError:
            pass
    for folder in FOLDERS:
        for file in ("grader/assignments/gallery/udl-7.2.npz", "grader/contracts/judging/judge.py", "udl-7.2.npz", "pyproject.toml"):
            try:
                open(f"{folder}/{file}", "rb")
                print("ESCAPED", folder, file)
            except OSError:
                pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
