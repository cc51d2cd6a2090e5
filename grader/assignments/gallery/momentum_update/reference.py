"""Half the mean squared error of a linear map; the step is the driver's affair."""


def forward(tap, W, v, x, y):
    error = x @ W - y
    return {"loss": (error * error).sum() / (2 * len(x))}
