"""The words of a platform's answer."""

import pytest

from backmark.grader.lti.services import PlatformAnswer


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"grade is\n locked", "grade is locked"), (b"[]", ""), (b" {}\n", ""), (b"", ""), (b'["no"]', '["no"]')],
)
def test_an_answer_that_says_nothing_has_no_words(content: bytes, words: str) -> None:
    assert PlatformAnswer(500, content).words == words
