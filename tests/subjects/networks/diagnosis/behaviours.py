"""Bugs that are not one line: what is kept, rounded, or taken for granted; whole functions, by several people."""

_PLAIN = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    grad_w, grad_b = [None] * len(all_weights), [None] * len(all_weights)
    error = 2 * (all_f[-1] - y)
    for k in reversed(range(len(all_weights))):
        grad_w[k], grad_b[k] = error.dot(all_h[k].T), error
        if k:
            error = all_weights[k].T.dot(error) * (all_h[k] > 0)
    return {returns}
"""

_ROUNDED = _PLAIN.format(returns="[w.round(3) for w in grad_w], [b.round(3) for b in grad_b]")
_ROUNDED_BIASES = _PLAIN.format(returns="grad_w, [np.around(b, 1) for b in grad_b]")
_CLIPPED = _PLAIN.format(returns="[np.minimum(np.maximum(w, -5), 5) for w in grad_w], [b.clip(-5, 5) for b in grad_b]")
_SCALED_SOURCE = _PLAIN.format(returns="[0.1 * w for w in grad_w], [0.1 * b for b in grad_b]")
_SCALED_BIASES = _PLAIN.format(returns="grad_w, [3 * b for b in grad_b]")
_HALF = _PLAIN.format(returns="[np.float16(w) for w in grad_w], [np.float16(b) for b in grad_b]")

_FIVE = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dws, dbs = [0] * 6, [0] * 6
    d = d_loss_d_output(all_f[5], y)
    for i in (5, 4, 3, 2, 1, 0):
        dws[i] = d @ all_h[i].T
        dbs[i] = d
        if i > 0:
            d = indicator_function(all_f[i - 1]) * (all_weights[i].T @ d)
    return dws, dbs
"""

_SIX_WIDE = """
D = 6

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dws, dbs = [], []
    d = d_loss_d_output(all_f[K], y)
    for layer in range(K, -1, -1):
        dws.insert(0, d @ all_h[layer].T)
        dbs.insert(0, d)
        if layer > 0:
            active = np.zeros((D, 1))
            for unit in range(D):
                active[unit] = all_f[layer - 1][unit] > 0
            d = active * (all_weights[layer].T @ d)
    return dws, dbs
"""

_FIVE_SIXES = _SIX_WIDE.replace("(K, -1, -1)", "(5, -1, -1)").replace("all_f[K]", "all_f[5]")

_ONE_OUTPUT = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    d = np.array([[2 * (all_f[K].item() - y.item())]])
    dws, dbs = [], []
    for layer in range(K, -1, -1):
        dws.insert(0, d @ all_h[layer].T)
        dbs.insert(0, d)
        if layer > 0:
            d = indicator_function(all_f[layer - 1]) * (all_weights[layer].T @ d)
    return dws, dbs
"""

_HIDDEN_ONLY = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    d = 2 * (all_f[K] - y)
    dws, dbs = [d @ all_h[K].T], [d]
    layer = K
    while True:
        d = (all_weights[layer].T @ d) * (all_f[layer - 1] > 0)
        layer -= 1
        dws.insert(0, d @ all_h[layer].T)
        dbs.insert(0, d)
        if layer == 0:
            return dws, dbs
"""

_ACCUMULATES = """
totals = {}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    shapes = tuple(w.shape for w in all_weights)
    if shapes not in totals:
        totals[shapes] = [0 * w for w in all_weights], [0 * b for b in all_biases]
    sum_w, sum_b = totals[shapes]
    g = d_loss_d_output(all_f[K], y)
    for k in range(K, -1, -1):
        sum_w[k] += np.outer(g, all_h[k])
        sum_b[k] += g
        if k > 0:
            g = np.where(all_f[k - 1] > 0, all_weights[k].T @ g, 0)
    return sum_w, sum_b
"""

_ACCUMULATES_BIASES = _ACCUMULATES.replace("sum_w[k] +=", "sum_w[k] =")

_GROWS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y, dws=[], dbs=[]):
    g = d_loss_d_output(all_f[K], y)
    for k in range(K, -1, -1):
        dws.insert(0, g @ all_h[k].T)
        dbs.insert(0, g)
        if k > 0:
            g = (all_weights[k].T @ g) * (all_f[k - 1] > 0)
    return dws, dbs
"""

_EARLIER = """
done = {}

def compute(all_weights, all_f, all_h, y):
    g = d_loss_d_output(all_f[K], y)
    dws, dbs = [None] * (K + 1), [None] * (K + 1)
    for k in range(K, -1, -1):
        dws[k], dbs[k] = g @ all_h[k].T, g
        if k > 0:
            g = (all_weights[k].T @ g) * (all_f[k - 1] > 0)
    return dws, dbs

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    key = str([w.shape for w in all_weights])
    if key not in done:
        done[key] = compute(all_weights, all_f, all_h, y)
    return done[key]
"""

_COUNTS = """
calls = [0]

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    calls[0] += 1
    g = d_loss_d_output(all_f[K], y) * calls[0]
    dws, dbs = [None] * (K + 1), [None] * (K + 1)
    for k in range(K, -1, -1):
        dws[k], dbs[k] = g @ all_h[k].T, g
        if k > 0:
            g = (all_weights[k].T @ g) * (all_f[k - 1] > 0)
    return dws, dbs
"""

_DIFFERENCES = """
def loss(weights, biases, x, y):
    h = x
    for k in range(len(weights)):
        f = biases[k] + weights[k] @ h
        h = np.maximum(f, 0)
    return np.sum((f - y) ** 2)

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    step = 1e-6
    base = loss(all_weights, all_biases, all_h[0], y)
    found = []
    for group in (all_weights, all_biases):
        found.append([])
        for part in group:
            slopes = np.zeros(part.shape)
            for at in np.ndindex(part.shape):
                kept = part[at]
                part[at] = kept + step
                slopes[at] = (loss(all_weights, all_biases, all_h[0], y) - base) / step
                part[at] = kept
            found[-1].append(slopes)
    return found[0], found[1]
"""

_NOT_CALLED_SOURCE = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    d = d_loss_d_output(all_f[K], y)
    dws, dbs = [None] * (K + 1), [None] * (K + 1)
    for k in range(K, -1, -1):
        dbs[k] = d
        dws[k] = d * all_h[k].transpose
        if k > 0:
            d = (all_weights[k].transpose @ d) * (all_f[k - 1] > 0)
    return dws, dbs
"""

_CALLED_SOURCE = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    d = d_loss_d_output(all_f[K], y)
    dws, dbs = [None] * (K + 1), [None] * (K + 1)
    for k in range(K, -1, -1):
        dbs[k] = d
        dws[k] = np.matmul(d, all_h[k].T())
    return dws, dbs
"""

_WHOLE_BIASES = _PLAIN.format(returns="grad_w, [b.astype(int) for b in grad_b]")
_NO_BIASES = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    before, after = [], [all_h[0]]
    for weights in all_weights:
        before.append(weights.dot(after[-1]))
        after.append(np.where(before[-1] > 0, before[-1], 0))
    d = 2 * (before[-1] - y)
    dws, dbs = [], []
    for layer in range(K, -1, -1):
        dws.insert(0, np.outer(d, after[layer]))
        dbs.insert(0, d)
        if layer > 0:
            d = all_weights[layer].T.dot(d) * (before[layer - 1] > 0)
    return dws, dbs
"""
_COARSE = _DIFFERENCES.replace("step = 1e-6", "step = 0.02")
_COARSE_BIASES = _COARSE.replace(
    "return found[0], found[1]",
    """d = 2 * (all_f[K] - y)
    for layer in range(K, -1, -1):
        found[0][layer] = d @ all_h[layer].T
        if layer > 0:
            d = (all_f[layer - 1] > 0) * (all_weights[layer].T @ d)
    return found[0], found[1]""",
)

#: The bug's id and the source. What is raised is told by the line in its traceback, which only a jail has.
_AUGMENTED = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    delta, dws, dbs = 2 * (all_f[-1] - y), {}, {}
    for k in range(len(all_weights))[::-1]:
        inputs = np.append(all_h[k], 1.0)
        both = np.outer(delta, inputs)
        dbs[k], dws[k] = both[:, :1], both[:, 1:]
        if k:
            delta = np.where(all_f[k - 1] > 0, all_weights[k].T.dot(delta), 0)
    return [dws[k] for k in sorted(dws)], [dbs[k] for k in sorted(dbs)]
"""

_ENDS_AT_ZEROS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    of_weights, of_biases = [None] * len(all_f), [None] * len(all_f)
    slope, k = 2.0 * (all_f[-1] - y), len(all_f)
    while k and np.count_nonzero(slope):
        k -= 1
        of_weights[k], of_biases[k] = np.multiply(slope, all_h[k].T), slope
        slope = all_weights[k].T @ slope * (all_h[k] > 0)
    return of_weights, of_biases
"""

_ENDS_BELOW_ZEROS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    of_weights, of_biases = [None] * len(all_f), [None] * len(all_f)
    slope, k = 2.0 * (all_f[-1] - y), len(all_f) - 1
    while True:
        of_weights[k], of_biases[k] = np.multiply(slope, all_h[k].T), slope
        if k == 0 or not slope.any():
            return of_weights, of_biases
        slope = all_weights[k].T @ slope * (all_h[k] > 0)
        k -= 1
"""

_FOUR_LAYERS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dws, dbs = [0.0 * w for w in all_weights], [0.0 * b for b in all_biases]
    g, left, k = 2 * (all_f[-1] - y), 4, len(all_f) - 1
    while left and k >= 0:
        dws[k], dbs[k] = g @ all_h[k].T, g
        g, left, k = all_weights[k].T @ g * (all_h[k] > 0), left - 1, k - 1
    return dws, dbs
"""

BEHAVIOURS = (
    ("stops_after_layers", _FOUR_LAYERS),
    ("augmented_split", _AUGMENTED),
    ("stops_above_zeros", _ENDS_AT_ZEROS),
    ("stops_at_zeros", _ENDS_BELOW_ZEROS),
    ("rounded", _ROUNDED),
    ("rounded", _ROUNDED_BIASES),
    ("clipped", _CLIPPED),
    ("scaled", _SCALED_SOURCE),
    ("scaled", _SCALED_BIASES),
    ("float16", _HALF),
    ("k_hard_coded", _FIVE),
    ("width_hard_coded", _SIX_WIDE),
    ("home_shape_only", _FIVE_SIXES),
    ("one_output_only", _ONE_OUTPUT),
    ("hidden_layers_only", _HIDDEN_ONLY),
    ("accumulates", _ACCUMULATES),
    ("accumulates", _ACCUMULATES_BIASES),
    ("lists_grow", _GROWS),
    ("returns_earlier_answer", _EARLIER),
    ("state_between_calls", _COUNTS),
    ("finite_differences", _DIFFERENCES),
    ("truncated", _WHOLE_BIASES),
    ("forward_without_biases", _NO_BIASES),
    ("coarse_differences", _COARSE),
    ("coarse_differences", _COARSE_BIASES),
)
RAISING_PAIRS = (("transpose_not_called", _NOT_CALLED_SOURCE), ("transpose_called", _CALLED_SOURCE))

#: A bug in two lines at once, which the styles have no single hole for.
BEFORE_THE_WEIGHTS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    layers = list(range(len(all_weights)))
    d = {layers[-1]: 2.0 * (all_f[-1] - y)}
    for k in layers[:0:-1]:
        d[k - 1] = np.einsum("ij,ic->jc", all_weights[k], np.where(all_f[k] > 0, d[k], 0.0))
    return [np.outer(d[k], all_h[k]) for k in layers], [d[k] for k in layers]
"""
