"""One slip in five styles: ten slips of four homeworks, each with the lines of which one is to be named.

The styles are the template's names, names of one's own, helper functions, loops in the place of arrays, and values kept
in a dictionary or an object.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

STYLES = ("template", "own names", "helpers", "loops", "container")

_DEEP = {
    "template": """
import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = np.array(all_dl_df[layer])
        all_dl_dweights[layer] = np.matmul(all_dl_df[layer], all_h[layer].T)
        all_dl_dh[layer] = np.matmul(all_weights[layer].T, all_dl_df[layer])
        if layer > 0:
            all_dl_df[layer - 1] = indicator_function(all_f[layer - 1]) * all_dl_dh[layer]
    return all_dl_dweights, all_dl_dbiases
""",
    "own names": """
import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    depth = len(all_weights)
    dW, db = [None] * depth, [None] * depth
    delta = 2 * (all_f[-1] - y)
    for k in reversed(range(depth)):
        db[k] = delta
        dW[k] = delta @ all_h[k].T
        if k:
            back = all_weights[k].T @ delta
            delta = back * (all_f[k - 1] > 0)
    return dW, db
""",
    "helpers": """
import numpy as np


def error_at_output(output, target):
    return 2 * (output - target)


def gradients_of(delta, activation):
    return delta @ activation.T, delta


def through_weights(weights, delta):
    return weights.T @ delta


def through_relu(preactivation, upstream):
    return np.where(preactivation > 0, upstream, 0)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    weight_gradients, bias_gradients = [], []
    delta = error_at_output(all_f[-1], y)
    for k in range(len(all_weights) - 1, -1, -1):
        dW, db = gradients_of(delta, all_h[k])
        weight_gradients.insert(0, dW)
        bias_gradients.insert(0, db)
        if k > 0:
            delta = through_relu(all_f[k - 1], through_weights(all_weights[k], delta))
    return weight_gradients, bias_gradients
""",
    "loops": """
import numpy as np


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dW = [np.zeros(w.shape) for w in all_weights]
    db = [np.zeros(b.shape) for b in all_biases]
    error = [0] * len(y)
    for i in range(len(y)):
        error[i] = 2 * (all_f[K][i, 0] - y[i, 0])
    for k in range(K, -1, -1):
        rows, columns = all_weights[k].shape
        for i in range(rows):
            db[k][i, 0] = error[i]
            for j in range(columns):
                dW[k][i, j] = error[i] * all_h[k][j, 0]
        if k > 0:
            below = []
            for j in range(columns):
                total = 0
                for i in range(rows):
                    total += all_weights[k][i, j] * error[i]
                slope = 1 if all_f[k - 1][j, 0] > 0 else 0
                below.append(slope * total)
            error = below
    return dW, db
""",
    "container": """
import numpy as np


class Gradients:
    def __init__(self, layers):
        self.dW = {}
        self.db = {}
        self.layers = layers

    def start(self, output, y):
        self.df = 2 * (output - y)

    def store(self, k, h):
        self.db[k] = self.df
        self.dW[k] = np.dot(self.df, h.T)

    def step(self, weights, f):
        dh = np.dot(weights.T, self.df)
        self.df = dh * (f > 0)

    def lists(self):
        return [self.dW[k] for k in range(self.layers)], [self.db[k] for k in range(self.layers)]


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    gradients = Gradients(len(all_weights))
    gradients.start(all_f[K], y)
    for k in range(K, -1, -1):
        gradients.store(k, all_h[k])
        if k > 0:
            gradients.step(all_weights[k], all_f[k - 1])
    return gradients.lists()
""",
}

_MODEL = {
    "template": """
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
        dA_prev, dW, db = linear_backward(dZ, linear_cache)
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
        dA_prev, dW, db = linear_backward(dZ, linear_cache)
    return dA_prev, dW, db


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    Y = Y.reshape(AL.shape)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    current_cache = caches[L - 1]
    dA_prev_temp, dW_temp, db_temp = linear_activation_backward(dAL, current_cache, "sigmoid")
    grads["dA" + str(L - 1)] = dA_prev_temp
    grads["dW" + str(L)] = dW_temp
    grads["db" + str(L)] = db_temp
    for l in reversed(range(L - 1)):
        current_cache = caches[l]
        dA_prev_temp, dW_temp, db_temp = linear_activation_backward(grads["dA" + str(l + 1)], current_cache, "relu")
        grads["dA" + str(l)] = dA_prev_temp
        grads["dW" + str(l + 1)] = dW_temp
        grads["db" + str(l + 1)] = db_temp
    return grads
""",
    "own names": """
import numpy as np


def L_model_backward(AL, Y, caches):
    result = {}
    depth = len(caches)
    count = AL.shape[1]
    upstream = (1 - Y) / (1 - AL) - Y / AL
    for number in range(depth, 0, -1):
        (previous, weights, bias), z = caches[number - 1]
        if number == depth:
            s = 1 / (1 + np.exp(-z))
            delta = upstream * s * (1 - s)
        else:
            delta = upstream * (z > 0)
        result[f"dW{number}"] = delta @ previous.T / count
        result[f"db{number}"] = delta.sum(axis=1, keepdims=True) / count
        upstream = weights.T @ delta
        result[f"dA{number - 1}"] = upstream
    return result
""",
    "helpers": """
import numpy as np


def cost_slope(probabilities, labels):
    return -(labels / probabilities - (1 - labels) / (1 - probabilities))


def mean_product(left, right):
    return left.dot(right.T) / left.shape[1]


def mean_columns(array):
    return np.mean(array, axis=1, keepdims=True)


def one_layer(upstream, cache, is_last):
    (inputs, weights, _), z = cache
    dz = sigmoid_backward(upstream, z) if is_last else relu_backward(upstream, z)
    return weights.T.dot(dz), mean_product(dz, inputs), mean_columns(dz)


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    upstream = cost_slope(AL, Y)
    for l in range(L, 0, -1):
        upstream, grads["dW" + str(l)], grads["db" + str(l)] = one_layer(upstream, caches[l - 1], l == L)
        grads["dA" + str(l - 1)] = upstream
    return grads
""",
    "loops": """
import numpy as np


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    m = AL.shape[1]
    dA = np.zeros(AL.shape)
    for j in range(m):
        dA[0, j] = -(Y[0, j] / AL[0, j] - (1 - Y[0, j]) / (1 - AL[0, j]))
    for l in range(L - 1, -1, -1):
        (A_prev, W, b), Z = caches[l]
        dW = np.zeros(W.shape)
        db = np.zeros(b.shape)
        dA_prev = np.zeros(A_prev.shape)
        for j in range(m):
            for i in range(W.shape[0]):
                if l == L - 1:
                    s = 1 / (1 + np.exp(-Z[i, j]))
                    slope = s * (1 - s)
                else:
                    slope = float(Z[i, j] > 0)
                dz = dA[i, j] * slope
                db[i, 0] += dz / m
                for k in range(W.shape[1]):
                    dW[i, k] += dz * A_prev[k, j] / m
                    dA_prev[k, j] += W[i, k] * dz
        grads["dW" + str(l + 1)] = dW
        grads["db" + str(l + 1)] = db
        grads["dA" + str(l)] = dA_prev
        dA = dA_prev
    return grads
""",
    "container": """
import numpy as np


class Layer:
    def __init__(self, cache, kind):
        (self.A, self.W, self.b), self.Z = cache
        self.m = self.A.shape[1]
        self.kind = kind

    def backward(self, dA):
        if self.kind == "sigmoid":
            self.dZ = sigmoid_backward(dA, self.Z)
        else:
            self.dZ = relu_backward(dA, self.Z)
        self.dW = np.dot(self.dZ, self.A.T) / self.m
        self.db = np.sum(self.dZ, axis=1, keepdims=True) / self.m
        self.dA = np.dot(self.W.T, self.dZ)
        return self.dA


def L_model_backward(AL, Y, caches):
    kinds = ["relu"] * (len(caches) - 1) + ["sigmoid"]
    layers = [Layer(cache, kind) for cache, kind in zip(caches, kinds)]
    gradient = -np.divide(Y, AL) + np.divide(1 - Y, 1 - AL)
    for layer in reversed(layers):
        gradient = layer.backward(gradient)
    grads = {}
    for number, layer in enumerate(layers, 1):
        grads["dA%d" % (number - 1)] = layer.dA
        grads["dW%d" % number] = layer.dW
        grads["db%d" % number] = layer.db
    return grads
""",
}

_TWO_LAYERS = {
    "template": """
import numpy as np


class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        N, D = X.shape
        hidden = np.maximum(0, X.dot(W1) + b1)
        scores = hidden.dot(W2) + b2
        if y is None:
            return scores
        exp_scores = np.exp(scores)
        probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
        loss = np.sum(-np.log(probs[range(N), y])) / N
        loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        grads = {}
        dscores = probs
        dscores[range(N), y] -= 1
        dscores /= N
        grads["W2"] = np.dot(hidden.T, dscores) + 2 * reg * W2
        grads["b2"] = np.sum(dscores, axis=0)
        dhidden = np.dot(dscores, W2.T)
        dhidden[hidden <= 0] = 0
        grads["W1"] = np.dot(X.T, dhidden) + 2 * reg * W1
        grads["b1"] = np.sum(dhidden, axis=0)
        return loss, grads
""",
    "own names": """
import numpy as np


class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        p = self.params
        count = len(X)
        before = X @ p["W1"] + p["b1"]
        after = before * (before > 0)
        out = after @ p["W2"] + p["b2"]
        if y is None:
            return out
        chance = np.exp(out - out.max(axis=1)[:, None])
        chance = chance / chance.sum(axis=1)[:, None]
        cost = -np.log(chance[np.arange(count), y]).mean() + reg * ((p["W1"] ** 2).sum() + (p["W2"] ** 2).sum())
        truth = np.eye(out.shape[1])[y]
        d_out = (chance - truth) / count
        d_before = (d_out @ p["W2"].T) * (before > 0)
        slopes = {
            "W1": X.T @ d_before + 2 * reg * p["W1"],
            "b1": d_before.sum(axis=0),
            "W2": after.T @ d_out + 2 * reg * p["W2"],
            "b2": d_out.sum(axis=0),
        }
        return cost, slopes
""",
    "helpers": """
import numpy as np


def affine(x, w, b):
    return x.dot(w) + b


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_gradient(probs, labels):
    delta = probs.copy()
    delta[np.arange(len(labels)), labels] -= 1
    return delta / len(labels)


def affine_gradients(x, upstream):
    return x.T.dot(upstream), upstream.sum(axis=0)


class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        z1 = affine(X, W1, b1)
        a1 = np.maximum(z1, 0)
        scores = affine(a1, W2, b2)
        if y is None:
            return scores
        probs = softmax(scores)
        loss = -np.mean(np.log(probs[np.arange(len(y)), y]))
        loss = loss + reg * np.sum(W1**2) + reg * np.sum(W2**2)
        delta = softmax_gradient(probs, y)
        dW2, db2 = affine_gradients(a1, delta)
        dz1 = delta.dot(W2.T) * (z1 > 0)
        dW1, db1 = affine_gradients(X, dz1)
        dW1 += 2 * reg * W1
        dW2 += 2 * reg * W2
        return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
""",
    "loops": """
import numpy as np


class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        N = X.shape[0]
        hidden = np.maximum(X.dot(W1) + b1, 0)
        scores = hidden.dot(W2) + b2
        if y is None:
            return scores
        loss = 0.0
        dW1, dW2 = np.zeros_like(W1), np.zeros_like(W2)
        db1, db2 = np.zeros_like(b1), np.zeros_like(b2)
        for i in range(N):
            row = np.exp(scores[i] - scores[i].max())
            row /= row.sum()
            loss += -np.log(row[y[i]]) / N
            for j in range(len(row)):
                d = (row[j] - (j == y[i])) / N
                db2[j] += d
                for k in range(len(b1)):
                    dW2[k, j] += d * hidden[i, k]
                    if hidden[i, k] > 0:
                        dk = d * W2[k, j]
                        db1[k] += dk
                        dW1[:, k] += dk * X[i]
        loss += reg * np.sum(W1 * W1)
        loss += reg * np.sum(W2 * W2)
        dW1 += 2 * reg * W1
        dW2 += 2 * reg * W2
        grads = {}
        grads["W1"], grads["b1"] = dW1, db1
        grads["W2"], grads["b2"] = dW2, db2
        return loss, grads
""",
    "container": """
import numpy as np


class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}
        self.values = {}

    def forward(self, X):
        v = self.values
        v["X"] = X
        v["z1"] = np.dot(X, self.params["W1"]) + self.params["b1"]
        v["h1"] = np.maximum(0, v["z1"])
        v["scores"] = np.dot(v["h1"], self.params["W2"]) + self.params["b2"]
        return v["scores"]

    def loss(self, X, y=None, reg=0.0):
        scores = self.forward(X)
        if y is None:
            return scores
        v = self.values
        v["e"] = np.exp(scores - np.amax(scores, axis=1, keepdims=True))
        v["probs"] = v["e"] / np.sum(v["e"], axis=1, keepdims=True)
        v["loss"] = -np.sum(np.log(v["probs"][np.arange(X.shape[0]), y])) / X.shape[0]
        for name in ("W1", "W2"):
            v["loss"] += reg * np.sum(self.params[name] ** 2)
        return v["loss"], self.backward(y, reg)

    def backward(self, y, reg):
        v, N = self.values, len(y)
        d = {}
        d["scores"] = v["probs"].copy()
        d["scores"][np.arange(N), y] -= 1
        d["scores"] = d["scores"] / N
        d["h1"] = np.dot(d["scores"], self.params["W2"].T)
        d["z1"] = d["h1"] * (v["z1"] > 0)
        grads = {}
        grads["W2"] = np.dot(v["h1"].T, d["scores"]) + 2 * reg * self.params["W2"]
        grads["b2"] = d["scores"].sum(axis=0)
        grads["W1"] = np.dot(v["X"].T, d["z1"]) + 2 * reg * self.params["W1"]
        grads["b1"] = d["z1"].sum(axis=0)
        return grads
""",
}

_NORMALISED = {
    "template": """
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
    out, cache = None, None
    if mode == "train":
        sample_mean = np.mean(x, axis=0)
        sample_var = np.var(x, axis=0)
        x_hat = (x - sample_mean) / np.sqrt(sample_var + eps)
        out = gamma * x_hat + beta
        running_mean = momentum * running_mean + (1 - momentum) * sample_mean
        running_var = momentum * running_var + (1 - momentum) * sample_var
        cache = (x, x_hat, sample_mean, sample_var, gamma, eps)
    elif mode == "test":
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    x, x_hat, mean, var, gamma, eps = cache
    N = x.shape[0]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx_hat = dout * gamma
    dvar = np.sum(dx_hat * (x - mean) * -0.5 * (var + eps) ** -1.5, axis=0)
    dmean = np.sum(dx_hat * -1 / np.sqrt(var + eps), axis=0) + dvar * np.mean(-2 * (x - mean), axis=0)
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / N + dmean / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x, x_hat, mean, var, gamma, eps = cache
    N = x.shape[0]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx = gamma / (N * np.sqrt(var + eps)) * (N * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta
""",
    "own names": """
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    small = bn_param.get("eps", 1e-5)
    keep = bn_param.get("momentum", 0.9)
    old_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    old_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if bn_param["mode"] != "train":
        bn_param["running_mean"], bn_param["running_var"] = old_mean, old_var
        return (x - old_mean) / np.sqrt(old_var + small) * gamma + beta, None
    centre = x.mean(axis=0)
    away = x - centre
    spread = (away**2).mean(axis=0)
    root = (spread + small) ** 0.5
    scaled = away / root
    bn_param["running_mean"] = keep * old_mean + (1 - keep) * centre
    bn_param["running_var"] = keep * old_var + (1 - keep) * spread
    return scaled * gamma + beta, (away, root, scaled, gamma)


def batchnorm_backward(dout, cache):
    away, root, scaled, gamma = cache
    rows = len(away)
    g_beta = dout.sum(axis=0)
    g_gamma = (dout * scaled).sum(axis=0)
    g_scaled = gamma * dout
    g_spread = -0.5 * (g_scaled * away).sum(axis=0) / root**3
    g_away = g_scaled / root + 2 / rows * g_spread * away
    g_x = g_away - g_away.mean(axis=0)
    return g_x, g_gamma, g_beta


def batchnorm_backward_alt(dout, cache):
    away, root, scaled, gamma = cache
    g = gamma * dout
    g_x = (g - g.mean(axis=0) - scaled * (g * scaled).mean(axis=0)) / root
    return g_x, (dout * scaled).sum(axis=0), dout.sum(axis=0)
""",
    "helpers": """
import numpy as np


def normalise(x, mean, var, eps):
    return (x - mean) / np.sqrt(var + eps)


def blend(old, new, momentum):
    return momentum * old + (1 - momentum) * new


def batchnorm_forward(x, gamma, beta, bn_param):
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    cache = None
    if bn_param["mode"] == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        xhat = normalise(x, mean, var, eps)
        running_mean = blend(running_mean, mean, momentum)
        running_var = blend(running_var, var, momentum)
        cache = (x - mean, np.sqrt(var + eps), xhat, gamma)
    else:
        xhat = normalise(x, running_mean, running_var, eps)
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return gamma * xhat + beta, cache


def gradient_of_variance(dxhat, xmu, std):
    return np.sum(dxhat * xmu, axis=0) * -0.5 / std**3


def parameter_gradients(dout, xhat):
    return np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)


def batchnorm_backward(dout, cache):
    xmu, std, xhat, gamma = cache
    N = dout.shape[0]
    dgamma, dbeta = parameter_gradients(dout, xhat)
    dxhat = dout * gamma
    dvar = gradient_of_variance(dxhat, xmu, std)
    dxmu = dxhat / std + dvar * 2 * xmu / N
    return dxmu - np.sum(dxmu, axis=0) / N, dgamma, dbeta


def closed_form(dout, xhat, std, gamma):
    N = len(dout)
    return gamma / N / std * (N * dout - dout.sum(axis=0) - xhat * (dout * xhat).sum(axis=0))


def batchnorm_backward_alt(dout, cache):
    xmu, std, xhat, gamma = cache
    return closed_form(dout, xhat, std, gamma), np.sum(xhat * dout, axis=0), np.sum(dout, axis=0)
""",
    "loops": """
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.zeros(D))
    out, xhat, stds = np.zeros((N, D)), np.zeros((N, D)), np.zeros(D)
    for j in range(D):
        if mode == "train":
            mu = sum(x[:, j]) / N
            var = sum((x[:, j] - mu) ** 2) / N
            running_mean[j] = momentum * running_mean[j] + (1 - momentum) * mu
            running_var[j] = momentum * running_var[j] + (1 - momentum) * var
        else:
            mu, var = running_mean[j], running_var[j]
        stds[j] = np.sqrt(var + eps)
        xhat[:, j] = (x[:, j] - mu) / stds[j]
        out[:, j] = gamma[j] * xhat[:, j] + beta[j]
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, (xhat, stds, gamma)


def batchnorm_backward(dout, cache):
    xhat, stds, gamma = cache
    N, D = dout.shape
    dx, dgamma, dbeta = np.zeros((N, D)), np.zeros(D), np.zeros(D)
    for j in range(D):
        for i in range(N):
            dbeta[j] += dout[i, j]
            dgamma[j] += dout[i, j] * xhat[i, j]
        dxhat = dout[:, j] * gamma[j]
        dvar = -0.5 * sum(dxhat * xhat[:, j]) / stds[j] ** 2
        dcentred = dxhat / stds[j] + 2 * dvar * xhat[:, j] * stds[j] / N
        dx[:, j] = dcentred - sum(dcentred) / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    xhat, stds, gamma = cache
    N, D = dout.shape
    dx, dgamma, dbeta = np.zeros((N, D)), np.zeros(D), np.zeros(D)
    for j in range(D):
        dbeta[j] = sum(dout[:, j])
        dgamma[j] = sum(dout[:, j] * xhat[:, j])
        dx[:, j] = gamma[j] / (N * stds[j]) * (N * dout[:, j] - dbeta[j] - xhat[:, j] * dgamma[j])
    return dx, dgamma, dbeta
""",
    "container": """
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running = {}
    running["mean"] = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running["var"] = bn_param.get("running_var", np.zeros(x.shape[1]))
    cache = {"gamma": gamma}
    if bn_param["mode"] == "train":
        cache["mu"] = np.mean(x, axis=0)
        cache["var"] = np.var(x, axis=0)
        cache["std"] = np.sqrt(cache["var"] + eps)
        cache["xmu"] = x - cache["mu"]
        cache["xhat"] = cache["xmu"] / cache["std"]
        out = gamma * cache["xhat"] + beta
        for name in ("mean", "var"):
            running[name] = momentum * running[name] + (1 - momentum) * cache["mu" if name == "mean" else "var"]
    else:
        out = gamma * (x - running["mean"]) / np.sqrt(running["var"] + eps) + beta
    bn_param["running_mean"] = running["mean"]
    bn_param["running_var"] = running["var"]
    return out, cache


def batchnorm_backward(dout, cache):
    N = dout.shape[0]
    d = {}
    d["beta"] = dout.sum(axis=0)
    d["gamma"] = (dout * cache["xhat"]).sum(axis=0)
    d["xhat"] = dout * cache["gamma"]
    d["std"] = -np.sum(d["xhat"] * cache["xmu"], axis=0) / cache["std"] ** 2
    d["var"] = 0.5 * d["std"] / cache["std"]
    d["xmu"] = d["xhat"] / cache["std"] + 2.0 / N * cache["xmu"] * d["var"]
    d["mu"] = -d["xmu"].sum(axis=0)
    d["x"] = d["xmu"] + d["mu"] / N
    return d["x"], d["gamma"], d["beta"]


def batchnorm_backward_alt(dout, cache):
    N = dout.shape[0]
    d = {"beta": dout.sum(axis=0), "gamma": (cache["xhat"] * dout).sum(axis=0)}
    d["x"] = cache["gamma"] / cache["std"] / N * (N * dout - d["beta"] - cache["xhat"] * d["gamma"])
    return d["x"], d["gamma"], d["beta"]
""",
}

#: The programs without a slip, by entry of the gallery and style.
RIGHT: Mapping[str, Mapping[str, str]] = {
    "udl-7.2": _DEEP,
    "coursera-l-model-backward": _MODEL,
    "cs231n-two-layer-net": _TWO_LAYERS,
    "cs231n-batchnorm": _NORMALISED,
}


@dataclass(frozen=True, slots=True)
class StyledSlip:
    """A slip in one style: its entry of the gallery, what is wrong, and a part beside what stands there then."""

    entry: str
    name: str
    style: str
    old: str
    new: str
    #: A line that may be named as well: what is missing may stand there, too.
    also: str = ""

    @property
    def source(self) -> str:
        """The program with the slip."""
        right = RIGHT[self.entry][self.style]
        assert right.count(self.old) == 1, (self.entry, self.name, self.style)
        return right.replace(self.old, self.new)

    @property
    def lines(self) -> frozenset[int]:
        """The lines of the statement that is wrong; of a missing line those around it."""
        right, wrong = RIGHT[self.entry][self.style].splitlines(), self.source.splitlines()
        pairs = enumerate(zip(right, wrong, strict=False), 1)
        first = next(at for at, (before, after) in pairs if before != after)
        own = {first} if len(right) == len(wrong) else {first - 1, first}
        own |= {at for at, text in enumerate(wrong, 1) if self.also and self.also in text}
        nodes = [node for node in ast.walk(ast.parse(self.source)) if isinstance(node, (ast.Assign, ast.AugAssign))]
        ranges = (range(node.lineno, (node.end_lineno or 0) + 1) for node in nodes)
        return frozenset(own.union(*(span for span in ranges if first in span)))


#: By entry and slip for each style a part of its program, what stands there with the slip, and a line beside its own.
_PLANTED: Mapping[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("udl-7.2", "no 2 in the derivative of the loss"): (
        ("d_loss_d_output(all_f[K], y)", "all_f[K] - y"),
        ("2 * (all_f[-1] - y)", "all_f[-1] - y"),
        ("2 * (output - target)", "output - target"),
        ("2 * (all_f[K][i, 0] - y[i, 0])", "all_f[K][i, 0] - y[i, 0]"),
        ("2 * (output - y)", "output - y"),
    ),
    ("udl-7.2", "no slope of the ReLU"): (
        ("indicator_function(all_f[layer - 1]) * all_dl_dh[layer]", "all_dl_dh[layer]"),
        ("back * (all_f[k - 1] > 0)", "back"),
        ("np.where(preactivation > 0, upstream, 0)", "upstream"),
        ("below.append(slope * total)", "below.append(total)"),
        ("dh * (f > 0)", "dh"),
    ),
    ("udl-7.2", "preactivations in the weight gradient"): (
        ("all_h[layer].T)", "all_f[layer].T)"),
        ("delta @ all_h[k].T", "delta @ all_f[k].T"),
        ("gradients_of(delta, all_h[k])", "gradients_of(delta, all_f[k])"),
        ("error[i] * all_h[k][j, 0]", "error[i] * all_f[k][j, 0]"),
        ("store(k, all_h[k])", "store(k, all_f[k])"),
    ),
    ("coursera-l-model-backward", "no mean in dW"): (
        ("1 / m * np.dot(dZ, A_prev.T)", "np.dot(dZ, A_prev.T)"),
        ("delta @ previous.T / count", "delta @ previous.T"),
        ("left.dot(right.T) / left.shape[1]", "left.dot(right.T)"),
        ("dz * A_prev[k, j] / m", "dz * A_prev[k, j]", 'grads["dW" + str(l + 1)] = dW'),
        ("np.dot(self.dZ, self.A.T) / self.m", "np.dot(self.dZ, self.A.T)", 'grads["dW%d" % number] = layer.dW'),
    ),
    ("coursera-l-model-backward", "the wrong sign in the derivative of the cost"): (
        ("-(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))", "np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)"),
        ("(1 - Y) / (1 - AL) - Y / AL", "Y / AL - (1 - Y) / (1 - AL)"),
        (
            "-(labels / probabilities - (1 - labels) / (1 - probabilities))",
            "labels / probabilities - (1 - labels) / (1 - probabilities)",
        ),
        ("-(Y[0, j] / AL[0, j] - (1 - Y[0, j])", "(Y[0, j] / AL[0, j] - (1 - Y[0, j])"),
        ("-np.divide(Y, AL) + np.divide(1 - Y, 1 - AL)", "np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)"),
    ),
    ("coursera-l-model-backward", "weights for their transpose"): (
        ("np.dot(W.T, dZ)", "np.dot(W, dZ)"),
        ("weights.T @ delta", "weights @ delta"),
        ("weights.T.dot(dz)", "weights.dot(dz)"),
        ("W[i, k] * dz", "W[k, i] * dz"),
        ("np.dot(self.W.T, self.dZ)", "np.dot(self.W, self.dZ)"),
    ),
    ("cs231n-two-layer-net", "no mean in the gradient of the scores"): (
        ("        dscores /= N\n", ""),
        ("(chance - truth) / count", "chance - truth"),
        ("return delta / len(labels)", "return delta"),
        ("d = (row[j] - (j == y[i])) / N", "d = row[j] - (j == y[i])"),
        ('        d["scores"] = d["scores"] / N\n', ""),
    ),
    ("cs231n-two-layer-net", "no 2 in the regularisation of W1"): (
        ("dhidden) + 2 * reg * W1", "dhidden) + reg * W1"),
        ('d_before + 2 * reg * p["W1"]', 'd_before + reg * p["W1"]'),
        ("dW1 += 2 * reg * W1", "dW1 += reg * W1"),
        ("dW1 += 2 * reg * W1", "dW1 += reg * W1"),
        ('2 * reg * self.params["W1"]', 'reg * self.params["W1"]'),
    ),
    ("cs231n-batchnorm", "the wrong sign in the gradient of the variance"): (
        ("* -0.5 * (var", "* 0.5 * (var"),
        ("-0.5 * (g_scaled", "0.5 * (g_scaled"),
        ("* -0.5 / std**3", "* 0.5 / std**3"),
        ("-0.5 * sum(dxhat", "0.5 * sum(dxhat"),
        ('-np.sum(d["xhat"]', 'np.sum(d["xhat"]'),
    ),
    ("cs231n-batchnorm", "a mean in the gradient of beta"): (
        (
            "    dbeta = np.sum(dout, axis=0)\n    dgamma = np.sum(dout * x_hat, axis=0)\n    dx_hat",
            "    dbeta = np.mean(dout, axis=0)\n    dgamma = np.sum(dout * x_hat, axis=0)\n    dx_hat",
        ),
        ("g_beta = dout.sum(axis=0)", "g_beta = dout.mean(axis=0)"),
        (
            "axis=0), np.sum(dout, axis=0)\n\n\ndef batchnorm_backward(",
            "axis=0), np.mean(dout, axis=0)\n\n\ndef batchnorm_backward(",
        ),
        ("dbeta[j] += dout[i, j]", "dbeta[j] += dout[i, j] / N"),
        ('d["beta"] = dout.sum(axis=0)', 'd["beta"] = dout.mean(axis=0)'),
    ),
}

SLIPS = tuple(
    StyledSlip(entry, name, style, *parts)
    for (entry, name), planted in _PLANTED.items()
    for style, parts in zip(STYLES, planted, strict=True)
)
