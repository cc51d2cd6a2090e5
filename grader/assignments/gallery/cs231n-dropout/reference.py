"""Dropout with a given mask of zeros and 1 / p, and what a kept unit becomes."""


def forward(tap, x, mask, p):
    return {"kept": x / p, "whole": x, "trained": tap("x_train", x) * mask, "tested": tap("x_test", x) * 1}
