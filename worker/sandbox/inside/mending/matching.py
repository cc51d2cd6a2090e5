"""The statement of a submission that stands where one of the solution's does: by target, name and words."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from backmark.worker.sandbox.inside.entry import MOST_ALTERNATIVES

from .groups import Function, StatementGroup, list_loop_names, list_names_of, loop_names
from .targets import Bindings, list_names, solve, solve_linear
from .words import count_words, similarity

#: The turns of the solution's loop in a header that stands in another: no name that a program can write.
TURN = " turn"
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
    """One function of the solution's and the submission's of that name, with what corresponds in them.

    To a function that only the submission has corresponds an empty one.
    """

    solution: Function
    own: Function
    #: By a variable of the solution's the submission's.
    names: dict[str, str] = field(default_factory=dict)
    #: By the number of the submission's statement what may stand in its place, the best first.
    matches: dict[int, list[Match]] = field(default_factory=dict)
    #: The statements of the submission's to each of which one of the solution's corresponds, and to no other.
    paired: set[int] = field(default_factory=set)
    #: By the number of a header of the submission's the solution's that may stand in its place.
    headers: dict[int, Match] = field(default_factory=dict)

    def list_matches(self, number: int) -> list[Match]:
        """Return what may stand in the place of a statement or header of the submission's, the best first."""
        header = self.headers.get(number)
        return self.matches.get(number, []) if header is None else [header]


class Matcher:
    """Matches the functions of a submission with those of the same names in a solution."""

    def __init__(self, solution: Mapping[str, Function], own: Mapping[str, Function]) -> None:
        """Match them."""
        #: By the identities of expressions of either program, which are kept for that.
        self._words: dict[tuple[int, ...], tuple[Sequence[ast.expr], Counter[str]]] = {}
        self.pairs = {name: FunctionPair(solution[name], own[name]) for name in solution if name in own}
        #: By a class the attributes of its objects, which are the same in all methods.
        attributes: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for name, pair in self.pairs.items():
            shared = attributes[name.partition(".")[0]]
            pair.names.update(shared)
            self._bind_names(pair)
            self._pair_all(pair)
            self._add_alternatives(pair)
            self._match_headers(pair)
            shared.update((name, own) for name, own in pair.names.items() if "." in name)
        for name, pair in self.pairs.items():
            pair.names = attributes[name.partition(".")[0]] | pair.names
        self.pairs |= {
            name: FunctionPair(Function(name, function.node), function)
            for name, function in own.items()
            if name not in self.pairs
        }

    @staticmethod
    def _bind_names(pair: FunctionPair) -> None:
        names = pair.names
        names.update(zip(pair.solution.parameters, pair.own.parameters, strict=False))
        variables = list_variables(pair.solution)
        own_variables = list_variables(pair.own)
        theirs, mine = pair.solution.returned, pair.own.returned
        if len(theirs) == len(mine):
            for name, own in zip(theirs, mine, strict=True):
                # Variables of both that are returned in another order are no others for it.
                known = name != own and name in own_variables and (own in variables or own not in own_variables)
                if name and own and not known:
                    names.setdefault(name, own)
        for name in variables:
            if name not in names and name in own_variables and name not in names.values():
                names[name] = name

    def _pair_all(self, pair: FunctionPair) -> None:
        free = [group for group in pair.own.groups if group.target.how != "bare"]
        open_ = list(pair.solution.groups)
        for least in (_SURE, _LEAST):
            self._pair(pair, free, open_, least)
        if _bind_by_readers(pair):
            self._pair(pair, free, open_, _LEAST)

    def _add_alternatives(self, pair: FunctionPair) -> None:
        """Add to each statement what else writes its variable in the solution."""
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
    def _match_headers(pair: FunctionPair) -> None:
        """Match the headers of loops by the statements inside that correspond: most of them decide."""
        theirs = {id(group.loop): group for group in pair.solution.headers}
        mine = {id(group.loop): group for group in pair.own.headers}
        votes = Counter[tuple[int, int, str]]()
        headers: dict[tuple[int, int, str], Match] = {}
        for number in sorted(pair.paired):
            match = pair.matches[number][0]
            for loop, own in product(match.solution.block.loops, match.own.block.loops):
                if id(loop) in theirs and id(own) in mine and _correspond(match, loop, own):
                    header, other = mine[id(own)], theirs[id(loop)]
                    bound = " ".join(ast.dump(match.loops[name]) for name in list_names_of(loop))
                    key = (header.number, other.number, bound)
                    votes[key] += 1
                    headers.setdefault(key, Match(header, other, match.loops, 0.0))
        taken: set[tuple[str, int]] = set()
        for key, _ in votes.most_common():
            both = {("own", key[0]), ("solution", key[1])}
            if taken.isdisjoint(both):
                taken |= both
                pair.headers[key[0]] = headers[key]

    def _pair(self, pair: FunctionPair, free: list[StatementGroup], open_: list[StatementGroup], least: float) -> None:
        """Pair statements that are left, the best matches first, and take them from both lists."""
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
        if self._have_same_headers(pair, group, own):
            # One loop in both: its variable is the same, and a target with another index is wrong.
            loops.clear()
        _bind_loops(loops, group, own)
        score = 0.0
        for name, other in zip(target.names, mine.names, strict=True):
            score += self._score_names(pair, name, other) / len(target.names)
        score += 2 * similarity(_words_of(pair, group.words, loops), own.words)
        score += 0.5 * (len(group.block.loops) == len(own.block.loops)) + 0.25 * (target.how == mine.how)
        tests, own_tests = self._count(*list_tests(group)), self._count(*list_tests(own))
        score -= 0.25 * (_words_of(pair, tests, loops) != own_tests)
        return Match(own, group, loops, score)

    def _have_same_headers(self, pair: FunctionPair, group: StatementGroup, own: StatementGroup) -> bool:
        """Return True if the loops around two statements run over the same, as they read."""
        theirs, mine = group.block.loops, own.block.loops
        return len(theirs) == len(mine) > 0 and all(
            isinstance(loop, ast.For)
            and isinstance(other, ast.For)
            and len(list_names_of(loop)) == len(list_names_of(other))
            and _words_of(pair, self._count(loop.iter), {}) == self._count(other.iter)
            for loop, other in zip(theirs, mine, strict=True)
        )

    def _count(self, *nodes: ast.expr) -> Counter[str]:
        """Return the words of expressions, which are counted once."""
        key = tuple(map(id, nodes))
        if key not in self._words:
            self._words[key] = nodes, count_words(*nodes)
        return self._words[key][1]

    @staticmethod
    def _score_names(pair: FunctionPair, name: str, own: str) -> float:
        bound = pair.names.get(name)
        score = 0.0
        if bound is not None:
            score += 3.0 if bound == own else -2.0
        elif own in pair.names.values():
            score -= 1.0
        elif name == own:
            score += 1.0
        return score


def _bind_by_readers(pair: FunctionPair) -> bool:
    """Bind the variables that stand in the same places of statements that correspond; return True if there are any.

    They are those whose own statements are missing, or so wrong that neither values nor words tell.
    """
    places: set[tuple[str, str]] = set()
    for match in (pair.matches[number][0] for number in pair.paired):
        for node, own in zip(match.solution.nodes, match.own.nodes, strict=False):
            places.update(_list_places(node, own))
    theirs, mine = Counter(name for name, _ in places), Counter(own for _, own in places)
    unbound = set(list_variables(pair.solution)) - pair.names.keys()
    bound = {
        name: own
        for name, own in sorted(places)
        if name in unbound and own not in pair.names.values() and theirs[name] == mine[own] == 1
    }
    pair.names.update(bound)
    return bool(bound)


def _list_places(node: ast.AST, own: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names in the same places of two trees, as far as these are alike."""
    if isinstance(node, ast.Name) and isinstance(own, ast.Name):
        yield node.id, own.id
    elif type(node) is type(own):
        for child, other in zip(ast.iter_child_nodes(node), ast.iter_child_nodes(own), strict=False):
            yield from _list_places(child, other)


def _bind_loops(loops: Bindings, group: StatementGroup, own: StatementGroup) -> None:
    """Bind the solution's loop variables that the target does not have to those of the loops in the same place."""
    theirs, mine = list_loop_names(group.block), list_loop_names(own.block)
    for names, others in zip(reversed(theirs), reversed(mine), strict=False):
        if len(names) == len(others):
            for name, other in zip(names, others, strict=True):
                loops.setdefault(name, ast.Name(other, ast.Load()))


def _correspond(match: Match, loop: ast.stmt, own: ast.stmt) -> bool:
    """Return True if one loop around a statement of the submission's is the one around the solution's."""
    names, others = list_names_of(loop), list_names_of(own)
    if not names or not others:
        loops, mine = match.solution.block.loops, match.own.block.loops
        return not names and not others and len(loops) == len(mine) and loops.index(loop) == mine.index(own)
    return find_turn(match, names, others) is not None


def find_turn(match: Match, names: Sequence[str], others: Sequence[str]) -> ast.expr | None:
    """Return the submission's variables of a loop by `TURN`, the solution's; None if they are of another loop."""
    bound = [match.loops.get(name) for name in names]
    if [expression.id if isinstance(expression, ast.Name) else "" for expression in bound] == list(others):
        return ast.Name(TURN, ast.Load())
    if len(names) != 1 or len(others) != 1 or bound[0] is None or others[0] not in list_names(bound[0]):
        return None
    return solve_linear(bound[0], ast.Name(TURN, ast.Load()), others[0])


def list_tests(group: StatementGroup) -> list[ast.expr]:
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
