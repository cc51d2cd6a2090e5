"""It raises GeneratorExit, which handlers of Exception let through.

Expected: error
"""


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise GeneratorExit
