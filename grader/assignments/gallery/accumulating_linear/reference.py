"""The same linear layer, applied to two inputs."""


def forward(tap, x1, x2, W, b):
    return {"out1": x1 @ W + b, "out2": x2 @ W + b}
