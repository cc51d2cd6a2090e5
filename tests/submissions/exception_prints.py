"""Its exceptions print without end when their text is asked for.

Expected: output_limit
"""


class Loud(Exception):
    def __str__(self):
        while True:
            print("x" * 1000)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise Loud
