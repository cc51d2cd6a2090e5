"""Its lists say another length than they have, and show less at every look.

Expected: failed
"""


class Lying(list):
    def __len__(self):
        return K + 1

    def __iter__(self):
        return iter([])


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    return Lying(), Lying()
