"""Its lists show more entries than they say they have, without end.

Expected: failed
"""

import itertools


class Growing(list):
    def __len__(self):
        return K + 1

    def __iter__(self):
        return itertools.repeat(np.zeros((1, 1)))


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return Growing(), Growing()
