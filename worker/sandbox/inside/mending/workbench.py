"""The workbench of a submission that may be mended: its statements beside the solution's, and its mended programs."""

import ast
import copy
import warnings
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from types import CodeType
from typing import Any

import numpy as np

from backmark.worker.sandbox.inside.calls import CallsQuestion
from backmark.worker.sandbox.inside.entry import (
    LONGEST_NAME,
    LONGEST_SPELLED,
    MOST_HELPERS,
)
from backmark.worker.sandbox.inside.importer import CourseModules
from backmark.worker.sandbox.inside.reading.compiling import FUTURES
from backmark.worker.sandbox.inside.reading.listing import Slice, SlicePart
from backmark.worker.sandbox.inside.student import NO_MODULES, Student
from backmark.worker.sandbox.inside.tracebacks import FILENAME, clean

from .groups import HELPER, StatementGroup, find_groups, list_functions
from .matching import FunctionPair, Matcher, list_tests
from .scripts import ZEROS, Mending
from .ticks import TICK
from .translation import SolutionNames, private
from .uses import Uses, calls
from .words import count_words

#: Turns of all loops and calls of functions in one call of a mended program.
TURNS = 300_000
#: Edits that one answer lists: its header has room for 64 KiB.
_MOST_EDITS_IN_ALL = 1_500
#: Requests about calls that are kept.
_KEPT_CALLS = 3
#: The program in the place of one that is no valid Python.
_UNUSABLE = compile("raise SyntaxError", FILENAME, "exec")
#: The name of a solution's file in its own tracebacks, which nobody is shown.
_SOLUTION = "<solution>"


class EndlessError(BaseException):
    """The mended program goes on for too long; no `except Exception` of the student's catches it."""


class Workbench:
    """A submission beside the solution: its statements, and the programs that scripts make of it."""

    def __init__(self, lines: Slice, study: Mapping[str, Any]) -> None:
        self._lines = lines
        self._solution_text: str = study["solution"]
        self._rows = frozenset(study["lines"])
        #: The calls that were asked about last, by the header and the payload of the request.
        self._calls: list[tuple[tuple[dict[str, Any], bytes], CallsQuestion]] = []
        self._trees = [_parse_part(lines, i) for i in range(len(lines.parts))]
        solution = ast.parse(self._solution_text)
        self._solution_code = _compile(solution, _SOLUTION)
        self._solution = list_functions([solution])
        self._own = list_functions(self._whole(), self._solution)
        self._solution_tree = solution
        template = list_functions([ast.parse(study["template"])]) if study.get("template") else {}
        given, right = (
            {(group.function, _dump(group)) for group in find_groups(functions).values()}
            for functions in (template, self._solution)
        )
        #: The lines that wait to be filled in: what the template has as the solution has it does not.
        self._template = given - right

    def read_calls(self, header: dict[str, Any], payload: bytes) -> CallsQuestion:
        """Return the calls of a request; the same few are asked about again and again, and read once."""
        known = next((calls for seen, calls in self._calls if seen == (header, payload)), None)
        if known is None:
            known = CallsQuestion(header, payload)
            self._calls = [((header, payload), known), *self._calls[: _KEPT_CALLS - 1]]
        return known

    def match(self, calls: CallsQuestion) -> None:
        """Find what of the solution's stands where."""
        self._names = self._list_names(self._solution_tree, calls)
        self.pairs = Matcher(self._solution, self._own).pairs
        self.mending = Mending(self._whole(), self.pairs, self._names, list(self._own))

    def _whole(self) -> list[ast.Module]:
        return [tree for tree in self._trees if tree is not None]

    def _list_names(self, solution: ast.Module, calls: CallsQuestion) -> SolutionNames:
        module = {*calls.helping, *(name for node in solution.body for name in _list_bound(node))} - {"np", "numpy"}
        rows = {
            name: frozenset(
                variable
                for group in function.groups
                if any(node.lineno in self._rows for node in group.nodes)
                for variable in group.target.names
            )
            for name, function in self._solution.items()
        }
        return SolutionNames(frozenset(module), frozenset(name for name, held in rows.items() if held), rows)

    def mend(self, script: Sequence[Sequence[Any]]) -> "MendedStudent":
        """Return the submission after a script."""
        mended = iter(self.mending.apply([tuple(operation) for operation in script]))
        trees = [None if tree is None else next(mended) for tree in self._trees]
        try:
            lines = self._make_slice(trees)
        except (SyntaxError, ValueError, RecursionError):
            # An edit of something unusual: it mends nothing.
            lines = replace(self._lines, parts=(SlicePart(_UNUSABLE),))
        return MendedStudent(lines, {ZEROS: _zeros_like}, self._run_solution)

    def _run_solution(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the names of the solution's module, each under its private name."""
        namespace: dict[str, Any] = {"np": np, **given}
        exec(self._solution_code, namespace)
        return {private(name): namespace[name] for name in self._names.module if name in namespace}

    def _make_slice(self, trees: Sequence[ast.Module | None]) -> Slice:
        parts = (
            part if tree is None else SlicePart(_compile(tree, FILENAME, part.compiled))
            for part, tree in zip(self._lines.parts, trees, strict=True)
        )
        return replace(self._lines, parts=tuple(parts))

    def list_statements(self) -> dict[str, Any]:
        """Return the statements of the submission and those of the solution, each with its lines, as they are read."""
        own = [
            [
                group.number,
                [list(self._lines.origin(node.lineno)) for node in group.nodes],
                (group.function, _dump(group)) in self._template,
                group.role if name in self._solution or group.loop is not None else HELPER,
                [list(self._lines.origin(branch.node.lineno)) for branch in group.block.guards[-1:]],
                self._list_helpers(group),
            ]
            for name, function in self._own.items()
            for group in function.mendable
        ]
        solution = [
            [group.number, [node.lineno for node in group.nodes]]
            for function in self._solution.values()
            for group in function.mendable
        ]
        return {"statements": own, "solution": solution}

    def _list_helpers(self, group: StatementGroup) -> list[str]:
        """Return some functions that a statement calls and that only the submission has."""
        helpers = (name for name in self._own if name not in self._solution and len(name) <= LONGEST_NAME)
        return [name for name in helpers if calls(group, name)][:MOST_HELPERS]

    def describe(self) -> dict[str, Any]:
        """Return what of the solution's may stand where."""
        matches = []
        uses = Uses(self.pairs, self.mending, self._solution, self._rows)
        for number, group in sorted(self.mending.groups.items()):
            pair = self.pairs[group.function]
            alternatives = [
                match.solution.number
                for match in pair.list_matches(number)
                if (number, match.solution.number) in self.mending.replacements
            ]
            matches.append(
                {
                    "number": number,
                    "alternatives": alternatives,
                    "alike": [other for other in alternatives if self._reads_alike(number, other)],
                    "guarded": (guarded := [] if group.loop else self._list_guarded(number, alternatives)),
                    "conditions": self._spell_conditions(number, guarded),
                    "placeholder": group.is_placeholder and not self._is_placeholder_meant(pair, number),
                    "overwritten": [] if number in pair.paired else uses.list_overwritten(pair, group),
                    "sources": uses.list_sources(pair, group, alternatives),
                }
            )
        return {"matches": matches, "insertable": sorted(self.mending.insertions)}

    @staticmethod
    def _is_placeholder_meant(pair: FunctionPair, number: int) -> bool:
        """Return True if the solution has such a value as well where a statement stands, or draws numbers there."""
        likeliest = pair.list_matches(number)[:1]
        return any(
            match.solution.is_placeholder or (match.solution.is_random and match.own.is_random) for match in likeliest
        )

    def _spell_conditions(self, number: int, guarded: Sequence[int]) -> list[str]:
        """Return the condition under which a statement runs, and the one under which it must; empty for none."""
        if not guarded:
            return ["", ""]
        guard = self.mending.replacements[number, guarded[0]].guard
        wanted = guard.values if isinstance(guard, ast.BoolOp) else [] if guard is None else [guard]
        return [_spell_tests(tests) for tests in (list_tests(self.mending.groups[number]), wanted)]

    def list_kinds(self, pairs: Sequence[tuple[int, int]]) -> list[list[str]]:
        """Return the kinds of the edits of statements, each compared with one of the solution's if there is that."""
        left, kinds = _MOST_EDITS_IN_ALL, []
        for number, other in pairs:
            edits = self.mending.compare(number, other) if left > 0 else []
            left -= len(edits)
            kinds.append([edit.kind for edit in edits])
        return kinds

    def spell(self, number: int, place: int) -> list[Any]:
        """Return the place of an edit among the statements of its group, what stands there then, and its changes."""
        edit, group = self.mending.list_edits(number)[place], self.mending.groups[number]
        changes = [[change.kind, _unparse(change.before), _unparse(change.after)] for change in edit.changes]
        text = "\n".join(_unparse(group.complete(node)) for node in edit.nodes)
        return [edit.place, clean(text, LONGEST_SPELLED), changes]

    def _reads_alike(self, number: int, other: int) -> bool:
        own, replacement = self.mending.groups[number], self.mending.replacements[number, other]
        return count_words(*own.nodes) == count_words(*replacement.nodes)

    def _list_guarded(self, number: int, alternatives: Sequence[int]) -> list[int]:
        return [other for other in alternatives if self._runs_otherwise(number, other)]

    def _runs_otherwise(self, number: int, other: int) -> bool:
        """Return True if a statement runs under another condition than the solution's, as they read."""
        guard = self.mending.replacements[number, other].guard
        own = [branch.node.test for branch in self.mending.groups[number].block.guards]
        return count_words(*own) != count_words(*([] if guard is None else [guard]))


class MendedStudent(Student):
    """A submission whose program was changed: its module has names of ours that no program can write."""

    def __init__(self, lines: Slice, names: Mapping[str, Any], run_solution: Any) -> None:
        super().__init__(lines)
        self._private_names = dict(names)
        self._run_solution = run_solution
        self._turns = 0
        self._endless = False

    def names(
        self, key: tuple[Hashable, ...], given: Mapping[str, Any], course: CourseModules = NO_MODULES
    ) -> dict[str, Any]:
        """Return the names of the module, and begin to count turns anew; what was endless once has none left."""
        self._turns = TURNS if self._endless else 0
        private_names = {**self._private_names, TICK: self._tick}
        if self._run_solution is not None and key not in self._modules:
            private_names |= self._run_solution(given)
        return super().names(key, {**given, **private_names}, course)

    def _find_mistake(self, error: BaseException, names: Mapping[str, Any]) -> None:
        """Find nothing: what a changed program raises is nobody's mistake."""

    def _tick(self) -> None:
        self._turns += 1
        if self._turns > TURNS:
            self._endless = True
            raise EndlessError


def _parse_part(lines: Slice, place: int) -> ast.Module | None:
    """Return the tree of one part of a slice, with its line numbers; None for one that is kept on trial."""
    part = lines.parts[place]
    if part.trial is not None:
        return None
    return ast.parse(part.code)


def _list_bound(node: ast.stmt) -> list[str]:
    """Return the names that a statement of a module binds."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def _compile(tree: ast.Module, filename: str, like: CodeType | None = None) -> CodeType:
    flags = 0 if like is None else like.co_flags & FUTURES
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled: CodeType = compile(tree, filename, "exec", flags, dont_inherit=True)
    return compiled


def _spell_tests(tests: Sequence[ast.expr]) -> str:
    """Return conditions as text, without those of the branches before an `elif`."""
    said = [test for test in tests if not isinstance(test, ast.UnaryOp)] or tests
    return clean(" and ".join(map(_unparse, said)), LONGEST_SPELLED)


def _unparse(node: ast.AST | None) -> str:
    """Return a part of a statement as text; empty for nothing."""
    if node is None:
        return ""
    shown = copy.deepcopy(node)
    for part in ast.walk(shown):
        if isinstance(part, ast.Name):
            part.id = part.id.strip()
    return clean(ast.unparse(ast.fix_missing_locations(shown)), LONGEST_SPELLED)


def _dump(group: StatementGroup) -> str:
    return " ".join(ast.dump(node) for node in group.nodes)


def _zeros_like(value: object) -> object:
    return np.zeros_like(value) if isinstance(value, np.ndarray) else 0 * value  # type: ignore[operator] # or it raises
