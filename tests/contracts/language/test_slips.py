"""A slip is a mistake that is written as changes of the solution; a wrong one is refused with what to write."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from backmark.grader.contracts.language import reading
from backmark.grader.contracts.language.assignment import ContractMistake, assignment_to_json
from backmark.grader.errors import BadAssignment
from tests.contracts.making import FILES, LINEAR, MISTAKE, RIGHT, build, contract

#: The same mistake as that of the file.
UPSTREAM = {
    "id": "upstream",
    "title": "forgets the upstream gradient in dw",
    "hint": "What does dout say?",
    "change": [{"old": "x.T @ dout", "new": "x.T @ np.ones_like(dout)"}],
}
TRANSPOSED = {"id": "transposed", "title": "transposes w", "change": [{"old": "w.T", "new": "w"}]}


def write(slips: list[Mapping[str, Any]]) -> str:
    """Return the linear contract's TOML with slips: JSON's texts, numbers and lists are TOML's."""
    return LINEAR + "".join(
        "[[slips]]\n" + "".join(f"{key} = {_inline(slip[key])}\n" for key in slip) for slip in slips
    )


def _inline(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(part)}" for key, part in value.items()) + "}"
    return json.dumps(value)


def read(*slips: Mapping[str, Any], solution: str = RIGHT, **files: str) -> tuple[ContractMistake, ...]:
    """Return the mistakes of a contract with these slips, and with no mistake as a file unless it is given."""
    return contract(write([*slips]), solution=solution, **{"mistake_upstream": "", **files}).mistakes


def change(*changes: Mapping[str, Any]) -> dict[str, Any]:
    return {**UPSTREAM, "change": [*changes]}


def refuse(*slips: Mapping[str, Any], solution: str = RIGHT, **files: str) -> str:
    with pytest.raises(BadAssignment) as refusal:
        read(*slips, solution=solution, **files)
    return str(refusal.value).removeprefix("linear.toml: ")


def test_a_slip_is_stored_byte_for_byte_as_a_file_with_its_text_is() -> None:
    of_slip = contract(write([UPSTREAM]), mistake_upstream="")
    of_file = contract(mistake_upstream=MISTAKE.replace('"""\n', '"""\n\n'))
    assert assignment_to_json(of_slip) == assignment_to_json(of_file)


def test_slips_and_files_stand_in_the_order_of_their_ids() -> None:
    mistakes = read(TRANSPOSED, {**UPSTREAM, "id": "bare"}, mistake_upstream=MISTAKE)
    assert [mistake.id for mistake in mistakes] == ["bare", "transposed", "upstream"]


def test_a_slip_is_tried_as_any_mistake_is() -> None:
    revision = build(contract(write([TRANSPOSED]), mistake_upstream=""))
    assert revision.faults == ()
    assert revision.mistakes["transposed"].wrong


def test_the_solutions_docstring_gives_way_to_the_slips() -> None:
    (mistake,) = read(UPSTREAM, solution=f'# Ours.\n"""A right\nsolution."""\n{RIGHT}')
    assert mistake.source.startswith('# Ours.\n"""forgets the upstream gradient in dw.\n\nWhat does dout say?\n"""\n')
    assert "A right" not in mistake.source


@pytest.mark.parametrize(
    ("title", "hint"),
    [
        ("adds", ""),
        ('writes """ where ""', 'Say "why"'),
        ("forgets \\n", "\\"),
        ("prüft", "One line.\n\nAnother one."),
        ('"', '"'),
    ],
)
def test_any_title_and_hint_are_a_docstring(title: str, hint: str) -> None:
    (mistake,) = read({**UPSTREAM, "title": title, "hint": hint})
    assert (mistake.title, mistake.hint) == (title, hint)
    assert ast.get_docstring(ast.parse(mistake.source)) == f"{title}.\n\n{hint}".strip()


def test_a_full_stop_and_blanks_at_the_ends_are_left_out_as_in_a_file() -> None:
    (mistake,) = read({**UPSTREAM, "title": "forgets it. ", "hint": "\nWhy?\n"})
    assert (mistake.title, mistake.hint) == ("forgets it", "Why?")


def test_all_changes_are_of_the_solution_as_it_is() -> None:
    (mistake,) = read(change({"old": "w.T", "new": "x.T"}, {"old": "x.T", "new": "w.T"}))
    assert "return dout @ x.T, w.T @ dout" in mistake.source


def test_of_a_text_that_occurs_twice_nth_says_which() -> None:
    (mistake,) = read(change({"old": ".T", "new": "", "nth": 2}))
    assert "return dout @ w.T, x @ dout" in mistake.source


def test_comments_that_name_rows_are_in_no_slip() -> None:
    commented = RIGHT.replace("x.T @ dout", "x.T @ dout  # row: all").replace("x @ w", 'x @ w + 0 * len("# row: x")')
    table = '[rows.all]\ntitle = "Both"\nmarks = 5\n'
    (mistake,) = contract(write([UPSTREAM]) + table, solution=commented, mistake_upstream="").mistakes
    assert "# row: all" not in mistake.source
    assert '"# row: x"' in mistake.source
    old = change({"old": "x.T @ dout  # row: all", "new": "x"})
    with pytest.raises(BadAssignment, match="does not occur"):
        contract(write([old]) + table, solution=commented, mistake_upstream="")


@pytest.mark.parametrize(
    ("slip", "sentence"),
    [
        (
            change({"old": "x.T @ dy", "new": "x"}),
            'slips.upstream: "x.T @ dy" does not occur in solution.py: copy a text from it, without any comment',
        ),
        (
            change({"old": ".T", "new": ""}),
            'slips.upstream: ".T" occurs more than once in solution.py: copy more of its line, or say which by nth',
        ),
        (
            change({"old": ".T", "new": "", "nth": 3}),
            'slips.upstream: nth is 3, but ".T" occurs only 2 times in solution.py',
        ),
        (
            change({"old": "x.T @ dout", "new": "x"}, {"old": "@ dout\n", "new": ""}),
            'slips.upstream: two changes overlap at "@ dout\\n": write them as one',
        ),
        (
            change({"old": "w.T", "new": "w.T"}),
            "slips.upstream: its changes leave solution.py as it is: write in new what stands there instead",
        ),
        (
            change({"old": "x.T @ dout", "new": "x.T @"}),
            "slips.upstream: with its changes solution.py is not valid Python (line 7: invalid syntax)",
        ),
        (
            change({"old": "x.T", "new": "\0"}),
            "slips.upstream: with its changes solution.py is not valid Python (line ",
        ),
        (
            {**UPSTREAM, "titel": "x"},
            "slips.upstream: titel is no key of an assignment: did you mean title?",
        ),
        (
            change({"old": "w.T", "neu": "w"}),
            "slips.upstream: change.0.new is missing: write the text in its place, at most 2000 characters; ",
        ),
        (
            change({"old": "w.T", "new": "w", "neu": "x"}),
            "slips.upstream: change.0.neu is no key of an assignment: write one of old, new, nth",
        ),
        (
            change({"old": "w.T", "new": "w", "nth": 0}),
            "slips.upstream: change.0.nth is 0: write a whole number from 1 to 100, which says which of several such",
        ),
        (
            change({"old": "", "new": "w"}),
            'slips.upstream: change.0.old is "": write a text of the solution, at most 2000 characters',
        ),
        (
            change({"old": "w.T", "new": "w" * 2001}),
            f'slips.upstream: change.0.new is "{"w" * 56}...: write the text in its place, at most 2000 characters',
        ),
        (
            {**UPSTREAM, "change": []},
            'slips.upstream: change is []: write a list such as [{ old = "x @ w.T", new = "x @ w" }], with at most 20',
        ),
        (
            {**UPSTREAM, "title": " "},
            'slips.upstream: title is " ": write one line of at most 200 characters that follows "it"',
        ),
        ({**UPSTREAM, "title": "one\ntwo"}, 'slips.upstream: title is "one\\ntwo": write one line of'),
        ({**UPSTREAM, "title": "..."}, 'slips.upstream: title is "...": write one line of'),
        ({**UPSTREAM, "hint": "a\0"}, 'slips.upstream: hint is "a\\u0000": write a text of at most 1000 characters'),
        (
            {**UPSTREAM, "id": "a b"},
            'slips, table 2: id is "a b": write letters, digits, "_", "." or "-", at most 100',
        ),
        ({"title": "x", "change": UPSTREAM["change"]}, "slips, table 2: id is missing: write letters, digits"),
    ],
)
def test_a_slip_that_cannot_be_made_is_refused_with_what_to_write(slip: Mapping[str, Any], sentence: str) -> None:
    assert refuse(TRANSPOSED, slip).startswith(sentence)


def test_an_id_is_one_mistakes_alone() -> None:
    assert refuse(UPSTREAM, mistake_upstream=MISTAKE) == (
        "slips.upstream has the id of mistakes/upstream.py: rename one of them"
    )
    assert refuse(UPSTREAM, UPSTREAM) == "slips.upstream has the id of another slip: rename one of them"


def test_slips_and_files_together_are_twenty_at_most() -> None:
    slips = [{**UPSTREAM, "id": f"m{number}"} for number in range(20)]
    assert len(read(*slips)) == 20
    assert refuse(*slips, mistake_upstream=MISTAKE) == "there are 21 mistakes; at most 20 are taken"


def test_a_table_of_slips_is_refused_with_how_they_are_headed() -> None:
    with pytest.raises(BadAssignment, match=r"slips is \{.*: write tables of their own, each headed `\[\[slips\]\]`"):
        contract(f'{LINEAR}\n[slips]\nid = "a"\n')


@pytest.mark.parametrize("solution", ["x = (x.T @ dout", f"x = {'-' * 90_000}1\n# x.T @ dout"])
def test_a_solution_that_is_no_python_has_no_slips(solution: str) -> None:
    assert "solution.py is not valid Python" in refuse(UPSTREAM, solution=solution)


def test_a_slip_makes_no_solution_longer_than_a_file_may_be() -> None:
    long = f"{RIGHT}\n# {'a' * (99_990 - len(RIGHT))}"
    assert "has more than 100000 characters" in refuse(UPSTREAM, solution=long)


def test_a_mistake_that_raises_everywhere_is_refused_with_its_line() -> None:
    with pytest.raises(BadAssignment) as refusal:
        build(contract(write([change({"old": "x.T @ dout", "new": "x.T @ dy"})]), mistake_upstream=""))
    assert str(refusal.value) == (
        "the mistake upstream raised NameError on line 12 (return dout @ w.T, x.T @ dy): name 'dy' is not defined on"
        " every case: that is no evidence of it"
    )


def test_a_folder_with_slips_is_one_text_with_its_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "assignment.toml").write_text(write([UPSTREAM]))
    for name in ("reference.py", "solution.py"):
        (tmp_path / name).write_text(FILES[name])
    assert reading.read(tmp_path) == contract(write([UPSTREAM]), mistake_upstream="")
