"""The lines that write a result of the call, found by their text; none where the text does not say."""

import pytest

from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.reading.source import extract

PAIR = "out = forward(x, w)\ndx, dw = backward(dout, x, w)"
MODEL = "net = Net(w)\nloss, grads = net.loss(x, y)\ndb = grads['b']"
LAYER = "layer = Net(w)\nout = layer.forward(x)\ndx = layer.backward(dout)"


def lines(call: str, result: str, source: str) -> list[int]:
    """Return the lines that write a result."""
    functions = ("forward", "backward", "Net")
    entry = Entry("backward", functions, classes=True, lists=frozenset({result}), call=call)
    writes = extract(source.encode(), "mine.py", entry).writes
    assert {write.name for write in writes} <= {result}
    return [write.line for write in writes]


def body(*statements: str) -> str:
    return "def backward(dout, x, w):\n" + "".join(f"    {line}\n" for line in statements)


@pytest.mark.parametrize(
    ("result", "source", "expected"),
    [
        ("dw", body("dx = dout @ w.T", "dw = x.T @ dout", "return dx, dw"), [3]),
        ("dx", body("dx = dout @ w.T", "dw = x.T @ dout", "return dx, dw"), [2]),
        ("dw", body("return (dout @ w.T,", "        x.T @ dout)"), [3]),
        ("dw", body("dw = np.zeros_like(w)", "for i in range(3):", "    dw += x[i] * dout[i]", "return x, dw"), [4]),
        ("dw", body("dw = x.T @ dout", "dw += 2 * w", "return x, dw"), [2, 3]),
        ("dw", body("dw = 1 + x", "dw = x.T @ dout", "dw = dw / len(x)", "return x, dw"), [3, 4]),
        ("dw", body("dw = x.T @ dout", "if len(x) > 1:", "    dw /= len(x)", "return x, dw"), [2, 4]),
        ("dw", body("if x is w:", "    dw = x", "else:", "    dw = w", "return x, dw"), [3, 5]),
        ("dw", body("dx, dw = dout @ w.T, x.T @ dout", "return dx, dw"), [2]),
        ("dw", body("grad = x.T @ dout", "dw = grad", "return x, dw"), [2]),
        ("dw", body("if dout is None:", "    return x", "dw = x.T @ dout", "return x, dw"), [4]),
        ("dw", body("dw = np.zeros_like(w)", "np.add.at(dw, x, dout)", "return x, dw"), [3]),
        ("dw", body("dw = np.zeros_like(w)", "dw[:, 0] = 1", "dw[:, 1] = 2", "return x, dw"), [3, 4]),
        # Nothing is said of what the text leaves open.
        ("dw", body("dw = x", "def g():", "    dw[0] = 1", "g()", "return x, dw"), []),
        ("dw", body("dw = x", "dw.sort()", "return x, dw"), []),
        ("dw", body("(dw := x)", "return x, dw"), []),
        ("dw", body("return x, w"), []),
        ("dw", body("if x is w:", "    return x, x + 1", "return x, w + 1"), []),
        ("dw", body("dw = 0", *["dw += 1"] * 4, "return x, dw"), []),
        ("dw", "@decorate\n" + body("dw = x", "return x, dw"), []),
        ("dw", "def other(*_):\n    dw = 1\n    return dw, dw\nbackward = other\n", []),
        ("out", body("return x, w"), []),
    ],
)
def test_the_lines_of_what_a_function_returns(result: str, source: str, expected: list[int]) -> None:
    assert lines(PAIR, result, source) == expected


LOSS = "class Net:\n    def loss(self, x, y):\n"


@pytest.mark.parametrize(
    ("result", "statements", "expected"),
    [
        ("grads['W1']", ["grads = {}", "grads['W1'] = x", "grads['W2'] = y", "return 0, grads"], [4]),
        ("grads['W1']", ["grads = {'W1': x,", "         'W2': y}", "return 0, grads"], [3]),
        ("grads['W2']", ["dW2 = y + 1", "grads = {'W1': x, 'W2': dW2}", "return 0, grads"], [3]),
        (
            "grads['W2']",
            ["grads = {}", "grads['W1'], grads['W2'] = x, y", "grads['W2'] += 1", "return 0, grads"],
            [4, 5],
        ),
        ("grads['W' + str(l)]", ["grads = {}", "grads[f'W{1}'] = x", "grads['b1'] = y", "return 0, grads"], [4]),
        (
            "grads['W' + str(l)]",
            ["grads = {}", "for k in x:", "    grads['W' + k] = grads['b' + k] = 1", "return 0, grads"],
            [5],
        ),
        ("grads['W1']", ["dW1 = y + 1", "grads = {}", "grads['W1'] = dW1", "return 0, grads"], [3]),
        ("db", ["grads = {'b': x + 1}", "return 0, grads"], [3]),
        (
            "loss",
            ["scores = x", "if y is None:", "    return scores", "loss = 0.0", "loss += 1", "return loss, {}"],
            [7],
        ),
        ("grads['W1']", ["grads = make(x)", "return 0, grads"], [3]),
        # An entry that only the running program knows is the one, if there is no other.
        ("grads['W1']", ["grads = {}", "grads['W' + x] = y", "return 0, grads"], [4]),
        ("grads['W1']", ["grads = {'W1': x}", "grads['W' + x] = y", "return 0, grads"], []),
        ("grads['W1']", ["n, grads = 1, {}", "grads['W1'] = n", "return 0, grads"], [3]),
        (
            "grads['b1']",
            ["grads = {'b1': x, 'W1': y}", "for name in ('W1', 'W2'):", "    grads[name] += 1", "return 0, grads"],
            [3],
        ),
        ("grads['W1']", ["grads = {}", "grads.update(W1=x)", "return 0, grads"], []),
        ("grads['W1']", ["return 0, {**x}"], []),
        # Keys that are no text, and numbers that Python does not write in decimal.
        ("grads['W1']", ["grads = {'W1': x}", "grads[b'(.*'] = y", "return 0, grads"], [3]),
        ("grads['W1']", ["grads = {}", f"grads[0x{'F' * 5000}] = x", "return 0, grads"], [4]),
        ("grads['W1'] / 2", ["return 0, {'W1': x}"], []),
    ],
)
def test_the_lines_of_an_entry_of_a_dictionary(result: str, statements: list[str], expected: list[int]) -> None:
    assert lines(MODEL, result, LOSS + "".join(f"        {line}\n" for line in statements)) == expected


def test_the_lines_of_an_attribute() -> None:
    source = (
        "class Net:\n    def __init__(self, w):\n        self.w, self.dw = w, None\n"
        "    def forward(self, x):\n        self.x = x\n        return x @ self.w\n"
        "    def backward(self, dout):\n        self.dw = self.x.T @ dout\n        self.db = np.zeros(3)\n"
        "        self._add(dout)\n        return dout @ self.w.T\n"
        "    def _add(this, dout):\n        this.db += dout.sum(0)\n"
    )
    numbers = {name: lines(LAYER, name, source) for name in ("layer.dw", "layer.db", "layer.dc", "dx", "out")}
    assert numbers == {"layer.dw": [8], "layer.db": [13], "layer.dc": [], "dx": [11], "out": [6]}


def test_lines_that_set_up_an_object_or_call_several_lead_to_its_methods() -> None:
    source = "class Net:\n    def step(self, x):\n        self.dw = x.T\n        return x + 1\n"
    call = "first, second = Net(), Net()\nfirst.w, first.dw0 = w, None\ndx, dy = first.step(x), second.step(y)"
    assert {name: lines(call, name, source) for name in ("dx", "dy", "first.dw")} == {
        "dx": [4],
        "dy": [4],
        "first.dw": [3],
    }
    assert lines(f"{call}\nfirst.dw = 0", "first.dw", source) == []
    assert lines(f"{call}\ndx += 1", "dx", source) == []
    assert lines(f"{call}\nfor k in w:\n    dx[k] = 1", "dx", source) == []


def test_a_call_in_a_loop_or_of_two_names_says_nothing() -> None:
    source = body("dw = x", "return x, dw")
    assert lines("for k in range(2):\n    dx, dw = backward(dout, x, w)", "dw", source) == []
    assert lines("dx, dw = backward(dout, x, w)\ndx, dw = backward(dout, w, x)", "dw", source) == []
    assert lines("dx, dw = backward(dout, x, w)\ndw = dw / 2", "dw", source) == []
