"""The words that reports, pages and commands write around a contract's cases."""

from grader.model.words import KindWords


def describe_shape(shape: tuple[int, ...] | int | None) -> str:
    """Return a shape in words, such as `an array of shape (2, 3)`."""
    return "a single number" if shape == () else f"an array of shape {shape}"


WORDS = KindWords(
    noun="case",
    numbers="numbers",
    joint="in",
    compared=" with finite differences",
    truth="finite differences of the reference",
    passed="Your code is right.",
    failed="Your code is not right yet.",
    asked="It is run on many small cases, and each number is compared with finite differences.",
    results="The results",
    mistake="solutions",
    errs="is wrong",
)
