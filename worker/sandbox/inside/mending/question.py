"""Requests about mending: what the statements of a submission are, and what it answers after scripts of edits."""

import ast
import io
import warnings
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from types import CodeType
from typing import Any

import numpy as np

from worker.sandbox.inside.calls import CallsQuestion
from worker.sandbox.inside.compiling import FUTURES
from worker.sandbox.inside.entry import LONGEST_SPELLED
from worker.sandbox.inside.importer import CourseModules
from worker.sandbox.inside.listing import Slice, SlicePart
from worker.sandbox.inside.student import NO_MODULES, Student
from worker.sandbox.inside.tracebacks import FILENAME, clean
from worker.sandbox.inside.wire import pack

from .groups import Group, list_functions
from .matching import FunctionPair, Matcher, list_variables
from .recording import RECORDER, Recorder, record_writes
from .scripts import TICK, ZEROS, Mending
from .translation import SolutionNames, private
from .words import count_words

#: Turns of all loops and calls of functions in one call of a mended program.
TURNS = 300_000
#: Edits that a study lists: its header has room for 64 KiB.
_MOST_EDITS_IN_ALL = 1_500
#: The program in the place of one that is no valid Python.
_UNUSABLE = compile("raise SyntaxError", FILENAME, "exec")
#: The name of a solution's file in its own tracebacks, which nobody is shown.
_SOLUTION = "<solution>"


class EndlessError(BaseException):
    """The mended program goes on for too long; no `except Exception` of the student's catches it."""


class _Nowhere(io.TextIOBase):
    """What a mended program prints is nobody's."""

    def write(self, text: str, /) -> int:
        return len(text)


class MendingQuestion:
    """A request with `study`, which is answered by what could be mended, or with `scripts` after it."""

    def __init__(self, header: dict[str, Any], payload: bytes | memoryview) -> None:
        self._calls = CallsQuestion(header, payload)
        self._study: Mapping[str, Any] | None = header.get("study")
        self._scripts: Sequence[Any] = header.get("scripts", ())

    def answers(self, student: Student) -> Iterator[bytes]:
        """Yield what could be mended, or by script one frame for each case."""
        with redirect_stdout(_Nowhere()), redirect_stderr(_Nowhere()):
            if self._study is not None:
                workbench = Workbench(student.lines, self._study)
                # On its way before any of the student's code runs here, which could say otherwise.
                yield pack({"kind": "statements", **workbench.list_statements()})
                workbench.match(self._calls)
                student.workbench = workbench
                yield pack({"kind": "study", **workbench.describe()})
                return
            if student.workbench is None:
                raise LookupError("nothing was studied that could be mended")
            for script in self._scripts:
                # A namespace of its own for each.
                yield from self._calls.answers(student.workbench.mend(script))


class Workbench:
    """A submission beside the solution: its statements, and the programs that scripts make of it."""

    def __init__(self, lines: Slice, study: Mapping[str, Any]) -> None:
        self._lines = lines
        self._solution_text: str = study["solution"]
        self._rows = frozenset(study["lines"])
        self._edited: bool = study["edits"]
        #: The edits whose texts are wanted, each by the number of its statement and its place: of an author's source.
        self._spelled: Sequence[Sequence[int]] | None = study.get("spelled")
        self._recorded: bool = study["record"]
        self._trees = [_parse_part(lines, i) for i in range(len(lines.parts))]
        self._own = list_functions(self._whole())
        solution = ast.parse(self._solution_text)
        self._solution_code = _compile(solution, _SOLUTION)
        self._solution = list_functions([solution])
        self._solution_tree = solution
        template = list_functions([ast.parse(study["template"])]) if study.get("template") else {}
        self._template = {(name, _dump(group)) for name, function in template.items() for group in function.groups}

    def match(self, calls: CallsQuestion) -> None:
        """Find what of the solution's stands where; the submission may be run for that."""
        self._names = self._list_names(self._solution_tree, calls)
        self.pairs = Matcher(self._solution, self._own, *self._record(calls, always=self._recorded)).pairs
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

    def _record(self, calls: CallsQuestion, *, always: bool) -> tuple[Recorder, Recorder]:
        """Run the solution and the submission on the cases of the study; return what their variables held.

        Unless it is `always` done, nothing is run if the submission has all of the solution's names.
        """
        solution, own = Recorder(), Recorder()
        self._renamed = False
        if not always and all(
            set(list_variables(self._solution[name])) <= set(list_variables(function))
            for name, function in self._own.items()
            if name in self._solution
        ):
            return solution, own
        self._renamed = True
        tree = ast.parse(self._solution_text)
        record_writes(list_functions([tree]))
        ast.fix_missing_locations(tree)
        text = replace(
            self._lines, parts=(SlicePart(_compile(tree, _SOLUTION)),), code=self._solution_text, modules=(), extra={}
        )
        self._run(MendedStudent(text, {RECORDER: solution.record}, None), calls)
        trees = [_parse_part(self._lines, i) for i in range(len(self._lines.parts))]
        present = [tree for tree in trees if tree is not None]
        record_writes(list_functions(present))
        for tree in present:
            ast.fix_missing_locations(tree)
        self._run(MendedStudent(self._make_slice(trees), {RECORDER: own.record}, None), calls)
        return solution, own

    @staticmethod
    def _run(student: "MendedStudent", calls: CallsQuestion) -> None:
        for _ in calls.answers(student):
            pass

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
            ]
            for name, function in self._own.items()
            if name in self._solution
            for group in function.groups
        ]
        solution = [
            [group.number, [node.lineno for node in group.nodes]]
            for function in self._solution.values()
            for group in function.groups
        ]
        return {"statements": own, "solution": solution}

    def describe(self) -> dict[str, Any]:
        """Return what of the solution's may stand where, and the texts of edits if they are wanted."""
        matches, left = [], _MOST_EDITS_IN_ALL
        for number, group in sorted(self.mending.groups.items()):
            pair = self.pairs[group.function]
            alternatives = [
                match.solution.number
                for match in pair.matches.get(number, ())
                if (number, match.solution.number) in self.mending.replacements
            ]
            edits = [edit.kind for edit in self.mending.list_edits(number)] if self._edited and left > 0 else []
            left -= len(edits)
            matches.append(
                {
                    "number": number,
                    "alternatives": alternatives,
                    "alike": [other for other in alternatives if self._reads_alike(number, other)],
                    "guarded": [other for other in alternatives if self._runs_otherwise(number, other)],
                    "edits": edits,
                    "overwritten": [] if number in pair.paired else self._list_overwritten(pair, group),
                }
            )
        described: dict[str, Any] = {
            "matches": matches,
            "insertable": sorted(self.mending.insertions),
            "renamed": self._renamed,
        }
        if self._spelled is not None:
            described["texts"] = [self._spell(number, place) for number, place in self._spelled]
        return described

    def _spell(self, number: int, place: int) -> list[Any]:
        """Return the line of an edit and what stands there then."""
        node = self.mending.list_edits(number)[place].node
        return [self._lines.origin(node.lineno)[1], clean(ast.unparse(node), LONGEST_SPELLED)]

    def _reads_alike(self, number: int, other: int) -> bool:
        own, replacement = self.mending.groups[number], self.mending.replacements[number, other]
        return count_words(*own.nodes) == count_words(*replacement.nodes)

    def _runs_otherwise(self, number: int, other: int) -> bool:
        """Return True if a statement runs under another condition than the solution's, as they read."""
        guard = self.mending.replacements[number, other].guard
        own = [branch.node.test for branch in self.mending.groups[number].block.guards]
        return count_words(*own) != count_words(*([] if guard is None else [guard]))

    @staticmethod
    def _list_overwritten(pair: FunctionPair, group: Group) -> list[int]:
        """Return the statements of the solution's that write what a statement writes that corresponds to none.

        Of a parameter they are those that read it.
        """
        if group.target.how in {"return", "bare"}:
            return []
        names = set(group.target.names)
        likeliest = [pair.matches[number][0] for number in pair.paired]
        written = {match.solution.number for match in likeliest if not names.isdisjoint(match.own.target.names)}
        # A parameter is written by no statement of the solution's: it feeds those that read it.
        parameters = {name for name, own in pair.names.items() if own in names and own in pair.own.parameters}
        read = {other.number for other in pair.solution.groups if not parameters.isdisjoint(_list_read(other))}
        return sorted(written | read)


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


def _list_read(group: Group) -> set[str]:
    """Return the names that a group reads."""
    names = (part for node in group.nodes for part in ast.walk(node) if isinstance(part, ast.Name))
    return {part.id for part in names if isinstance(part.ctx, ast.Load)}


def _dump(group: Group) -> str:
    return " ".join(ast.dump(node) for node in group.nodes)


def _zeros_like(value: object) -> object:
    return np.zeros_like(value) if isinstance(value, np.ndarray) else 0 * value  # type: ignore[operator] # or it raises
