"""The statement of a submission that stands where one of the solution's does: by target, name, value and words."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from worker.sandbox.inside.entry import MOST_ALTERNATIVES

from .groups import Function, StatementGroup, list_loop_names, loop_names
from .recording import Recorder, agreement, scope
from .targets import Bindings, solve
from .words import count_words, similarity

#: The least score of a match; from the second on, names are bound by it before others are looked at.
_LEAST, _SURE = 1.0, 3.0


@dataclass(frozen=True, eq=False)
class Match:
    """A statement of the submission and one of the solution's that may stand in its place."""

    own: StatementGroup
    solution: StatementGroup
    #: By a loop variable of the solution's the submission's expression.
    loops: Mapping[str, ast.expr]
    score: float


@dataclass(eq=False)
class FunctionPair:
    """One function of the solution's and the submission's of that name, with what corresponds in them."""

    solution: Function
    own: Function
    #: By a variable of the solution's the submission's.
    names: dict[str, str] = field(default_factory=dict)
    #: By the number of the submission's statement what may stand in its place, the best first.
    matches: dict[int, list[Match]] = field(default_factory=dict)
    #: The statements of the submission's to each of which one of the solution's corresponds, and to no other.
    paired: set[int] = field(default_factory=set)

    def solution_scope(self, name: str) -> tuple[str, str]:
        """Return the variable of the solution's, as it is recorded."""
        return scope(self.solution.name, name), name

    def own_scope(self, name: str) -> tuple[str, str]:
        """Return the variable of the submission's, as it is recorded."""
        return scope(self.own.name, name), name


class Matcher:
    """Matches the functions of a submission with those of the same names in a solution."""

    def __init__(
        self,
        solution: Mapping[str, Function],
        own: Mapping[str, Function],
        solution_values: Recorder,
        own_values: Recorder,
    ) -> None:
        self._solution_values = solution_values
        self._own_values = own_values
        self.pairs = {name: FunctionPair(solution[name], own[name]) for name in solution if name in own}
        #: By a class the attributes of its objects, which are the same in all methods.
        attributes: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for name, pair in self.pairs.items():
            known = attributes[name.partition(".")[0]]
            pair.names.update(known)
            self._bind_names(pair)
            self._match(pair)
            known.update((name, own) for name, own in pair.names.items() if "." in name)
        for name, pair in self.pairs.items():
            pair.names = attributes[name.partition(".")[0]] | pair.names

    def _bind_names(self, pair: FunctionPair) -> None:
        names = pair.names
        names.update(zip(pair.solution.parameters, pair.own.parameters, strict=False))
        variables = list_variables(pair.solution)
        own_variables = list_variables(pair.own)
        theirs, mine = pair.solution.returned, pair.own.returned
        if len(theirs) == len(mine):
            for name, own in zip(theirs, mine, strict=True):
                # Variables of both that are returned in another order are no others for it.
                known = name != own and name in own_variables and own in variables
                if name and own and not known:
                    names.setdefault(name, own)
        for name in variables:
            if name not in names and name in own_variables and name not in names.values():
                agrees = self._agree(pair, name, name)
                if agrees or agrees is None:
                    names[name] = name
        for name in variables:
            if name not in names and (own_name := self._find_by_value(pair, name, own_variables)):
                names[name] = own_name

    def _agree(self, pair: FunctionPair, name: str, own: str) -> float | None:
        """Return the part of a variable's arrays that another holds; None if one of them is never seen."""
        mine, other = pair.solution_scope(name), pair.own_scope(own)
        if not self._solution_values.arrays.get(mine) or not self._own_values.arrays.get(other):
            return None
        return agreement(self._solution_values, mine, self._own_values, other)

    def _find_by_value(self, pair: FunctionPair, name: str, variables: list[str]) -> str | None:
        """Return the one free variable of the submission's that agrees best with one of the solution's."""
        taken = set(pair.names.values())
        scores = {own: self._agree(pair, name, own) or 0.0 for own in variables if own not in taken}
        best = max(scores.values(), default=0.0)
        holders = [own for own, score in scores.items() if score == best]
        return holders[0] if best > 0 and len(holders) == 1 else None

    def _match(self, pair: FunctionPair) -> None:
        free = [group for group in pair.own.groups if group.target.how != "bare"]
        open_ = list(pair.solution.groups)
        for least in (_SURE, _LEAST):
            scored = [match for own in free for group in open_ if (match := self._score(pair, own, group)) is not None]
            scored.sort(key=lambda match: (-match.score, match.own.number, match.solution.number))
            for match in scored:
                if match.score < least or match.own not in free or match.solution not in open_:
                    continue
                pair.matches[match.own.number] = [match]
                pair.paired.add(match.own.number)
                free.remove(match.own)
                open_.remove(match.solution)
                self._bind(pair, match)
        for own in pair.own.groups:
            matches = pair.matches.setdefault(own.number, [])
            others = [
                match
                for group in pair.solution.groups
                if not any(known.solution is group for known in matches)
                and self._is_same_variable(pair, own, group)
                and (match := self._score(pair, own, group)) is not None
            ]
            others.sort(key=lambda match: (-match.score, match.solution.number))
            matches += others[: MOST_ALTERNATIVES - len(matches)]

    @staticmethod
    def _bind(pair: FunctionPair, match: Match) -> None:
        for name, own in zip(match.solution.target.names, match.own.target.names, strict=True):
            if name not in pair.names and own not in pair.names.values():
                pair.names[name] = own

    @staticmethod
    def _is_same_variable(pair: FunctionPair, own: StatementGroup, group: StatementGroup) -> bool:
        return own.target.how != "return" and [pair.names.get(name) for name in group.target.names] == list(
            own.target.names
        )

    def _score(self, pair: FunctionPair, own: StatementGroup, group: StatementGroup) -> Match | None:
        """Return a possible match with its score; None if the one can never stand for the other."""
        target, mine = group.target, own.target
        if len(target.names) != len(mine.names) or any(
            (target.how == how) != (mine.how == how) for how in ("return", "bare")
        ):
            return None
        loops = solve(target.keys, mine.keys, loop_names(group.block), loop_names(own.block))
        if loops is None:
            return None
        _bind_loops(loops, group, own)
        score = 0.0
        for name, other in zip(target.names, mine.names, strict=True):
            score += self._score_names(pair, name, other) / len(target.names)
        score += 2 * similarity(_words_of(pair, group.words, loops), own.words)
        score += 0.5 * (len(group.block.loops) == len(own.block.loops)) + 0.25 * (target.how == mine.how)
        score -= 0.25 * (_words_of(pair, count_words(*_list_tests(group)), loops) != count_words(*_list_tests(own)))
        return Match(own, group, loops, score)

    def _score_names(self, pair: FunctionPair, name: str, own: str) -> float:
        bound = pair.names.get(name)
        score = 0.0
        if bound is not None:
            score += 3.0 if bound == own else -2.0
        elif own in pair.names.values():
            score -= 1.0
        elif name == own:
            score += 1.0
        return score + 2 * (self._agree(pair, name, own) or 0.0)


def _bind_loops(loops: Bindings, group: StatementGroup, own: StatementGroup) -> None:
    """Bind the solution's loop variables that the target does not have to those of the loops in the same place."""
    theirs, mine = list_loop_names(group.block), list_loop_names(own.block)
    for names, others in zip(reversed(theirs), reversed(mine), strict=False):
        if len(names) == len(others):
            for name, other in zip(names, others, strict=True):
                loops.setdefault(name, ast.Name(other, ast.Load()))


def _list_tests(group: StatementGroup) -> list[ast.expr]:
    """Return the conditions under which a group runs, inside of the innermost loop."""
    return [
        ast.UnaryOp(ast.Not(), branch.node.test) if branch.otherwise else branch.node.test
        for branch in group.block.guards
    ]


def _words_of(pair: FunctionPair, counted: Counter[str], loops: Mapping[str, ast.expr]) -> Counter[str]:
    """Return the words of statements or expressions of the solution's in the submission's names."""
    bindings: dict[str, ast.expr] = {
        name: ast.Name(own, ast.Load()) for name, own in pair.names.items() if "." not in name
    }
    words = Counter[str]()
    for word, count in counted.items():
        kind, _, name = word.partition(" ")
        if kind == "name" and name in loops:
            words += Counter(dict.fromkeys(count_words(loops[name]), count))
        elif kind == "name" and name in bindings:
            words[f"name {pair.names[name]}"] += count
        else:
            words[pair.names.get(word, word)] += count
    return words


def list_variables(function: Function) -> list[str]:
    """Return the variables that a function's statements write, in their order."""
    names: Iterator[str] = (name for group in function.groups for name in group.target.names)
    return [name for name in dict.fromkeys(names) if name not in {"return", ""}]
