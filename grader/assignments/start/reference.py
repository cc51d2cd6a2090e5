"""The right outputs. Backmark differentiates this function; nobody needs to write its gradients here."""


def forward(tap, x, w, b):
    return {"out": x @ w + b}
