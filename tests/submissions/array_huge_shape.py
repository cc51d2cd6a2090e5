"""It returns arrays with an astronomical number of entries, which take no memory.

Expected: failed
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    endless = np.broadcast_to(np.float64(0.0), (1 << 30, 1 << 29))
    return [endless for _ in all_weights], [endless for _ in all_biases]
