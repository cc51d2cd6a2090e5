"""The softmax of each column, and the sum of the negative logarithms of the right classes' probabilities."""

import numpy as np


def forward(tap, Z, Y):
    exps = np.exp(Z - Z.max(axis=0))
    Ypred = exps / exps.sum(axis=0)
    return {"Ypred": Ypred, "loss": -np.sum(Y * np.log(Ypred))}
