"""It appends to a list without end.

Expected: memory
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    hog = []
    while True:
        hog.append(bytes(1 << 20))
