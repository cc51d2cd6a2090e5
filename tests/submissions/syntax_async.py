"""Its function is a coroutine.

Expected: rejected
"""

async def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
