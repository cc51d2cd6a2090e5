"""The shapes of messages match strictly: nothing more, nothing less, nothing that only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.worker.sandbox.shapes import Shape, flag, line, many, one_of, optional, raw, record, row, text, whole

POINT = record({"x": whole(0, 9), "names": many(line(3), 2)}, {"seen": flag})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 12) | st.floats() | st.text("ab\n\x00", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "names", "seen"]), inner),
)


@given(x=st.integers(0, 9), names=st.lists(st.text("ab", max_size=3), max_size=2), more=st.booleans())
def test_what_is_declared_matches_and_one_change_more_does_not(x: int, names: list[str], more: bool) -> None:  # noqa: FBT001 - drawn
    value = {"x": x, "names": names, **({"seen": True} if more else {})}
    assert POINT(value)
    assert not POINT({**value, "y": 1})
    assert not POINT({name: member for name, member in value.items() if name != "x"})
    for other in (True, 10, -1, 1.0, "1", None):
        assert not POINT({**value, "x": other})


@given(value=JSON)
def test_any_json_is_matched_or_not_and_never_raises(value: object) -> None:
    shapes = [
        flag,
        whole(0, 9),
        text(2),
        line(2),
        raw(2),
        one_of({"a"}),
        optional(flag),
        many(flag, 1),
        row(flag),
        POINT,
    ]
    for shape in shapes:
        assert shape(value) in {True, False}


@pytest.mark.parametrize(
    ("shape", "right", "wrong"),
    [
        (text(3), "a\nb", "a\x00b"),
        (line(3), "ab", "a\nb"),
        (raw(3), "a\x00b", "four"),
        (one_of({"a", "b"}), "a", "c"),
        (optional(whole(0, 1)), None, 2),
        (many(flag, 2, 1), [True], []),
        (many(flag, 2), [], [True, True, True]),
        (row(flag, whole(0, 1)), [True, 1], [1, True]),
    ],
)
def test_each_shape_is_as_wide_as_it_says(shape: Shape, right: object, wrong: object) -> None:
    assert shape(right)
    assert not shape(wrong)
