"""The frames in which a page may be shown: none, unless its course comes from an LMS; then those of the LMS's pages."""

from collections.abc import Iterable

from flask import g, request


def set_frames(origins: Iterable[str]) -> None:
    """Let the page of this request be shown in frames of these origins."""
    g.frame_ancestors = " ".join(origins)


def allow_any_frame() -> None:
    """Let the page of this request be shown anywhere: only for pages on which there is nothing to do."""
    g.frame_ancestors = "*"


def ancestors() -> str:
    """Return the sources for `frame-ancestors`."""
    return str(g.get("frame_ancestors", "")) or "'none'"


def is_framed() -> bool:
    """Return True if the browser says that it shows this page in a frame."""
    return request.headers.get("Sec-Fetch-Dest") in {"iframe", "frame"}
