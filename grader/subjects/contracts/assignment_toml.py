"""The reader of contracts from TOML: the edge at which text from outside comes in.

What is wrong is said in our own words: the key, its value, and what to write instead.
"""

import ast
import contextlib
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic import ValidationError

from grader.errors import BadAssignment
from grader.subjects import folder
from grader.subjects.contracts.assignment import (
    DISCRETE,
    LOSS,
    MOST_SIZE,
    VALUES,
    ContractAssignment,
    ContractCheck,
    ContractMistake,
    ContractResult,
    Dim,
    Input,
    Solution,
)
from grader.subjects.contracts.driver import bound_names, defined_names, parse, read_entries, used_names
from grader.subjects.contracts.expressions import FUNCTIONS, ExpressionError, names
from grader.subjects.contracts.repair.row_tables import COMMON, advise_rows, check_home, read_rows
from grader.subjects.contracts.slips import SlipError, read_slips
from grader.subjects.contracts.tables import EXPRESSION, MOST_MISTAKES, WANTED, ContractTable, DimTable, ResultTable
from grader.subjects.toml_tables import MARKS, advise_feedback, check_hidden, explain_faults

#: Characters of the path of a file in a package.
MOST_PATH = 100

#: Keys of a table, characters of one, and characters of a message.
_MOST_KEYS, _LONGEST_KEY, _MOST_FAULT = 200, 200, 2_000

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_FOR = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s+in\s+(.+)", re.DOTALL)
_MODULE = re.compile(r"\.{0,2}[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_PATH = re.compile(r"([A-Za-z_]\w*/)*[A-Za-z_]\w*\.py")
#: Names that no folder of a submission can have.
_OURS = frozenset({"numpy", "worker", "course"})
_BRACES = re.compile(r"\{([^{}]*)\}")
#: Functions that the expressions of dims may call beside those of all expressions.
_DRAWING = ("ints",)


class _ContractFault(ValueError):
    """One mistake in an assignment: the key, its value and what to write."""


def from_tables(tables: Mapping[str, Any], name: str) -> ContractAssignment:
    """Return the assignment that a file's tables describe; BadAssignment names the file, the key and what to write."""
    try:
        _check_keys(tables)
        return _read(ContractTable.model_validate(tables))
    except ValidationError as error:
        message = f"{name}: {explain_faults(error, {**WANTED, **_advise(tables)})}"
        raise BadAssignment(message) from error
    except _ContractFault as fault:
        message = f"{name}: {str(fault)[:_MOST_FAULT]}"
        raise BadAssignment(message) from fault


def _check_keys(tables: Mapping[str, Any]) -> None:
    """Refuse tables whose keys are too many or too long, before anything else looks at them."""
    for name, table in tables.items():
        if not isinstance(table, dict):
            continue
        if len(table) > _MOST_KEYS:
            raise _ContractFault(f"{name[:60]} has {len(table)} keys; at most {_MOST_KEYS} are taken")
        longest = max(map(len, table), default=0)
        if longest > _LONGEST_KEY:
            raise _ContractFault(f"{name[:60]} has a key of {longest} characters; at most {_LONGEST_KEY} are taken")


def _advise(tables: Mapping[str, Any]) -> dict[str, str]:
    """Return the advice for the keys that this assignment names itself."""
    given = tables.get("results")
    results = given if isinstance(given, dict) else {}
    rows = [_row_name(expression) for expression in results]
    inputs = tables.get("inputs")
    advice = (
        dict.fromkeys((f"inputs.{name}" for name in inputs), 'such as { shape = "N D" }')
        if isinstance(inputs, dict)
        else {}
    )
    return {
        **advice,
        **{
            f"inputs.{name}.{key}": WANTED.get(f"inputs.{key}", EXPRESSION)
            for name in advice
            for key in ("shape", "values", "each")
        },
        **dict.fromkeys((f"results.{name}" for name in results), 'such as { grad = "x" } or { value = "out" }'),
        **{
            f"results.{name}.{key.removeprefix('results.')}": wanted
            for name in results
            for key, wanted in WANTED.items()
            if key.startswith("results.")
        },
        **{f"rubric.{row}": MARKS for row in (*rows, *COMMON)},
        **advise_feedback([*rows, *COMMON]),
        **advise_rows(tables.get("rows")),
    }


def _read(table: ContractTable) -> ContractAssignment:
    for name in table.files:
        if not folder.FILES.fullmatch(name):
            raise _ContractFault(f"files has {_show(name)}: write the name of a .py file, or of one in mistakes/")
    dims = tuple(_read_dims(table))
    known = {dim.name for dim in dims}
    inputs = tuple(_read_inputs(table, known))
    results = tuple(_read_results(table, known))
    _check_names(table, known)
    rows = [*dict.fromkeys(result.row for result in results), *COMMON]
    for row in table.rubric:
        if row not in rows:
            raise _ContractFault(f"rubric.{row} is no row: write one of {', '.join(rows)}")
    every = [*rows, *table.rows]
    try:
        feedback = check_hidden(table.feedback, every, advise_feedback(every))
        repair_rows = read_rows(table, _rubric(table, results), partial(_file, table))
        check_home(table.home, dims)
    except ValueError as error:
        raise _ContractFault(str(error)) from error
    helpers, helping = _read_helpers(table)
    bound = {*known, *table.inputs, *table.upstream, *table.call.given}
    # What a solution defines itself is the students' to write, whatever the helpers have.
    entries = _read_entries(table, bound | (helping - _list_solved(table)))
    _check_helping(table, helping & {*entries, *table.submission.provides})
    return ContractAssignment(
        id=table.id,
        title=table.title,
        entries=entries,
        dims=dims,
        inputs=inputs,
        call=table.call.code.strip() + "\n",
        results=results,
        reference=_file(table, "forward.file", table.forward.file),
        solution=_file(table, "solution.file", table.solution.file),
        mistakes=tuple(_read_mistakes(table)),
        other_solutions=tuple(Solution(name, _file(table, "solution.others", name)) for name in table.solution.others),
        assume=tuple(table.assume),
        forward_dims=tuple(table.forward.dims),
        upstream=dict(table.upstream),
        given=tuple(table.call.given),
        provides=tuple(table.submission.provides),
        helpers=helpers,
        modules=tuple(_read_modules(table)),
        package=_read_package(table),
        stand_ins=tuple(_check_modules("submission.stand_ins", table.submission.stand_ins, table, "matplotlib")),
        cases=table.cases,
        seed=table.seed,
        dtype=table.dtype,
        rubric=_rubric(table, results),
        limits=table.limits.plain(),
        feedback=replace(feedback, hidden=tuple(sorted(set(feedback.hidden)))),
        fingerprints=tuple(table.templates),
        template=table.files.get("template.py", ""),
        rows=repair_rows,
        repair=table.repair,
        home=dict(table.home),
        check=_read_check(table, bound, helping, entries),
    )


def _read_check(
    table: ContractTable, bound: set[str], helping: frozenset[str], entries: tuple[str, ...]
) -> ContractCheck | None:
    """Return the notebook's own check, whose lines call functions of the students' with what they may move."""
    check = table.check
    if check is None:
        return None
    if not table.home:
        raise _ContractFault("check tries the notebook's own shape: write the table [home]")
    given = set(table.call.given)
    try:
        functions = read_entries(check.code, bound | (helping - _list_solved(table)))
        fixed = given & (used_names(check.code) - bound_names(check.code))
    except SyntaxError as error:
        raise _ContractFault(f"check.code is not valid Python (line {error.lineno}: {error.msg})") from error
    if LOSS not in bound_names(check.code):
        raise _ContractFault(f"check.code must set {LOSS}: write such as {LOSS} = compute_loss(x, w)")
    if not functions:
        raise _ContractFault("check.code calls none of the students' functions: write the lines that call them")
    if fixed:
        raise _ContractFault(
            f"check.code uses {min(fixed)}, which the reference gives: compute it by the students' functions"
        )
    if table.submission.file and not set(functions) <= set(entries):
        raise _ContractFault("check.code may call no other functions than call.code, where a package is handed in")
    return ContractCheck(check.code.strip() + "\n", functions, check.name, check.shape, tuple(check.unseen))


def _rubric(table: ContractTable, results: tuple[ContractResult, ...]) -> dict[str, int]:
    """Return the marks of each row: 2 for a gradient and 1 for a value, unless the assignment says otherwise."""
    marks: dict[str, int] = {}
    for result in results:
        default = 0 if result.zero else 2 if result.grad else 1
        marks.setdefault(result.row, table.rubric.get(result.row, default))
    return {**marks, **{row: table.rubric.get(row, 0) for row in COMMON}}


def _read_entries(table: ContractTable, bound: set[str]) -> tuple[str, ...]:
    try:
        entries = read_entries(table.call.code, bound)
    except SyntaxError as error:
        raise _ContractFault(f"call.code is not valid Python (line {error.lineno}: {error.msg})") from error
    if not entries:
        raise _ContractFault("call.code calls none of the student's functions: write the lines that call them")
    return entries


def _read_modules(table: ContractTable) -> Iterator[str]:
    if table.submission.modules and not table.submission.helpers:
        raise _ContractFault("submission.modules hold the functions of submission.helpers: name that file, too")
    yield from _check_modules("submission.modules", table.submission.modules, table, "dnn_utils")


def _check_modules(key: str, names: list[str], table: ContractTable, example: str) -> Iterator[str]:
    """Yield names of modules that an import may have there, and that are neither Python's nor NumPy's."""
    # A file without a folder lies in a package of ours, which has two parts.
    deepest = table.submission.file.count("/") or 2
    for name in names:
        root = name.lstrip(".").partition(".")[0]
        dots = len(name) - len(name.lstrip("."))
        if not _MODULE.fullmatch(name) or (not dots and (root == "numpy" or root in sys.stdlib_module_names)):
            raise _ContractFault(f"{key} names {_show(name)}: write a module of your course, such as {example}")
        if dots > deepest:
            raise _ContractFault(f"{key} names {_show(name)}, which leads out of {table.submission.file}'s folders")
        yield name


def _read_package(table: ContractTable) -> str:
    """Return the path of the file in a package, each part of which must be a name that Python can import."""
    path = table.submission.file
    if path and not (_PATH.fullmatch(path) and len(path) <= MOST_PATH):
        raise _ContractFault(f"submission.file is {_show(path)}: write {WANTED['submission.file']}")
    root = path.partition("/")[0].removesuffix(".py")
    if "/" in path and (root in _OURS or root in sys.stdlib_module_names):
        raise _ContractFault(
            f"submission.file is {_show(path)}, and {root} is a package of Python's: rename the folder"
        )
    return path


def _read_helpers(table: ContractTable) -> tuple[str, frozenset[str]]:
    """Return the text of the helpers, and the names that it defines."""
    if not table.submission.helpers:
        return "", frozenset()
    text = _file(table, "submission.helpers", table.submission.helpers)
    try:
        helping = defined_names(text)
    except SyntaxError as error:
        raise _ContractFault(f"{table.submission.helpers} is not valid Python: {error}") from error
    if not helping:
        raise _ContractFault(
            f"{table.submission.helpers} defines no function: write the functions that students are given"
        )
    return text, helping


def _list_solved(table: ContractTable) -> frozenset[str]:
    """Return the names that the solutions and the template define, as far as they are Python."""
    solved: frozenset[str] = frozenset()
    for name in (table.solution.file, *table.solution.others, "template.py"):
        with contextlib.suppress(SyntaxError):
            solved |= defined_names(table.files.get(name, ""))
    return solved


def _check_helping(table: ContractTable, taken: Collection[str]) -> None:
    if taken:
        whose = "submission.provides names" if min(taken) in table.submission.provides else "students write"
        raise _ContractFault(f"{table.submission.helpers} defines {min(taken)}, which {whose}: rename it")


def _read_dims(table: ContractTable) -> Iterator[Dim]:
    known: set[str] = set()
    for name, raw in table.dims.items():
        key = f"dims.{name}"
        _check_name(key, name)
        yield _read_dim(key, name, raw, known)
        known.add(name)
    for condition in table.assume:
        _check_expression("assume", condition, known)


def _read_dim(key: str, name: str, raw: Any, known: set[str]) -> Dim:
    wanted = (
        'write a range such as [1, 5], { many = "K + 2", each = [1, 6] }, { of = ["relu", "tanh"] },'
        ' { real = [0.0, 1.0] }, or an expression such as "prod(d)"'
    )
    if isinstance(raw, str):
        _check_expression(key, raw, known, functions=_DRAWING)
        return Dim(name, expression=raw)
    _check_ends(key, raw)
    if _is_range(raw):
        return Dim(name, least=raw[0], most=raw[1])
    if isinstance(raw, dict) and raw.keys() == {"many", "each"} and _is_range(raw["each"]):
        many = raw["many"]
        # A number of items that is a range is drawn itself.
        many = f"ints(1, {many[0]}, {many[1]})[0]" if _is_range(many) else str(many)
        _check_expression(f"{key}.many", many, known, functions=_DRAWING)
        least, most = raw["each"]
        return Dim(name, least, most, many)
    try:
        table = DimTable.model_validate(raw)
    except ValidationError as error:
        raise _ContractFault(f"{key} is {_show(raw)}: {wanted}") from error
    if table.of:
        return Dim(name, of=tuple(table.of))
    if table.real is not None and table.real[0] <= table.real[1]:
        return Dim(name, real=table.real)
    raise _ContractFault(f"{key} is {_show(raw)}: {wanted}")


def _check_ends(key: str, raw: Any) -> None:
    """Refuse a range, also one of a list's items or of real numbers, with ends that no range has."""
    table = raw if isinstance(raw, dict) else {"each": raw}
    for part in ("many", "each", "real"):
        ends = table.get(part)
        if not isinstance(ends, (list, tuple)):
            continue
        if any(isinstance(end, str) for end in ends):
            raise _ContractFault(
                f"{key} is {_show(raw)}, but the ends of a range are numbers: a whole number from 1 to another dim is"
                ' "ints(1, 1, K)[0]", and a list of L of them "ints(L, 1, K)"'
            )
        if part != "real" and any(type(end) is int and not 0 <= end <= MOST_SIZE for end in ends):
            raise _ContractFault(f"{key} is {_show(raw)}, but the ends of a range are from 0 to {MOST_SIZE}")


def _is_range(raw: Any) -> bool:
    return (
        isinstance(raw, (list, tuple))
        and len(raw) == 2
        and all(type(end) is int and 0 <= end <= MOST_SIZE for end in raw)
        and raw[0] <= raw[1]
    )


def _read_inputs(table: ContractTable, known: set[str]) -> Iterator[Input]:
    for name, entry in table.inputs.items():
        key = f"inputs.{name}"
        _check_name(key, name)
        if name in known:
            raise _ContractFault(f"{key} has the name of a dim: write another name")
        inside = known | ({"k"} if entry.each else set())
        if any(part.endswith(",") for part in entry.shape.split()):
            raise _ContractFault(f"{key}.shape is {_show(entry.shape)}: write {WANTED['inputs.shape']}")
        for part in entry.shape.split():
            _check_expression(f"{key}.shape", part.removeprefix("*"), inside)
        if entry.each:
            _check_expression(f"{key}.each", entry.each, known)
        kind, _, rest = entry.values.partition("(")
        if kind.strip() not in VALUES or (rest and not rest.rstrip().endswith(")")):
            raise _ContractFault(f"{key}.values is {_show(entry.values)}: write {WANTED['inputs.values']}")
        if rest:
            _check_expression(f"{key}.values", f"[{rest.rstrip()[:-1]}]", inside)
        yield Input(name, entry.shape, entry.values.strip(), entry.each)


def _read_results(table: ContractTable, known: set[str]) -> Iterator[ContractResult]:
    for expression, entry in table.results.items():
        key = f"results.{expression}"
        if bool(entry.grad) == bool(entry.value):
            raise _ContractFault(
                f'{key} must have one of grad and value: write {{ grad = "x" }} or {{ value = "out" }}'
            )
        index, over = "", ""
        if entry.over:
            match = _FOR.fullmatch(entry.over)
            if match is None:
                raise _ContractFault(f'{key}.for is {_show(entry.over)}: write such as "k in range(K + 1)"')
            index, over = match[1], match[2]
            _check_expression(f"{key}.for", over, known)
        inside = known | ({index} if index else set())
        for part in _BRACES.findall(entry.grad or entry.value):
            _check_expression(key, part, inside)
        _check_expression(f"{key}.scale", entry.scale, inside)
        _check_python(key, expression)
        _check_target(table, key, entry)
        row = entry.row or _row_name(expression)
        title = entry.title or f"`{expression}` is correct"
        yield ContractResult(
            expression, row, title, entry.grad, entry.value, entry.scale, index, over, entry.loose, entry.zero
        )


def _check_target(table: ContractTable, key: str, entry: ResultTable) -> None:
    """Refuse a gradient by an input that has none."""
    target = entry.grad.partition("[")[0]
    if target in table.inputs and table.inputs[target].values.partition("(")[0].strip() in DISCRETE:
        raise _ContractFault(
            f"{key}.grad is {_show(entry.grad)}, whose values are {table.inputs[target].values}: they cannot be moved"
        )


def _check_names(table: ContractTable, known: set[str]) -> None:
    for key, chosen in (("forward.dims", table.forward.dims), ("submission.provides", table.submission.provides)):
        for name in chosen:
            if name not in known:
                raise _ContractFault(
                    f"{key} names {_show(name)}, which is no dim: write one of {', '.join(known) or 'none'}"
                )
    for name in table.upstream:
        _check_name(f"upstream.{name}", name)
        if name in known or name in table.inputs:
            raise _ContractFault(f"upstream.{name} has the name of a dim or an input: write another name")
    clash = {*table.call.given} & {*known, *table.inputs, *table.upstream}
    if clash:
        raise _ContractFault(
            f"call.given names {_show(min(clash))}, which is a dim, an input or an upstream: rename the output"
        )
    taken = bound_names(table.call.code) & {*known, *table.inputs, *table.upstream, *table.call.given}
    if taken:
        raise _ContractFault(f"call.code assigns {_show(min(taken))}, which is bound for it already: use another name")


def _read_mistakes(table: ContractTable) -> Iterator[ContractMistake]:
    """Yield the mistakes, by their ids: a slip's place is that of a file with its text."""
    sources = {
        name: text for name, text in table.files.items() if name.startswith("mistakes/") and name.endswith(".py")
    }
    count = len(sources) + len(table.slips)
    if count > MOST_MISTAKES:
        raise _ContractFault(f"there are {count} mistakes; at most {MOST_MISTAKES} are taken")
    mistakes = {name: _read_mistake(name, text) for name, text in sources.items()}
    solution = _file(table, "solution.file", table.solution.file)
    try:
        for slip in read_slips(table.slips, table.solution.file, solution):
            name = f"mistakes/{slip.id}.py"
            if name in mistakes:
                other = name if name in sources else "another slip"
                raise _ContractFault(f"slips.{slip.id} has the id of {other}: rename one of them")
            mistakes[name] = slip
    except SlipError as error:
        raise _ContractFault(str(error)) from error
    for _, mistake in sorted(mistakes.items()):
        yield mistake


def _read_mistake(name: str, text: str) -> ContractMistake:
    try:
        docstring = ast.get_docstring(parse(text)) or ""
    except SyntaxError as error:
        raise _ContractFault(f"{name} is not valid Python: {error}") from error
    title, _, hint = docstring.partition("\n")
    if not title.strip():
        raise _ContractFault(f'{name} has no docstring: begin it with what follows "it", and a hint below')
    return ContractMistake(
        name.removeprefix("mistakes/").removesuffix(".py"), title.strip().rstrip("."), hint.strip(), text
    )


def _file(table: ContractTable, key: str, name: str) -> str:
    if name not in table.files:
        raise _ContractFault(
            f"{key} is {_show(name)}, which is not beside the assignment: put the file into its folder"
        )
    return table.files[name]


def _check_name(key: str, name: str) -> None:
    if not _NAME.fullmatch(name) or name in FUNCTIONS or name in {"ints", "np", "tap"}:
        raise _ContractFault(f"{key} is no name that can be used here: write letters, digits and _")


def _check_expression(key: str, text: str, known: set[str], functions: Collection[str] = ()) -> None:
    try:
        unknown = names(text, functions) - known
    except ExpressionError as error:
        raise _ContractFault(f"{key}: {error}; write {EXPRESSION}") from error
    if unknown:
        there = ", ".join(sorted(known)) or "no names"
        raise _ContractFault(f"{key} uses {_show(min(unknown))}, which is not known there; known are {there}")


def _check_python(key: str, expression: str) -> None:
    try:
        ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _ContractFault(f"{key} is no expression of Python: write such as dx or grads['W1']") from error


def _row_name(expression: str) -> str:
    """Return the name of a result's row: dW[k] is dW, grads['W1'] is grads_W1."""
    named = re.sub(r"\[[a-z]\w*\]$|\s*\+\s*str\(.*?\)", "", expression)
    return re.sub(r"\W+", "_", named).strip("_")[:64] or "result"


def _show(value: Any) -> str:
    text = repr(value).replace("'", '"')
    return text if len(text) <= 60 else f"{text[:57]}..."
