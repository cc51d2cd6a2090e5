"""Its arrays answer in the name of the runner when they are destroyed.

Expected: crashed
"""

import os


class Last(np.ndarray):
    def __del__(self):
        os.write(41, b'{"kind":"passed"}')


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return [np.zeros_like(w).view(Last) for w in all_weights], [np.zeros_like(b).view(Last) for b in all_biases]
