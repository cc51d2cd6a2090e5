"""An explanation in a student's words, and how to distinguish those that are equally good."""

from collections.abc import Sequence
from dataclasses import replace

from grader.model.verdict import Diagnosis, NamedMistake
from grader.subjects.networks.assignment import References
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.bugs.library import rarity
from grader.subjects.networks.diagnosis.fit import Fit

#: Lines from the loss down: in a fit of two, and between two fits, the earlier one is looked at first.
ORDER = tuple(Where)

BY_SHAPES = "This is inferred from the shapes alone, not from any numbers."


def write_diagnoses(fits: Sequence[Fit], references: References) -> tuple[Diagnosis, ...]:
    """Each explanation, the most usual first; if there are several, with how to distinguish it from the others."""
    usual = sorted(fits, key=lambda fit: (-fit.ordered, rarity(fit.bugs)))
    usual = [
        replace(fit, bugs=tuple(bug.as_one_of_several for bug in fit.bugs)) if len(fit.bugs) > 1 else fit
        for fit in usual
    ]
    return tuple(_one(fit, [rival for rival in usual if rival is not fit], references) for fit in usual)


def add_facts(diagnosis: Diagnosis, bugs: Sequence[Bug], references: References) -> Diagnosis:
    """The explanation of one line with facts about others."""
    (seen,) = write_diagnoses([Fit(tuple(bugs))], references)
    mistakes = (*diagnosis.mistakes, *seen.mistakes)
    readings = [line for line in _list_readings(bugs, references) if line not in diagnosis.read]
    return replace(
        diagnosis,
        id=f"{diagnosis.id}+{seen.id}",
        title=f"{diagnosis.title} {seen.title}",
        hint=f"{diagnosis.hint} {seen.hint}",
        strong_hint=f"{diagnosis.strong_hint} {seen.strong_hint}",
        read=" ".join((diagnosis.read, *readings)),
        mistakes=mistakes,
        names=tuple(dict.fromkeys((*(diagnosis.names or ()), *(seen.names or ())))),
    )


def title(fit: Fit, *, rivals: bool = False) -> str:
    """The mistake, as one sentence about the code; about its answers alone if other code may give them, too."""
    if fit.claimed and not rivals:
        return " ".join(f"It {bug.title}." for bug in fit.bugs)
    return f"Its answers are those of {_describe_code(fit)}."


def _describe_code(fit: Fit) -> str:
    return f"code that {' and that '.join(bug.title for bug in fit.bugs)}"


def _list_lines(bug: Bug) -> tuple[Where, ...]:
    """The lines that it may be in."""
    return (Where.ACTIVATION, Where.DERIVATIVE) if bug.either else (bug.where,)


def _list_readings(bugs: Sequence[Bug], references: References) -> list[str]:
    """The parts of the chain rule that the bugs are about, each once."""
    return list(dict.fromkeys(line.value.refer(references) for bug in bugs for line in _list_lines(bug)))


def _one(fit: Fit, others: Sequence[Fit], references: References) -> Diagnosis:
    hints, strong = [bug.hint for bug in fit.bugs], [bug.strong for bug in fit.bugs]
    if fit.blame is not None:
        hints.append(fit.blame.hint)
        strong.append(fit.blame.strong)
    elif fit.by_shapes and any(bug.where is not Where.RETURN for bug in fit.bugs):
        hints.append(BY_SHAPES)
    return Diagnosis(
        "+".join(bug.id for bug in fit.bugs),
        title(fit, rivals=bool(others)),
        " ".join(hints),
        " ".join(strong),
        " ".join(_list_readings(fit.bugs, references)),
        " ".join(_apart(fit, rival) for rival in others),
        tuple(NamedMistake(bug.id, bug.title) for bug in fit.bugs),
        # What tells it from others speaks of their lines, too.
        tuple(
            dict.fromkeys(
                bug.where.value.name
                for explanation in (fit, *others)
                for bug in explanation.bugs
                if bug.where.value.name
            )
        ),
    )


def _apart(fit: Fit, rival: Fit) -> str:
    """How to distinguish this explanation from another one with the same numbers."""
    what = "shapes" if fit.by_shapes else "numbers"
    same = f"C{_describe_code(rival)[1:]} gives the same {what}."
    mine, theirs = (_only(first, second) for first, second in ((fit, rival), (rival, fit)))
    # Of shapes, both may be true of one line: then an array that is right says nothing against either.
    if fit.by_shapes or mine is None or theirs is None or mine.where is theirs.where:
        return f"{same} Compare your lines with both."
    early = min(mine, theirs, key=lambda bug: ORDER.index(bug.where))
    if early.where in {Where.BIAS, Where.WEIGHT}:
        # What came back is the same by both.
        return f"{same} Compare your lines with both."
    variable, yours = early.where.value.variable, "wrong" if early is mine else "right"
    return f"{same} Work out {variable} by hand for a small network: if yours is {yours}, that is ruled out."


def _only(fit: Fit, rival: Fit) -> Bug | None:
    """The one bug that only the first of two explanations has."""
    own = [bug for bug in fit.bugs if bug not in rival.bugs]
    return own[0] if len(own) == 1 else None
