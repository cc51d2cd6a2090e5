"""Slips of control flow, one each, as students make them in five homeworks; the lines that may be named end in `#!`.

Of two lines that stand in the wrong order either one may be named. A row is lost at most.
"""

from dataclasses import dataclass

_DEEP = """
import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = all_dl_df[layer].copy()
        all_dl_dweights[layer] = all_dl_df[layer] @ all_h[layer].T
        all_dl_dh[layer] = all_weights[layer].T @ all_dl_df[layer]
        if layer > 0:
            all_dl_df[layer - 1] = all_dl_dh[layer] * indicator_function(all_f[layer - 1])
    return all_dl_dweights, all_dl_dbiases
"""

_TWO_LAYERS = """
import numpy as np


class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        num_train = X.shape[0]
        z1 = X @ W1 + b1
        a1 = np.maximum(0, z1)
        scores = a1 @ W2 + b2
        if y is None:
            return scores

        shifted = scores - scores.max(axis=1, keepdims=True)
        exp_scores = np.exp(shifted)
        probs = exp_scores / exp_scores.sum(axis=1, keepdims=True)
        loss = -np.log(probs[range(num_train), y]).sum() / num_train

        dscores = probs.copy()
        dscores[range(num_train), y] -= 1
        dscores /= num_train
        grads = {}
        grads["W2"] = a1.T @ dscores
        grads["b2"] = dscores.sum(axis=0)
        da1 = dscores @ W2.T
        dz1 = da1 * (z1 > 0)
        grads["W1"] = X.T @ dz1
        grads["b1"] = dz1.sum(axis=0)
        for name in ["W1", "W2"]:
            loss += reg * np.sum(self.params[name] ** 2)
            grads[name] += 2 * reg * self.params[name]
        return loss, grads
"""

_RECURRENT = """
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h ** 2)
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    caches = []
    state = h0
    for t in range(T):
        state, step = rnn_step_forward(x[:, t], state, Wx, Wh, b)
        h[:, t] = state
        caches.append(step)
    return h, caches


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx = np.zeros((N, T, D))
    dWx = np.zeros((D, H))
    dWh = np.zeros((H, H))
    db = np.zeros(H)
    dstate = np.zeros((N, H))
    for t in reversed(range(T)):
        dx_t, dstate, dWx_t, dWh_t, db_t = rnn_step_backward(dh[:, t] + dstate, cache[t])
        dx[:, t] = dx_t
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    dh0 = dstate
    return dx, dh0, dWx, dWh, db
"""

_MODEL = """
import numpy as np


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = 1 / m * np.dot(dZ, A_prev.T)
    db = 1 / m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
    dA_prev, dW, db = linear_backward(dZ, linear_cache)
    return dA_prev, dW, db


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    Y = Y.reshape(AL.shape)
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    for l in reversed(range(L)):
        if l == L - 1:
            activation = "sigmoid"
        else:
            activation = "relu"
        dA, dW, db = linear_activation_backward(dA, caches[l], activation)
        grads["dA" + str(l)] = dA
        grads["dW" + str(l + 1)] = dW
        grads["db" + str(l + 1)] = db
    return grads
"""

_NETWORK = """
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


class Network(object):
    def __init__(self, sizes):
        self.num_layers = len(sizes)

    def cost_derivative(self, output_activations, y):
        return output_activations - y

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            sp = sigmoid_prime(zs[-l])
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return nabla_b, nabla_w
"""

#: The programs without a slip.
RIGHT = {
    "udl-7.2": _DEEP,
    "cs231n-two-layer-net": _TWO_LAYERS,
    "cs231n-rnn": _RECURRENT,
    "coursera-l-model-backward": _MODEL,
    "nielsen-backprop": _NETWORK,
}


@dataclass(frozen=True, slots=True)
class ControlSlip:
    """A slip of control flow: the entry of the gallery, what is wrong, and lines beside those that stand there then."""

    entry: str
    name: str
    old: str
    new: str

    @property
    def source(self) -> str:
        """The program with the slip."""
        right = RIGHT[self.entry]
        assert right.count(self.old) == 1
        return right.replace(self.old, self.new)

    @property
    def lines(self) -> frozenset[int]:
        """The lines of which one is to be named."""
        texts = self.source.splitlines()
        return frozenset(number for number, text in enumerate(texts, 1) if text.endswith("#!"))


SLIPS = (
    ControlSlip(
        "udl-7.2",
        "a line above its guard",
        """
        if layer > 0:
            all_dl_df[layer - 1] = all_dl_dh[layer] * indicator_function(all_f[layer - 1])
""",
        """
        below = all_dl_dh[layer] * indicator_function(all_f[layer - 1])  #!
        if layer > 0:
            all_dl_df[layer - 1] = below
""",
    ),
    ControlSlip(
        "udl-7.2",
        "a constant set inside",
        """
    all_dl_dweights = [None] * (K + 1)
""",
        """
    K = 5  #!
    all_dl_dweights = [None] * (K + 1)
""",
    ),
    ControlSlip(
        "udl-7.2",
        "a break at the start of the loop's turn",
        """
        all_dl_dbiases[layer] = all_dl_df[layer].copy()
""",
        """
        if layer == 0:  #!
            break  #!
        all_dl_dbiases[layer] = all_dl_df[layer].copy()
""",
    ),
    ControlSlip(
        "udl-7.2",
        "one of two lists returned",
        "return all_dl_dweights, all_dl_dbiases\n",
        "return all_dl_dweights  #!\n",
    ),
    ControlSlip("cs231n-two-layer-net", "print for return", "return loss, grads\n", "print(loss, grads)  #!\n"),
    ControlSlip(
        "cs231n-two-layer-net",
        "an update below its use",
        """
        dscores /= num_train
        grads = {}
        grads["W2"] = a1.T @ dscores
""",
        """
        grads = {}
        grads["W2"] = a1.T @ dscores  #!
        dscores /= num_train  #!
""",
    ),
    ControlSlip(
        "cs231n-two-layer-net",
        "return inside of the loop",
        "        return loss, grads\n",
        "            return loss, grads  #!\n",
    ),
    ControlSlip(
        "cs231n-two-layer-net", "results in the wrong order", "return loss, grads\n", "return grads, loss  #!\n"
    ),
    ControlSlip("cs231n-rnn", "no reverse", "for t in reversed(range(T)):\n", "for t in range(0, T):  #!\n"),
    ControlSlip("cs231n-rnn", "a sum outside of its loop", "        db += db_t\n", "    db += db_t  #!\n"),
    ControlSlip(
        "cs231n-rnn",
        "a start inside of the loop",
        """
    dstate = np.zeros((N, H))
    for t in reversed(range(T)):
""",
        """
    for t in reversed(range(T)):
        dstate = np.zeros((N, H))  #!
""",
    ),
    ControlSlip(
        "cs231n-rnn",
        "two results exchanged",
        "return dx, dh0, dWx, dWh, db\n",
        "return dx, dh0, dWh, dWx, db  #!\n",
    ),
    ControlSlip(
        "coursera-l-model-backward",
        "no return",
        """
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db
""",
        """
    dA_prev = np.dot(W.T, dZ)  #!
""",
    ),
    ControlSlip(
        "coursera-l-model-backward",
        "a store outside of its loop",
        """
        grads["db" + str(l + 1)] = db
""",
        """
    grads["db" + str(l + 1)] = db  #!
""",
    ),
    ControlSlip(
        "coursera-l-model-backward",
        "one turn too few",
        "for l in reversed(range(L)):\n",
        "for l in range(L - 1, 0, -1):  #!\n",
    ),
    ControlSlip("coursera-l-model-backward", "a wrong condition", "if l == L - 1:\n", "if l == L:  #!\n"),
    ControlSlip(
        "nielsen-backprop",
        "two lines exchanged",
        """
            activation = sigmoid(z)
            activations.append(activation)
""",
        """
            activations.append(activation)  #!
            activation = sigmoid(z)  #!
""",
    ),
    ControlSlip(
        "nielsen-backprop",
        "one turn too many",
        "for l in range(2, self.num_layers):\n",
        "for l in range(1, self.num_layers):  #!\n",
    ),
    ControlSlip(
        "nielsen-backprop",
        "return inside of the loop",
        "        return nabla_b, nabla_w\n",
        "            return nabla_b, nabla_w  #!\n",
    ),
    ControlSlip(
        "nielsen-backprop",
        "a value stored before it is computed",
        """
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp
            nabla_b[-l] = delta
""",
        """
            nabla_b[-l] = delta  #!
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp  #!
""",
    ),
)
