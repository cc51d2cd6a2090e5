import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))  # row: feedforward


def sigmoidGradient(z):
    return sigmoid(z) * (1 - sigmoid(z))  # row: errors


def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda_=0.0):
    size = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:size].reshape(hidden_layer_size, input_layer_size + 1)  # row: feedforward
    Theta2 = nn_params[size:].reshape(num_labels, hidden_layer_size + 1)  # row: feedforward
    m = X.shape[0]

    a1 = np.concatenate([np.ones((m, 1)), X], axis=1)  # row: feedforward
    z2 = a1.dot(Theta1.T)  # row: feedforward
    a2 = np.concatenate([np.ones((m, 1)), sigmoid(z2)], axis=1)  # row: feedforward
    a3 = sigmoid(a2.dot(Theta2.T))  # row: feedforward
    Y = np.eye(num_labels)[y]  # row: cost

    J = -np.sum(Y * np.log(a3) + (1 - Y) * np.log(1 - a3)) / m  # row: cost
    J += lambda_ / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))  # row: cost

    delta3 = a3 - Y  # row: errors
    delta2 = delta3.dot(Theta2)[:, 1:] * sigmoidGradient(z2)  # row: errors
    Theta1_grad = delta2.T.dot(a1) / m  # row: hidden_gradient
    Theta2_grad = delta3.T.dot(a2) / m  # row: output_gradient
    Theta1_grad[:, 1:] += lambda_ / m * Theta1[:, 1:]  # row: hidden_gradient
    Theta2_grad[:, 1:] += lambda_ / m * Theta2[:, 1:]  # row: output_gradient
    grad = np.concatenate([Theta1_grad.ravel(), Theta2_grad.ravel()])  # row: hidden_gradient, output_gradient
    return J, grad
