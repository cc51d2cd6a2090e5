"""The words that reports, pages and commands write around a contract's cases."""

from grader.model.words import KindWords

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
