"""The diagnosis of a submission: the assignment's own mistakes first, then claims about the numbers of other rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.arrays import Array, Booleans
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import join_numbers
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.naming.claim import NumberClaim
from backmark.grader.contracts.naming.forms import find_forms
from backmark.grader.contracts.naming.group import Group, list_groups
from backmark.grader.contracts.naming.known import KnownMistakes, Recognised
from backmark.grader.contracts.naming.mistakes import StoredMistake
from backmark.grader.contracts.naming.numeric import find_numeric, is_transposed
from backmark.grader.contracts.rows.results import all_wrong
from backmark.grader.model.verdict import Diagnosis, NamedMistake
from backmark.grader.model.words import join_words

#: Statements of one diagnosis: more are no help.
_STATEMENTS = 3
#: Numbers of square arrays that are transposed, if all others have the transposed shape.
_SQUARE = 2


@dataclass(frozen=True, slots=True)
class _ClaimedExplanation:
    """A part of a diagnosis: a mistake with its hints, and the rows that it is about."""

    mistake: NamedMistake
    hint: str
    strong_hint: str
    rows: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ContractDiagnoser:
    """A contract's cases and mistakes, made ready once for many submissions."""

    assignment: ContractAssignment
    cases: ContractCases
    mistakes: Mapping[str, StoredMistake]

    @cached_property
    def _known(self) -> KnownMistakes:
        return KnownMistakes(self.assignment, self.cases, self.mistakes)

    @cached_property
    def groups(self) -> dict[str, tuple[Group, ...]]:
        """By row the group of all its numbers, and those of its expressions if there are several."""
        return list_groups(self.assignment, self.cases)

    def diagnose(self, answers: Sequence[Answer]) -> tuple[tuple[Diagnosis, ...], list[frozenset[str]]]:
        """Return the explanation of the answers to every case, and by known mistake the rows that it makes wrong.

        There is none of either if nothing holds on all cases.
        """
        wrong = all_wrong(self.cases, answers)
        failing = [row for row, groups in self.groups.items() if wrong[groups[0].index].any()]
        if not failing:
            return (), []
        got = join_numbers(answers, self.cases.starts)
        with np.errstate(all="ignore"):
            known = self._known.recognise(answers, got, frozenset(failing))
            covered = frozenset(row for statement in known for row in statement.rows)
            claims = {
                group: claim
                for row in failing
                if row not in covered
                for group, claim in self._find_claims(row, answers, got, wrong).items()
            }
        statements = [*map(_state_known, known), *_state_claims(claims)][:_STATEMENTS]
        return (_write(statements),) if statements else (), [statement.rows for statement in known]

    def _find_claims(
        self, row: str, answers: Sequence[Answer], got: Array, wrong: Booleans
    ) -> dict[Group, NumberClaim]:
        """Return the claim about all of a row, or else those about its expressions."""
        whole, *parts = self.groups[row]
        for groups in ([whole], parts):
            explained = ((group, self._explain(group, answers, got, wrong)) for group in groups)
            if claims := {group: claim for group, claim in explained if claim is not None}:
                return claims
        return {}

    def _explain(self, group: Group, answers: Sequence[Answer], got: Array, wrong: Booleans) -> NumberClaim | None:
        claim = find_numeric(self.cases, group, got)
        if claim is not None:
            return claim
        transposed = is_transposed(self.cases, group, got, _SQUARE)
        return find_forms(group, answers, got, wrong, transposed=transposed)


def _state_known(statement: Recognised) -> _ClaimedExplanation:
    mistake = statement.mistake
    return _ClaimedExplanation(
        NamedMistake(mistake.id, mistake.title), mistake.hint, mistake.hint, tuple(sorted(statement.rows))
    )


def _state_claims(claims: Mapping[Group, NumberClaim]) -> list[_ClaimedExplanation]:
    """Return a statement for each claim, about all results of which it holds."""
    together: dict[NumberClaim, list[Group]] = {}
    for group, claim in claims.items():
        together.setdefault(claim, []).append(group)
    return [_state(groups, claim) for claim, groups in together.items()]


def _state(groups: Sequence[Group], claim: NumberClaim) -> _ClaimedExplanation:
    names = _list_names([f"`{group.name}`" for group in groups])
    returned = all("." not in group.name for group in groups)
    results = ",".join(group.slug for group in groups)
    title = f"{'returns' if returned else 'computes'} {names} {claim.words}"
    # The questions are about one result.
    hint = claim.hint.format(name=f"`{groups[0].name}`")
    rows = tuple(dict.fromkeys(group.row for group in groups))
    return _ClaimedExplanation(NamedMistake(f"{results}:{claim.id}", title), hint, f"Your code {title}.", rows)


def _list_names(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _write(statements: Sequence[_ClaimedExplanation]) -> Diagnosis:
    return Diagnosis(
        "+".join(statement.mistake.id for statement in statements),
        f"Your code {join_words(statement.mistake.title for statement in statements)}.",
        " ".join(dict.fromkeys(statement.hint for statement in statements)),
        " ".join(dict.fromkeys(statement.strong_hint for statement in statements)),
        "",
        mistakes=tuple(statement.mistake for statement in statements),
        names=tuple(dict.fromkeys(row for statement in statements for row in statement.rows)),
    )
