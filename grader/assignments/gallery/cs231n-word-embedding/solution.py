import numpy as np


def word_embedding_forward(x, W):
    out = W[x]  # row: words
    return out, (x, W.shape)


def word_embedding_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape, dtype=dout.dtype)  # row: word_gradient
    np.add.at(dW, x, dout)  # row: word_gradient
    return dW
