"""Sessions for the tests of the sandbox, jailed and not."""

import contextlib
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backmark.worker.sandbox import policy
from backmark.worker.sandbox.forked import Forked
from backmark.worker.sandbox.policy import JailLimits, Launch
from backmark.worker.sandbox.process import Jail, NoJail
from backmark.worker.sandbox.reply import Reply
from backmark.worker.sandbox.request import JailRequest
from backmark.worker.sandbox.session import Session
from backmark.worker.sandbox.single import SingleJail, SingleProcess
from backmark.worker.sandbox.template import Template
from tests.local import entry_of

Ask = Callable[..., list[Reply]]

LIMITS = JailLimits(seconds_per_call=0.5, seconds=3.0, memory=1 << 30, output=16 * 1024)


@pytest.fixture(scope="session")
def template(jail: Launch) -> Iterator[Template]:
    """Return one template for all tests: what one submission does to it, the next would notice."""
    with contextlib.closing(Template(jail)) as new_template:
        yield new_template


@pytest.fixture(params=["forked", "single", "unjailed"])
def way(request: pytest.FixtureRequest) -> Jail:
    """Return each way in turn: what is not isolation works without it too."""
    if request.param == "unjailed":
        return NoJail(policy.plan_unjailed())
    chosen_jail: Jail = request.getfixturevalue("template" if request.param == "forked" else "single")
    return chosen_jail


@pytest.fixture
def single(jail: Launch) -> SingleJail:
    """Return jails from nothing."""
    return SingleJail(jail)


@pytest.fixture(params=["template", "single"])
def any_jail(request: pytest.FixtureRequest) -> Jail:
    """Return both jails in turn: what one promises, the other does."""
    named_jail: Jail = request.getfixturevalue(request.param)
    return named_jail


@pytest.fixture
def session(way: Jail) -> Iterator[Session]:
    """Return a session of each way."""
    with Session(way, LIMITS) as new_session:
        yield new_session


@pytest.fixture
def jail_session(any_jail: Jail) -> Iterator[Session]:
    """Return a session in a jail of each kind."""
    with Session(any_jail, LIMITS) as new_session:
        yield new_session


def pid_of(session: Session) -> int | None:
    """The process id of a jail's process, as seen from here."""
    process = session._process
    if isinstance(process, Forked):
        return process.pid
    return process._bubble.pid if isinstance(process, SingleProcess) else None


#: The notebook's functions, and the lines that call.
_HELPERS = """
def d_loss_d_output(net_output, y):
    return 2 * (net_output - y)


def indicator_function(x):
    x_in = np.array(x)
    x_in[x_in > 0] = 1
    x_in[x_in <= 0] = 0
    return x_in
"""
_CODE = "all_dl_dweights, all_dl_dbiases = backward_pass(all_weights, all_biases, all_f, all_h, y)"


def network(sizes: list[int], columns: int = 1) -> tuple[dict[str, Any], bytes, int]:
    """Return a network as a case, its numbers 1, 2, 3 and so on, and the bytes of its answer.

    The answer has dW[0], db[0], dW[1] and so on.
    """
    weights = [[rows, width] for rows, width in zip(sizes[1:], sizes, strict=False)]
    biases = [[rows, 1] for rows in sizes[1:]]
    shapes = {
        "all_weights": weights,
        "all_biases": biases,
        "all_f": [[rows, columns] for rows in sizes[1:]],
        "all_h": [[rows, columns] for rows in sizes[:-1]],
    }
    inputs: dict[str, Any] = {
        name: {"list": [{"array": shape} for shape in listed]} for name, listed in shapes.items()
    } | {"y": {"array": [sizes[-1], columns]}}
    results = [
        (f"all_dl_d{name}[{k}]", shape)
        for k, pair in enumerate(zip(weights, biases, strict=True))
        for name, shape in zip(("weights", "biases"), pair, strict=True)
    ]
    count = sum(rows * width for listed in shapes.values() for rows, width in listed) + sizes[-1] * columns
    numbers = struct.pack(f"<{count}d", *range(1, count + 1))
    case = {"given": {"K": len(weights) - 1}, "inputs": inputs, "results": results}
    return case, numbers, 8 * sum(rows * width for _, (rows, width) in results)


def make_request(*shapes: list[int], columns: int = 1) -> JailRequest:
    """Return a request about networks of these sizes."""
    cases, payloads, sizes = zip(*(network(shape, columns) for shape in shapes), strict=True)
    header = {
        "function": "backward_pass",
        "code": _CODE,
        "helpers": _HELPERS,
        "helping": ["d_loss_d_output", "indicator_function"],
        "cases": list(cases),
    }
    return JailRequest(header, b"".join(payloads), sizes, [len(case["results"]) for case in cases])


def ask(session: Session, code: str, *shapes: list[int], columns: int = 1) -> list[Reply]:
    """Have the code extracted and asked for networks of these sizes, one of one parameter unless told."""
    session.extract(code.encode(), "work.py", entry_of("backward_pass"))
    return ask_again(session, *shapes, columns=columns)


def ask_again(session: Session, *shapes: list[int], columns: int = 1) -> list[Reply]:
    """Ask what was extracted before; see `shorten`."""
    return [shorten(reply) for reply in session.answer(make_request(*shapes or ([1, 1],), columns=columns))]


def shorten(reply: Reply) -> Reply:
    """Return of an answer in parts what it raised, or the first result of another form; others as they are."""
    header = reply.header
    if header["kind"] != "partial":
        return reply
    if header["raised"] is not None:
        return Reply({"kind": "raised", **header["raised"]}, b"")
    return Reply({"kind": "malformed", **header["malformed"][0]}, b"")


def numbers(reply: Reply) -> list[float]:
    """Return a reply's numbers."""
    return list(struct.unpack(f"<{len(reply.payload) // 8}d", reply.payload))


def body(lines: str, before: str = "") -> str:
    """Return a submission whose function does this and, where it gets so far, returns zeros."""
    indented_lines = "\n".join(f"    {line}" for line in lines.splitlines())
    return (
        f"import numpy as np\n{before}\n"
        f"def backward_pass(all_weights, all_biases, all_f, all_h, y):\n{indented_lines}\n"
        "    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]\n"
    )
