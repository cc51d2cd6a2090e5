"""The texts of the rows that every subject has, and of notes beside any row."""

NOT_REACHED = "Not judged: it did not answer every {noun}."

STATE = (
    " Asked about its counterexample alone, in a fresh process, it does not fail like this:"
    " something is kept between calls, such as a global or a default argument, or it draws random numbers."
)


def tally(wrong: int, of: int, noun: str) -> str:
    """The number of cases on which it is wrong, as a sentence."""
    return f"Wrong on {wrong} of {of} {noun}{'' if of == 1 else 's'}."


def later(wrong: int) -> str:
    """The number of the wrong cases on which the first answer was right."""
    return f" On {wrong} of these it was right when it was first asked, and wrong when it was asked again."
