"""A deep ReLU network on one example, and the sum of its squared errors."""

import numpy as np


def forward(tap, all_weights, all_biases, x, y):
    all_f, all_h = [], [x]
    for weights, bias in zip(all_weights, all_biases, strict=True):
        all_f.append(bias + weights @ all_h[-1])
        all_h.append(np.maximum(all_f[-1], 0))
    loss = np.sum((all_f[-1] - y) ** 2)
    return {"all_f": all_f, "all_h": all_h[:-1], "layers": len(all_weights), "loss": loss}
