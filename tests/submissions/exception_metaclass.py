"""The class of its exceptions lies about its name, with texts that break when they are cut.

Expected: error
"""


class Text(str):
    def __len__(self):
        return 0

    def encode(self, *arguments):
        raise ValueError("no")

    def __str__(self):
        return self


class Meta(type):
    def __getattribute__(cls, name):
        return Text("passed") if name in ("__qualname__", "__name__") else type.__getattribute__(cls, name)


class Odd(Exception, metaclass=Meta):
    def __str__(self):
        return Text("passed")


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    raise Odd
