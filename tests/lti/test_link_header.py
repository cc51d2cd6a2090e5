"""`Link` headers of any form: the next page is found, or nobody believes that there is none."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.lti.link_header import UnreadableLink, find_link

#: Text of the letters that the syntax is made of, and of some that it is not.
HEADERS = st.text(st.sampled_from('<>;,=" \\\tarelnxt/'), max_size=60)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("", None),
        ('<https://lms.example/m?from=2,3>; rel="next"', "https://lms.example/m?from=2,3"),
        ('<a>; rel="first", <b>; rel=next', "b"),
        ('<a>; title="the, <next> \\"page\\""; REL="Next"', "a"),
        ('<a>; title="; rel=next"; rel="prev", <b>; rel="last next"', "b"),
        ("<a>;rel=next;,<b>;rel=last", "a"),
        ("<a>; title*=UTF-8'de'n%C3%A4chste; hreflang ; rel = next , <b>", "a"),
        ('<a>; rel="nextish"', None),
        ('<a>; rel="prev"; rel="next"', None),
        (", ,", None),
    ],
)
def test_the_next_page_is_found_among_links(header: str, target: str | None) -> None:
    assert find_link(header, "next") == target


@pytest.mark.parametrize(
    "header", ["https://lms.example/m; rel=next", '<a; rel="next"', '<a>; rel="next', '<a> rel="next"', '<a>; rel=a"b']
)
def test_a_header_that_cannot_be_read_is_no_last_page(header: str) -> None:
    with pytest.raises(UnreadableLink):
        find_link(header, "next")


@given(HEADERS)
def test_any_header_is_read_or_refused(header: str) -> None:
    with contextlib.suppress(UnreadableLink):
        target = find_link(header, "next")
        assert target is None or f"<{target}>" in header


@pytest.mark.parametrize("piece", ["<", "<>", '<>\\"', "<>;", "; a", '"', " ", ","])
def test_a_long_header_takes_no_time(piece: str) -> None:
    began = time.process_time()
    with contextlib.suppress(UnreadableLink):
        find_link(f"<a>{piece * 50_000}", "next")
        find_link(piece * 50_000, "next")
    assert time.process_time() - began < 2
