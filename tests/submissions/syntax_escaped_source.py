# coding: unicode_escape
"""It declares an encoding in which a comment can hold code: what runs is not what staff read.

Expected: rejected
"""


# What follows is code: \ndef backward_pass(all_weights, all_biases, *others):\n    return all_weights, all_biases
