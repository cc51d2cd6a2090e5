"""What becomes of the examples that ship: the outcome, and the rows of lines that are lost."""

OUTCOMES = {
    "bias_template.py": ("failed", {"bias_gradient"}),
    "endless_loop.py": ("timeout", set()),
    "mask_from_wrong_layer.py": ("failed", {"relu_derivative", "any_shape"}),
    "missing_factor_two.py": ("failed", {"bias_gradient"}),
    "missing_transpose.py": ("failed", {"activation_gradient"}),
    "no_relu_derivative.ipynb": ("failed", {"relu_derivative"}),
    "raises.py": ("error", {"weight_gradient"}),
    "right.ipynb": ("passed", set()),
    "right_einsum.py": ("passed", set()),
    "right_float32.py": ("passed", set()),
    "right_functional.py": ("passed", set()),
    "right_loops.py": ("passed", set()),
    "right_nbformat3.ipynb": ("passed", set()),
    "through_weight_gradients.py": ("failed", {"activation_gradient"}),
    "todo_left.ipynb": ("failed", {"relu_derivative"}),
    "unfilled.ipynb": ("rejected", set()),
    "weight_template.py": ("failed", {"weight_gradient"}),
    "weights_from_previous_activation.py": ("failed", {"weight_gradient", "any_shape"}),
}
