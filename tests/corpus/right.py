"""Right implementations in different styles, as source text: what the mutants are made from.

None has a `while`, an iterator without an end or uninitialised memory, so that every mutant ends and
answers the same each time.
"""

NOTEBOOK = """
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
"""

FUNCTIONAL = """
def mask(f):
    return np.where(f > 0, 1.0, 0.0)

def through(w, delta, f):
    return (w.T @ delta) * mask(f)

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    deltas = [2 * (all_f[-1] - y)]
    for w, f in zip(reversed(all_weights[1:]), reversed(all_f[:-1])):
        deltas.insert(0, through(w, deltas[0], f))
    dws = [delta @ h.T for delta, h in zip(deltas, all_h)]
    return dws, deltas
"""

EINSUM = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    n = len(all_weights)
    dws, dbs = [None] * n, [None] * n
    g = d_loss_d_output(all_f[n - 1], y)
    for k in reversed(range(n)):
        dbs[k] = g.copy()
        dws[k] = np.einsum('ic,jc->ij', g, all_h[k])
        if k > 0:
            g = np.einsum('ij,ic,jc->jc', all_weights[k], g, all_f[k - 1] > 0)
    return dws, dbs
"""

ELEMENTS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dws = [np.zeros_like(w) for w in all_weights]
    dbs = [np.zeros_like(b) for b in all_biases]
    for i in range(len(y)):
        dbs[K][i, 0] = 2.0 * (all_f[K][i, 0] - y[i, 0])
    for k in range(K, -1, -1):
        rows, cols = all_weights[k].shape
        for i in range(rows):
            for j in range(cols):
                dws[k][i, j] = dbs[k][i, 0] * all_h[k][j, 0]
        if k >= 1:
            for j in range(cols):
                if all_f[k - 1][j, 0] > 0:
                    for i in range(rows):
                        dbs[k - 1][j, 0] += all_weights[k][i, j] * dbs[k][i, 0]
    return dws, dbs
"""

RECURSIVE = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    def dl_df(layer):
        if layer == K:
            return d_loss_d_output(all_f[K], y)
        back = all_weights[layer + 1].T @ dl_df(layer + 1)
        back[all_f[layer] < 0] = 0
        return back
    dbs = [dl_df(layer) for layer in range(K + 1)]
    dws = [dbs[layer] * all_h[layer].T for layer in range(K + 1)]
    return tuple(dws), tuple(dbs)
"""

OUTER = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = []
    all_dl_dbiases = []
    delta = np.ravel(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        all_dl_dbiases.append(delta.reshape(-1, 1))
        all_dl_dweights.append(np.outer(delta, all_h[layer]))
        delta = np.dot(delta, all_weights[layer])
        if layer != 0:
            delta = delta * (all_h[layer].ravel() > 0)
    all_dl_dweights.reverse()
    all_dl_dbiases.reverse()
    return all_dl_dweights, all_dl_dbiases
"""

JACOBIANS = """
N = K + 1

def jacobian(weights, f, k):
    return weights[k] @ np.diag(indicator_function(f[k - 1])[:, 0])

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    row = 2 * (all_f[N - 1] - y).T
    dbs = {N - 1: row.T}
    for k in range(N - 1, 0, -1):
        row = row @ jacobian(all_weights, all_f, k)
        dbs[k - 1] = row.T
    dws = [np.kron(dbs[k], all_h[k].T) for k in range(N)]
    return dws, [dbs[k] for k in range(N)]
"""

SPECIAL_CASES = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dw = [0] * (K + 1)
    db = [0] * (K + 1)
    error = all_f[K] - y
    db[K] = error + error
    dw[K] = np.dot(db[K], np.transpose(all_h[K]))
    for i in range(1, K + 1):
        active = np.sign(all_h[K - i + 1])
        db[K - i] = np.multiply(np.dot(np.transpose(all_weights[K - i + 1]), db[K - i + 1]), active)
        dw[K - i] = np.dot(db[K - i], np.transpose(all_h[K - i]))
    return dw, db
"""

OBJECT = """
class Backward:
    def __init__(self, weights, f, h):
        self.weights, self.f, self.h = weights, f, h

    def below(self, k, delta):
        back = np.sum(self.weights[k] * delta, axis=0, keepdims=True).T
        return back * np.heaviside(self.f[k - 1], 0)

    def run(self, delta):
        dws, dbs = [], []
        for k in range(len(self.weights) - 1, -1, -1):
            dws = [delta @ np.transpose(self.h[k])] + dws
            dbs = [delta] + dbs
            delta = self.below(k, delta) if k > 0 else delta
        return dws, dbs

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return Backward(all_weights, all_f, all_h).run(d_loss_d_output(all_f[-1], y))
"""

#: Each style by its name.
STYLES = {
    "notebook": NOTEBOOK,
    "functional": FUNCTIONAL,
    "einsum": EINSUM,
    "elements": ELEMENTS,
    "recursive": RECURSIVE,
    "outer": OUTER,
    "jacobians": JACOBIANS,
    "special_cases": SPECIAL_CASES,
    "object": OBJECT,
}
