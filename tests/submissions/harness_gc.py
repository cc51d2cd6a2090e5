"""It looks through every object of the interpreter for arrays that have the shape of an answer.

Expected: failed
"""

import gc


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    d_weights, d_biases = [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
    if K == 0:
        given = {id(array) for group in (all_weights, all_biases, all_f, all_h, [y]) for array in group}
        for thing in gc.get_objects():
            if isinstance(thing, dict) and any(word in thing for word in ("derivatives", "expected", "tolerances")):
                print("ESCAPED", list(thing)[:10])
            if isinstance(thing, list | tuple):
                for array in thing:
                    if type(array) is np.ndarray and id(array) not in given and array.shape == d_weights[0].shape:
                        d_weights[0] = array.copy()
    return d_weights, d_biases
