"""What students see, and whoever comes without knowing where to."""

import json
import re
from collections.abc import Callable
from functools import partial

from backmark.grader.contracts.gallery import find_folder
from backmark.grader.contracts.language.folder import bundle
from backmark.grader.model.assignment import Level
from backmark.grader.model.records import Claim, Job, Kind, State, SubmissionRecord
from backmark.grader.store.search import Filter
from backmark.grader.store.submissions import NewSubmission
from tests.pages.browser import Window
from tests.pages.house import ASSIGNMENT, COURSE, House
from tests.service.parts import EXAMPLES

#: Verdicts of every kind, by the example that gets it.
VERDICTS = (
    "right.ipynb",
    "no_relu_derivative.ipynb",
    "through_weight_gradients.py",
    "mask_from_wrong_layer.py",
    "todo_left.ipynb",
    "missing_transpose.py",
    "weight_template.py",
    "endless_loop.py",
    "unfilled.ipynb",
)

#: Wrong in a way that nothing explains, only in networks with many units, and it prints.
WIDE = b"""
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    K = len(all_weights) - 1
    dw, db = [None] * (K + 1), [None] * (K + 1)
    df = 2 * (all_f[K] - y)
    for k in range(K, -1, -1):
        db[k], dw[k] = df.copy(), df @ all_h[k].T
        if sum(map(len, all_f)) > 30 and k > 0:
            print("layer", k, df.ravel())
            dw[k] = dw[k] + 0.25 * np.arange(dw[k].size).reshape(dw[k].shape)
        if k:
            df = (all_weights[k].T @ df) * (all_f[k - 1] > 0)
    return dw, db
"""

#: Everything that text can do to a page.
HOSTILE = (
    'import sys\nprint("<script>alert(1)</script> \\x1b[31mred\\x1b[0m \u202egnp.exe " + "x" * 3000)\n'
    "def backward_pass(all_weights, all_biases, all_f, all_h, y):\n"
    '    raise ValueError("<img src=x onerror=alert(1)> \\x00\\x1b[2J \u202eabc \u2067 " + "y" * 5000)\n'
).encode()
HOSTILE_NAME = "<b onmouseover=alert(1)>&quot; {{7*7}} \u05d0\u05d1.py"


def grade_example(house: House, name: str, source: bytes | None = None) -> SubmissionRecord:
    """An example's submission with its verdict, handed in once for all who look."""
    source = source or next(example for example in EXAMPLES if example.name == name).read_bytes()
    student = "s-" + "".join(char if char.isalnum() and char.isascii() else "-" for char in name)
    before = house.store.submissions.list(Filter(COURSE, ASSIGNMENT, student), 1).items
    return before[0] if before else house.grade(source, name, student)


def verdict(name: str, source: bytes | None, house: House, window: Window) -> None:
    """The page of a verdict."""
    window.go(house.verdict_link(grade_example(house, name, source)))


def show_level(level: Level, house: House, window: Window) -> None:
    """The page of a verdict in a course that shows less of it."""
    course, name = house.make_level_course(level), "no_relu_derivative.ipynb"
    before = house.store.submissions.list(Filter(course, ASSIGNMENT, "ada"), 1).items
    source = next(example for example in EXAMPLES if example.name == name).read_bytes()
    record = before[0] if before else house.grade(source, name, "ada", course)
    window.go(house.verdict_link(record))


def home(_: House, window: Window) -> None:
    """The front door."""
    window.go("/")


def help_page(_: House, window: Window) -> None:
    """How to hand in and read a verdict, by the link at the foot of a page."""
    page = window.go("/")
    page.get_by_role("link", name="Help").click()
    page.get_by_role("heading", name="Reading your verdict").wait_for()


def sign_in(_: House, window: Window) -> None:
    """Where staff sign in, after a token that is none."""
    page = window.go("/sign-in")
    page.get_by_label("Token").fill("bmk_none")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    # The browser says aloud that it was refused, which is as it should be.
    window.complaints.clear()


def show_missing(_: House, window: Window) -> None:
    """An address at which nothing stands."""
    window.go("/nothing/here")
    window.complaints.clear()


def hand_in(house: House, window: Window) -> None:
    """The form of a student who comes with a link of their own, and not for the first time."""
    grade_example(house, "right.ipynb")
    grade_example(house, "no_relu_derivative.ipynb")
    window.go(house.hand_in_link("s-no-relu-derivative-ipynb"))


def hand_in_anybody(house: House, window: Window) -> None:
    """The form of a link for a whole class."""
    window.go(house.hand_in_link())


def progress(house: House, window: Window) -> None:
    """A submission that is being graded: by a worker that never was, so that it stays so for a while."""
    window.go(house.verdict_link(house.submission(lose_submission(house, "waiting").job.id)))


def show_superseded(house: House, window: Window) -> None:
    """A submission that was handed in again while it waited."""
    name = accept_submission(house, "hurried")
    accept_submission(house, "hurried")
    window.go(house.verdict_link(house.submission(name)))


def lose_submission(house: House, student: str) -> Claim:
    """A submission that is being graded by nobody, until the sweeper finds out after the lease."""
    claim = house.store.jobs.claim(Job(Kind.SUBMISSION, accept_submission(house, student)))
    assert claim is not None
    return claim


def accept_submission(house: House, student: str) -> str:
    """A submission that no worker is told of."""
    revision = house.store.assignments.current(COURSE, ASSIGNMENT)
    assert revision is not None
    return house.store.submissions.accept(
        NewSubmission(COURSE, ASSIGNMENT, revision.id, student, "work.ipynb", b"{}")
    ).id


#: Wrong by one unit, wherever layers are wide.
TANGLE = WIDE.replace(b"sum(map(len, all_f)) > 30", b"min(map(len, all_h[1:] or [[]])) > 8 and len(all_h) > 2")

#: Wrong in a way that nothing explains, wherever two layers of two units follow each other.
TWO = WIDE.replace(b"sum(map(len, all_f)) > 30", b"len(df) > 1 and len(all_h[k]) > 1")

#: A contract of the gallery, the course in which it is published, and a mistake with two wrong results.
CONTRACT, CALCULUS = "cs231n-affine", "calculus"


def contract(house: House, window: Window) -> None:
    """The page of a verdict on a contract."""
    folder = find_folder(CONTRACT)
    assert folder is not None
    if house.store.assignments.current(CALCULUS, CONTRACT) is None:
        assert house.publish(bundle(folder), CALCULUS, CONTRACT).refusal is None
    before = house.store.submissions.list(Filter(CALCULUS, CONTRACT, "ada"), 1).items
    source = (folder / "solution.py").read_bytes().replace(b"np.sum(dout, axis=0)", b"np.mean(dout, axis=0)")
    record = before[0] if before else house.grade(source, "affine.py", "ada", CALCULUS, CONTRACT)
    assert record.state is State.DONE
    window.go(house.verdict_link(record))


#: A contract whose rows are statements, and changes that make two of its lines wrong.
REPAIRED = "udl-7.2"
WRONG_LINES = (
    (b"np.matmul(all_dl_df[layer], all_h[layer].T)", b"0.5 * np.matmul(all_dl_df[layer], all_h[layer].T)"),
    (b"indicator_function(all_f[layer - 1]) * all_dl_dh[layer]", b"all_dl_dh[layer]"),
)


def repair(level: Level, house: House, window: Window) -> None:
    """The page of a verdict that says which lines must be changed."""
    folder, course = find_folder(REPAIRED), f"repair-{level}"
    assert folder is not None
    if house.store.assignments.current(course, REPAIRED) is None:
        shown = f'[feedback]\nlevels = ["{level}"]\n\n[dims]'
        assert house.publish(bundle(folder).replace("[dims]", shown, 1), course, REPAIRED).refusal is None
    source = re.sub(rb" *# row:.*", b"", (folder / "solution.py").read_bytes())
    for old, new in WRONG_LINES:
        source = source.replace(old, new)
    before = house.store.submissions.list(Filter(course, REPAIRED, "ada"), 1).items
    record = before[0] if before else house.grade(source, "backward.py", "ada", course, REPAIRED)
    assert record.state is State.DONE
    window.go(house.verdict_link(record))


#: A right notebook but for its forward pass, by which its own check fails.
FORWARD = """# The forward pass
def compute_network_output(net_input, all_weights, all_biases):
    all_f, all_h = [], [net_input]
    for weights, biases in zip(all_weights, all_biases):
        all_f.append(biases + weights @ all_h[-1])
        all_h.append(np.maximum(all_f[-1], 0) ** 2)
    return all_f[-1], all_f, all_h[:-1]
"""


def own_check(house: House, window: Window) -> None:
    """The page of a verdict that differs from what the notebook's own check says."""
    folder, course = find_folder(REPAIRED), "own-check"
    assert folder is not None
    if house.store.assignments.current(course, REPAIRED) is None:
        assert house.publish(bundle(folder), course, REPAIRED).refusal is None
    cells = [
        {"cell_type": kind, "source": source}
        for code in (FORWARD, (folder / "solution.py").read_text(encoding="utf-8"))
        for kind, source in (("markdown", "Text"), ("code", code))
    ]
    before = house.store.submissions.list(Filter(course, REPAIRED, "ada"), 1).items
    source = json.dumps({"cells": cells}).encode()
    record = before[0] if before else house.grade(source, "notebook.ipynb", "ada", course, REPAIRED)
    assert record.state is State.DONE
    window.go(house.verdict_link(record))


SCENES: dict[str, Callable[[House, Window], None]] = {
    "home": home,
    "help": help_page,
    "sign-in": sign_in,
    "missing": show_missing,
    "hand-in": hand_in,
    "hand-in-anybody": hand_in_anybody,
    "progress": progress,
    "superseded": show_superseded,
    **{f"verdict-{name.partition('.')[0]}": partial(verdict, name, None) for name in VERDICTS},
    "verdict-at-score": partial(show_level, Level.SCORE),
    "verdict-at-hint": partial(show_level, Level.HINT),
    "verdict-wide": partial(verdict, "wide.py", WIDE),
    "verdict-two": partial(verdict, "two.py", TWO),
    "verdict-tangle": partial(verdict, "tangle.py", TANGLE),
    "verdict-contract": contract,
    "verdict-lines": partial(repair, Level.FULL),
    "verdict-lines-at-hint": partial(repair, Level.HINT),
    "verdict-own-check": own_check,
    "verdict-hostile": partial(verdict, HOSTILE_NAME, HOSTILE),
}
