"""Programs are written from a submission's text: the same numbers, sites that know their lines, and edits."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backmark.grader.contracts.values import program
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.reading.source import extract
from backmark.worker.sandbox.inside.wire import Parser
from backmark.worker.sandbox.inside.writing.programs import write_program
from backmark.worker.sandbox.reply import read_written

SITED = {"made": [], "hooked": True}
SOURCE = """
import numpy as np

SCALE = 2


def helper(a):
    return a * SCALE


def f(x, y):
    total = np.zeros_like(x)
    for k in range(3):
        total += helper(x)[k] * y.T[k] if k else x[0]
    while total.sum() < 0:
        total = -total
    parts = [row + 1 for row in total]
    first, *rest = parts
    if (n := len(rest)) > 0:
        total[0] = first / n
    return total, parts[0]
"""


def write(source: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what is written of a source."""
    slice_ = extract(source.encode(), "a.py", Entry("f"))
    wanted = {"made": [], "helpers": [], "template": "", "call": "", **wanted}
    (frame,) = Parser(payload_cap=1 << 23).feed(write_program(slice_, wanted))
    return read_written(frame)


@pytest.mark.parametrize(("kind", "step"), [("small", 1), ("large", 7), ("trial", 1)])
def test_an_edit_in_force_computes_the_same_as_the_edit_alone(kind: str, step: int) -> None:
    source = "def f(x, y):\n    z = x + 2\n    out = z.sum(axis=0) * y[0]\n    return out\n"
    written = write(source, {"statements": [1], "edits": kind, "hooked": False})
    assert len(written["edits"]) > 20
    begin, names = load_hooks()
    differing = 0
    for place in range(0, len(written["edits"]), step):
        alone = write(source, {"made": [[1, kind, place]], "hooked": False})["text"]
        begin(place + 1)
        varied, made = (run_or_none({"text": text}, 0, names) for text in (written["text"], alone))
        assert repr(varied) == repr(made)
        differing += repr(made) != repr(run_or_none({"text": source}, 0, names))
    assert differing > 10


def test_a_line_with_a_formatted_text_has_edits() -> None:
    source = 'def f(x, y):\n    z = {}\n    k = 1\n    z[f"W{k + 1}"] = x * y\n    return z[f"W{k}"], x\n'
    assert write(source, {"statements": [2, 3], "edits": "small", "hooked": False})["edits"]


WHOLE = """
def f(x, y):
    total, parts = x * 0, []
    for k in range(3):
        if k == 2:
            break
        z = x[k] + y[k]
        total = total + z
        parts.append(z)
        if k > 0:
            total[k] = x[k - 1]
    print(total, parts)
"""


def test_an_edit_of_a_whole_statement_in_force_computes_the_same_as_the_edit_alone() -> None:
    begin, names = load_hooks()
    numbers = range(len(write(WHOLE, SITED)["statements"]))
    wanted = {"edits": "steering", "hooked": False, "call": "total, parts = f(x, y)"}
    place, kinds = 0, set()
    written = write(WHOLE, {**wanted, "statements": [*numbers]})
    for number in numbers:
        for own, edit in enumerate(each for each in written["edits"] if each[0] == number):
            place += 1
            kinds.add(edit[1])
            begin(place)
            made = {**wanted, "made": [[number, "steering", own]]}
            texts = (written["text"], write(WHOLE, made)["text"])
            varied, alone = (run_or_none({"text": text}, 0, names) for text in texts)
            assert repr(varied) == repr(alone)
    assert kinds >= {"above", "below", "inside", "outside", "extra", "condition", "return"}


def test_a_statement_of_a_trial_is_left_out_with_all_that_write_its_target() -> None:
    source = "def f(x, y):\n    z = x * 2\n    z += y\n    z[0] = 7\n    return z, y\n"
    written = write(source, {"statements": [1], "edits": "trial", "hooked": False})
    assert [each["begun"] for each in write(source, SITED)["statements"]] == [0, 0, 0, 3]
    assert {edit[3] for edit in written["edits"]} >= {"z = x / 2", "z += -y", "z = x * 0"}
    left_out, zeros = (place for place, edit in enumerate(written["edits"], 1) if edit[1] == "missing")
    assert run_in_force(written, left_out) is None
    np.testing.assert_array_equal(run_in_force(written, zeros), np.zeros((3, 3)))


def test_under_an_edit_of_a_trial_every_loop_ends() -> None:
    source = "def f(x, y):\n    seen = [0]\n    for k in x:\n        seen.append(k)\n    return len(seen), y\n"
    written = write(source, {"statements": [1], "edits": "trial", "hooked": False})
    (endless,) = (place for place, edit in enumerate(written["edits"], 1) if edit[3] == "for k in seen:")
    begin, names = load_hooks()
    begin(endless)
    with pytest.raises(names["EndlessLoopError"]):
        run(written["text"], 0, names)


def test_the_modules_own_statements_may_call_what_is_edited() -> None:
    source = "def g(k):\n    n = k + 1\n    while n > 9:\n        n -= 1\n    return n\n\n\nTWO = g(1)\n\n\n"
    source += "def f(x, y):\n    return g(x[0, 0]) * TWO, y\n"
    for wanted in (SITED, {"statements": [0], "edits": "small", "hooked": False}):
        begin, names = load_hooks()
        exec(write(source, wanted)["text"], names)  # noqa: S102 - our own text
        begin(0)
        assert names["f"](np.ones((1, 1)), 0)[0] == 4


def load_hooks() -> tuple[Callable[[int], None], dict[str, Any]]:
    """Return what puts an edit in force, and the functions that programs call."""
    names: dict[str, Any] = {}
    exec(Path(program.__file__).with_name("hooks.py").read_text(encoding="utf-8"), names)  # noqa: S102 - our own text
    plan = {"given": [], "room": 0, "sites": None, "raw": False, "disturbed": -1, "most_turns": 100}
    return lambda place: names["backmark_begin"]({**plan, "variant": place}, []), names


def run(text: str, variant: int = 0, hooks: dict[str, Any] | None = None) -> Any:
    """Return what a program returns, where every site keeps its value and one edit is in force."""
    names: dict[str, Any] = {
        "backmark_value": lambda _, make: make(),
        "backmark_name": lambda _, value: value,
        "backmark_store": lambda _, value: value,
        "backmark_turn": lambda: None,
        "backmark_additions": lambda *_: None,
        "backmark_added": lambda _, make, __: make(),
        "backmark_variant": lambda first, last=None: first <= variant <= (last or first),
    }
    names.update(hooks or {})
    exec(text, names)  # noqa: S102 - our own text
    return names["f"](np.arange(1.0, 10).reshape(3, 3), np.ones((3, 3)))


def test_a_program_with_sites_computes_the_same() -> None:
    plain, sited = run(SOURCE), run(write(SOURCE, SITED)["text"])
    np.testing.assert_array_equal(plain[0], sited[0])
    np.testing.assert_array_equal(plain[1], sited[1])


def test_sites_stand_where_the_student_wrote_them() -> None:
    written = write(SOURCE, SITED)
    lines = {site["spot"][1] for site in written["sites"]}
    assert {8, 12, 13, 14, 15, 16, 17, 20, 21} <= lines
    assert all(site["parent"] < place for place, site in enumerate(written["sites"]))


def test_every_edit_is_in_force_by_its_place_and_none_without() -> None:
    statements = [place for place, each in enumerate(write(SOURCE, SITED)["statements"]) if each["spot"][1] == 20]
    written = write(SOURCE, {"statements": statements, "edits": "small", "hooked": False})
    np.testing.assert_array_equal(run(SOURCE)[0], run(written["text"])[0])
    changed = [
        place
        for place in range(1, len(written["edits"]) + 1)
        if not np.array_equal(run_in_force(written, place), run(SOURCE)[0])
    ]
    assert len(changed) > len(written["edits"]) // 2


def run_in_force(written: dict[str, Any], place: int) -> Any:
    """Return the first result with an edit in force, by the functions that programs call; None if it raises."""
    begin, names = load_hooks()
    begin(place)
    return run_or_none(written, 0, names)


def run_or_none(written: dict[str, Any], place: int, hooks: dict[str, Any] | None = None) -> Any:
    """Return the first result with an edit, None if it raises."""
    try:
        return run(written["text"], place, hooks)[0]
    except Exception:  # noqa: BLE001 - an edit may raise anything
        return None


@pytest.mark.parametrize("kind", ["steering", "small", "large"])
def test_an_edit_alone_is_the_one_that_was_listed(kind: str) -> None:
    statements = [place for place, each in enumerate(write(SOURCE, SITED)["statements"]) if each["spot"][1] in {8, 21}]
    listed = write(SOURCE, {"statements": statements, "edits": kind, "hooked": False})["edits"]
    for place, (statement, _, before, after) in enumerate(edit for edit in listed if edit[0] == statements[0]):
        text = write(SOURCE, {"made": [[statement, kind, place]], "hooked": False})["text"]
        assert after in text or before not in text
        assert "backmark" not in text


def test_what_cannot_be_written_is_empty() -> None:
    deep = "def f(x, y):\n    return " + "(" * 90 + "x" + ")" * 90 + " + 1" * 900 + "\n"
    written = write(deep, SITED)
    assert isinstance(json.dumps(written), str)
    assert len(written["sites"]) <= 3000


@pytest.mark.parametrize(
    "body",
    [
        "    k = x + 1\n" * 12_000,
        "    k = " + "x + " * 1_000 + "x\n",
        "    k = [" + "1, " * 50_000 + "]\n",
        "    k = f(" * 80 + "x" + ")" * 80 + "\n",
    ],
)
def test_however_long_a_text_is_little_time_is_spent_on_it(body: str) -> None:
    started = time.process_time()
    for wanted in (SITED, {"statements": [0], "edits": "large", "hooked": False}):
        write(f"def f(x, y):\n{body}    return x, y\n", wanted)
    assert time.process_time() - started < 6


def test_a_text_takes_the_place_of_another_unless_it_is_long() -> None:
    source = f'def f(x, y):\n    if y == "relu" or y == "{"a" * 61}":\n        return x\n    return f(x, "tanh")\n'
    changes = [
        edit[2:] for edit in write(source, {"statements": [0, 1, 2], "edits": "small", "hooked": False})["edits"]
    ]
    assert [after for before, after in changes if before == "'tanh'"] == ["'relu'"]
