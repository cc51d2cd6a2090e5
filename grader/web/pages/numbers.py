"""Numbers of a network, written in little room."""


def number(value: float | None) -> str:
    """Return a number of a network in few characters; None stands for one that is not finite."""
    if value is None:
        return "nan"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}".replace("-", "\u2212")
    return f"{value:.{4 if abs(value) < 1e4 else 6}g}".replace("-", "\u2212")
