"""Its function is a lambda that returns zeros.

Expected: failed
"""

backward_pass = lambda all_weights, all_biases, *others: ([0 * w for w in all_weights], [0 * b for b in all_biases])
