"""Claims of any shape: each is read into its record or refused with a sentence, and nothing else happens."""

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.lti.claims import _CLAIMS, LaunchClaims, read_claims
from backmark.grader.lti.identity import part_of
from backmark.grader.lti.refusals import LaunchRefused

#: Half surrogate pairs too, which JSON can say and UTF-8 cannot.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "title", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
GOOD: dict[str, Any] = {
    "sub": "7",
    _CLAIMS["message_type"]: "LtiResourceLinkRequest",
    _CLAIMS["version"]: "1.3.0",
    _CLAIMS["deployment"]: "1",
    _CLAIMS["roles"]: ["Learner"],
}


@given(st.dictionaries(st.sampled_from(["sub", "name", *_CLAIMS.values()]), VALUES, max_size=4))
def test_claims_of_any_shape_are_read_or_refused(changes: dict[str, Any]) -> None:
    with contextlib.suppress(LaunchRefused):
        claims = read_claims(GOOD | changes)
        assert isinstance(claims, LaunchClaims)
        assert claims.name.isprintable()
        part_of(claims.roles)
        claims.setting("assignment")
        assert claims.model_dump_json(exclude={"deep_link"})


@given(st.dictionaries(TEXTS | st.sampled_from(["assignment", "due"]), VALUES, max_size=4))
def test_custom_parameters_are_text_and_never_a_reason_to_refuse(custom: dict[str, Any]) -> None:
    claims = read_claims(GOOD | {_CLAIMS["custom"]: {"assignment": "a", "due": "$Unknown.variable"} | custom})
    assert all(isinstance(value, str) for value in claims.custom.values())
    assert "assignment" in custom or claims.setting("assignment") == "a"
    assert "due" in custom or claims.setting("due") == ""
