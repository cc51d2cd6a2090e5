"""Groups of equal code: of two students or more, each attempt in one at most, whatever order they are read in."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.courses.equal_code import ENOUGH, NEARLY_EVERYBODY, CodeAttempt, group_code
from backmark.grader.model.equal_code import EqualCode, EqualSubmission
from backmark.grader.model.people import RosterEntry

CLASS = [f"s{number}" for number in range(ENOUGH)]


def attempt(student: str, code: str, created: float = 0.0, source: str = "") -> CodeAttempt:
    """An attempt of this code, by default in a file of its own."""
    name = f"{student}-{code}-{created}-{source}"
    return CodeAttempt(student, EqualSubmission(name, created), source or name, code)


def list_groups(equal: EqualCode) -> list[tuple[str, ...]]:
    """The students of each group."""
    return [tuple(student.student for student in group.students) for group in equal.groups]


def test_students_are_in_the_order_of_their_first_submission_with_all_of_theirs() -> None:
    attempts = [attempt("bob", "a", 3), attempt("ada", "a", 2), attempt("bob", "a", 1), attempt("eve", "b", 0)]
    equal = group_code(attempts, {"ada": RosterEntry("ada", "Ada", section="A")})
    assert list_groups(equal) == [("bob", "ada")]
    bob, ada = equal.groups[0].students
    assert [submission.created for submission in bob.submissions] == [1, 3]
    assert (ada.name, ada.section, bob.name, bob.section) == ("Ada", "A", "", None)
    assert (equal.handed_in, equal.common) == (3, 0)


def test_attempts_of_one_student_make_no_group_nor_does_a_name_typed_in_several_browsers() -> None:
    names = ("ada", "ada", f"ada!{'0' * 12}", f"ada!{'1' * 12}")
    assert group_code([attempt(name, "a", place) for place, name in enumerate(names)], {}).groups == ()
    typed = group_code([attempt("bob", "a"), attempt(f"ada!{'0' * 12}", "a", 1)], {}).groups[0].students
    assert [student.verified for student in typed] == [True, False]


def test_a_template_makes_no_group() -> None:
    attempts = [attempt("ada", "a"), attempt("bob", "a")]
    assert group_code(attempts, {}, {"a"}).groups == ()


def test_a_file_without_a_fingerprint_has_that_of_the_same_file_or_is_known_by_its_hash() -> None:
    older = [attempt("ada", "", source="x"), attempt("bob", "", 1, "y"), attempt("cyd", "", 2, "y")]
    assert list_groups(group_code(older, {})) == [("bob", "cyd")]
    newer = [*older, attempt("dan", "a", 3, "x"), attempt("eve", "a", 4, "z")]
    assert list_groups(group_code(newer, {})) == [("ada", "dan", "eve"), ("bob", "cyd")]


def test_code_that_nearly_everybody_has_makes_no_group_and_is_counted() -> None:
    most = int(NEARLY_EVERYBODY * len(CLASS))
    common = [attempt(student, "a") for student in CLASS[:most]]
    others = [attempt(student, "b", 1) for student in CLASS[most:]]
    equal = group_code([*common, *others], {})
    assert (list_groups(equal), equal.common, equal.handed_in) == ([tuple(CLASS[most:])], most, len(CLASS))
    assert group_code([*common[1:], *others, attempt(CLASS[0], "c")], {}).common == 0


def test_in_a_small_class_no_code_is_common() -> None:
    equal = group_code([attempt(student, "a") for student in CLASS[1:]], {})
    assert (list_groups(equal), equal.common) == ([tuple(CLASS[1:])], 0)


@given(
    st.lists(
        st.builds(
            attempt,
            st.sampled_from([*CLASS, "s1!000000000000"]),
            st.sampled_from(["", "a", "b", "c", "template"]),
            st.integers(0, 9).map(float),
            st.sampled_from(["", "x", "y"]),
        ),
        max_size=30,
        unique_by=lambda one: one.submission.id,
    ),
    st.randoms(use_true_random=False),
)
def test_each_attempt_is_in_one_group_at_most_and_the_order_of_reading_changes_nothing(
    attempts: list[CodeAttempt], order: random.Random
) -> None:
    equal = group_code(attempts, {}, {"template"})
    grouped = [student for group in equal.groups for student in group.students]
    named = Counter(submission.id for student in grouped for submission in student.submissions)
    owners = {one.submission.id: one.student for one in attempts}
    assert set(named.values()) <= {1}
    assert all(owners[one.id] == student.student for student in grouped for one in student.submissions)
    for group in equal.groups:
        size = len({student.student.partition("!")[0] for student in group.students})
        assert size >= 2
        assert equal.handed_in < ENOUGH or size < NEARLY_EVERYBODY * equal.handed_in
    assert "template" not in {group.fingerprint for group in equal.groups}
    shuffled = list(attempts)
    order.shuffle(shuffled)
    assert group_code(shuffled, {}, {"template"}) == equal
