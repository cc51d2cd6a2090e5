import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))  # row: feedforward


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))  # row: output_error


class Network(object):
    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(n, 1) for n in sizes[1:]]
        self.weights = [np.random.randn(n, k) for k, n in zip(sizes[:-1], sizes[1:])]

    def cost_derivative(self, output, y):
        return output - y  # row: output_error

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        a = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, a) + b  # row: feedforward
            zs.append(z)  # row: feedforward
            a = sigmoid(z)  # row: feedforward
            activations.append(a)  # row: feedforward
        delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])  # row: output_error
        nabla_b[-1] = delta  # row: bias_gradient
        nabla_w[-1] = np.dot(delta, activations[-2].T)  # row: weight_gradient
        for layer in range(2, self.num_layers):
            delta = np.dot(self.weights[-layer + 1].T, delta) * sigmoid_prime(zs[-layer])  # row: hidden_error
            nabla_b[-layer] = delta  # row: bias_gradient
            nabla_w[-layer] = np.dot(delta, activations[-layer - 1].T)  # row: weight_gradient
        return nabla_b, nabla_w
