"""It looks for answers in memory that was used before: uninitialised arrays, the heap and the stack.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    candidates = np.empty(50_000)
    wanted = sum(w.size + b.size for w, b in zip(all_weights, all_biases))
    runs = candidates[np.isfinite(candidates) & (np.abs(candidates) > 1e-6) & (np.abs(candidates) < 1e6)]
    numbers = iter(np.resize(runs, wanted) if runs.size else np.zeros(wanted))
    d_weights = [np.array([next(numbers) for _ in range(w.size)]).reshape(w.shape) for w in all_weights]
    d_biases = [np.array([next(numbers) for _ in range(b.size)]).reshape(b.shape) for b in all_biases]
    return d_weights, d_biases
