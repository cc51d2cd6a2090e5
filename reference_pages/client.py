"""The page of the client's calls, made from its classes and their docstrings."""

import inspect
import re
from collections.abc import Iterator, Mapping

from backmark.grader import client as package
from backmark.grader.client import Client, ClientError
from backmark.grader.client.courses import CourseCalls, CoursesCalls
from backmark.grader.client.notifications import NotificationCalls
from backmark.grader.client.regrades import RegradeCalls
from backmark.grader.client.tokens import TokenCalls
from reference_pages.markdown import paragraphs, table

_HEAD = """\
# The client's calls

This page lists every call of `from backmark import Client`. [The client](../developer/client.md) says how to use them,
which requests it sends again, and what it raises. [Fields](fields.md) describes the records. Made from the code by
`python -m reference_pages`.

"""
#: The parts of a client, by the name that a program writes.
_PARTS: dict[str, type] = {
    "client": Client,
    "client.courses": CoursesCalls,
    "client.course": CourseCalls,
    "client.regrades": RegradeCalls,
    "client.tokens": TokenCalls,
    "client.notifications": NotificationCalls,
}
_LONGEST_LINE = 100


def write_page() -> str:
    """Return the page: the calls of each part, then records and errors."""
    parts = (f"## `{name}`\n\n{paragraphs(kind.__doc__ or '')}{''.join(_calls(kind))}" for name, kind in _PARTS.items())
    public = {name: getattr(package, name) for name in package.__all__ if name != "Client"}
    errors = {name: kind for name, kind in public.items() if inspect.isclass(kind) and issubclass(kind, ClientError)}
    others = {name: kind for name, kind in public.items() if name not in errors}
    return (
        f"{_HEAD}{''.join(parts)}"
        f"## Records and all else\n\n{table(('name', 'is'), _first_sentences(others))}"
        f"## Errors\n\n{table(('name', 'is raised for'), _first_sentences(errors))}"
    ).rstrip() + "\n"


def _calls(kind: type) -> Iterator[str]:
    named = (("Client", kind.__init__),) if kind is Client else ()
    for name, call in (*named, *vars(kind).items()):
        if not name.startswith("_") and inspect.isfunction(call):
            yield f"### `{name}`\n\n```text\n{_write_signature(name, inspect.signature(call))}\n```\n\n"
            yield paragraphs(inspect.getdoc(call) or "")


def _write_signature(name: str, signature: inspect.Signature) -> str:
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    plain = signature.replace(parameters=parameters)
    text = name + re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", str(plain)).removesuffix(" -> None")
    if len(text) <= _LONGEST_LINE:
        return text
    written = [re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", str(each)) for each in parameters]
    first_named = next((n for n, each in enumerate(parameters) if each.kind is each.KEYWORD_ONLY), len(parameters))
    lines = "".join(
        f"    {each},\n"
        for each in (*written[:first_named], *(["*"] if first_named < len(parameters) else []), *written[first_named:])
    )
    return f"{name}(\n{lines}){text.rpartition(')')[2]}"


def _first_sentences(kinds: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, kind in sorted(kinds.items()):
        first = (inspect.getdoc(kind) or "").partition("\n\n")[0]
        yield f"`{name}`", first
