"""The reader of contracts from TOML: the edge at which text from outside comes in.

What is wrong is said in our own words: the key, its value, and what to write instead.
"""

import ast
import contextlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic import ValidationError

from backmark.grader.contracts.language import folder
from backmark.grader.contracts.language.assignment import (
    DISCRETE,
    ContractAssignment,
    ContractCheck,
    ContractMistake,
    ContractResult,
    Convention,
    Dim,
    Solution,
    Taught,
)
from backmark.grader.contracts.language.conventions import apply_convention, check_slips, read_conventions
from backmark.grader.contracts.language.driver import bound_names, defined_names, parse, read_entries
from backmark.grader.contracts.language.row_tables import (
    AGREEMENT,
    COMMON,
    PARAMETERS,
    advise_rows,
    check_home,
    read_rows,
)
from backmark.grader.contracts.language.slips import SlipError, read_slips
from backmark.grader.contracts.language.tables import (
    EXPRESSION,
    MOST_MISTAKES,
    WANTED,
    ContractTable,
    ConventionTable,
    ResultTable,
)
from backmark.grader.contracts.language.toml_cases import read_dims, read_inputs
from backmark.grader.contracts.language.toml_checks import (
    ContractFault,
    check_expression,
    check_name,
    check_python,
    read_file,
)
from backmark.grader.contracts.language.toml_submission import check_modules, read_helpers, read_modules, read_package
from backmark.grader.contracts.language.toml_tables import (
    MARKS,
    advise_feedback,
    check_feedback,
    explain_faults,
    show_value,
)
from backmark.grader.errors import BadAssignment

#: Keys of a table, characters of one, and characters of a message.
_MOST_KEYS, _LONGEST_KEY, _MOST_FAULT = 200, 200, 2_000

_FOR = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s+in\s+(.+)", re.DOTALL)
_BRACES = re.compile(r"\{([^{}]*)\}")


def from_tables(tables: Mapping[str, Any], name: str) -> ContractAssignment:
    """Return the assignment that a file's tables describe; BadAssignment names the file, the key and what to write."""
    try:
        _check_keys(tables)
        return _read_with_conventions(ContractTable.model_validate(tables))
    except ValidationError as error:
        message = f"{name}: {explain_faults(error, {**WANTED, **_advise(tables)})}"
        raise BadAssignment(message) from error
    except ContractFault as fault:
        message = f"{name}: {str(fault)[:_MOST_FAULT]}"
        raise BadAssignment(message) from fault


def _check_keys(tables: Mapping[str, Any]) -> None:
    """Refuse tables whose keys are too many or too long, before anything else looks at them."""
    for name, table in tables.items():
        if not isinstance(table, dict):
            continue
        if len(table) > _MOST_KEYS:
            raise ContractFault(f"{name[:60]} has {len(table)} keys; at most {_MOST_KEYS} are taken")
        longest = max(map(len, table), default=0)
        if longest > _LONGEST_KEY:
            raise ContractFault(f"{name[:60]} has a key of {longest} characters; at most {_LONGEST_KEY} are taken")


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


def _read_with_conventions(table: ContractTable) -> ContractAssignment:
    """Return the assignment as the convention that counts has it, with the others beside it."""
    tables = read_conventions(table, _advise)
    if not tables:
        return _read(table)
    check_slips(table.slips, [convention.name for convention in tables])
    assignments = [_read_convention(table, convention) for convention in tables]
    main = assignments[0]
    others = zip(tables[1:], assignments[1:], strict=True)
    return replace(
        main,
        counting=_read_title(tables[0]),
        conventions=tuple(_make_convention(convention, assignment, main) for convention, assignment in others),
    )


def _read_convention(table: ContractTable, convention: ConventionTable) -> ContractAssignment:
    try:
        return _read(apply_convention(table, convention))
    except ContractFault as fault:
        raise ContractFault(f"conventions.{convention.name}: {fault}") from fault


def _make_convention(
    convention: ConventionTable, assignment: ContractAssignment, main: ContractAssignment
) -> Convention:
    name, costs = convention.name, convention.costs
    if {*assignment.entries} != {*main.entries}:
        raise ContractFault(
            f"conventions.{name} calls other functions than the convention that counts, which calls"
            f" {', '.join(main.entries)}: call these"
        )
    kinds = [[row.name for row in main.rows], [row for row in main.rubric if row not in COMMON]]
    if costs and not any({*costs} <= {*rows} for rows in kinds):
        there = ", or all ".join(f"among {', '.join(rows)}" for rows in kinds if rows)
        raise ContractFault(f"conventions.{name}.costs is {show_value(costs)}: write rows, all {there}")
    return Convention(
        name,
        _read_title(convention),
        *(assignment.entries, assignment.call, assignment.given, assignment.upstream, assignment.results),
        *(assignment.reference, assignment.solution, assignment.other_solutions, assignment.epsilons),
        None if costs is None else tuple(costs),
    )


def _read_title(convention: ConventionTable) -> str:
    return convention.title.strip().rstrip(".")


def _read(table: ContractTable) -> ContractAssignment:
    for name in table.files:
        if not folder.FILES.fullmatch(name):
            raise ContractFault(f"files has {show_value(name)}: write the name of a .py file, or of one in mistakes/")
    dims, taught = _read_all_dims(table)
    known = {dim.name for dim in dims}
    inputs = tuple(read_inputs(table, known))
    results = tuple(_read_results(table, known))
    _check_names(table, known)
    rows = [*dict.fromkeys(result.row for result in results), *COMMON]
    for row in table.rubric:
        if row not in rows:
            raise ContractFault(f"rubric.{row} is no row: write one of {', '.join(rows)}")
    every = [*rows, *table.rows]
    try:
        feedback = check_feedback(table.feedback, every, advise_feedback(every))
        repair_rows = read_rows(table, _rubric(table, results), partial(read_file, table))
        check_home(table.home, taught.dims if taught and taught.decides else dims)
    except ValueError as error:
        raise ContractFault(str(error)) from error
    helpers, helping = read_helpers(table)
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
        reference=read_file(table, "forward.file", table.forward.file),
        solution=read_file(table, "solution.file", table.solution.file),
        mistakes=tuple(_read_mistakes(table)),
        other_solutions=tuple(
            Solution(name, read_file(table, "solution.others", name)) for name in table.solution.others
        ),
        assume=tuple(table.assume),
        forward_dims=tuple(table.forward.dims),
        upstream=dict(table.upstream),
        given=tuple(table.call.given),
        provides=tuple(table.submission.provides),
        helpers=helpers,
        modules=tuple(read_modules(table)),
        package=read_package(table),
        stand_ins=tuple(check_modules("submission.stand_ins", table.submission.stand_ins, table, "matplotlib")),
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
        drawing=table.drawing,
        taught=taught,
        epsilons={name: entry.epsilon for name, entry in table.results.items() if entry.epsilon},
    )


def _read_all_dims(table: ContractTable) -> tuple[tuple[Dim, ...], Taught | None]:
    """Return the dims of the cases that decide, and what the handout tries, if the author says so."""
    dims, taught = tuple(read_dims(table.dims, table.assume)), table.taught
    if taught is None:
        if table.as_taught:
            raise ContractFault("as_taught needs what the handout tries: write the table [taught]")
        return dims, None
    if unknown := taught.dims.keys() - table.dims.keys():
        raise ContractFault(f"taught.dims has {min(unknown)}, which is no dim: write one of {', '.join(table.dims)}")
    tried = tuple(read_dims({**table.dims, **taught.dims}, table.assume))
    title = taught.title.strip().rstrip(".")
    return (tried, Taught(title, dims, decides=True)) if table.as_taught else (dims, Taught(title, tried))


def _read_check(
    table: ContractTable, bound: set[str], helping: frozenset[str], entries: tuple[str, ...]
) -> ContractCheck | None:
    """Return the notebook's own check, whose lines call functions of the students' that are not graded."""
    check = table.check
    if check is None:
        return None
    if not table.home:
        raise ContractFault("check tries the notebook's own shape: write the table [home]")
    known = {*table.inputs, *table.call.given}
    try:
        functions = read_entries(check.code, bound | (helping - _list_solved(table)))
    except SyntaxError as error:
        raise ContractFault(f"check.code is not valid Python (line {error.lineno}: {error.msg})") from error
    if unset := check.results.keys() - bound_names(check.code):
        raise ContractFault(f"check.results has {min(unset)}, which check.code does not set")
    for target in check.results.values():
        if target.split("[")[0] not in known:
            raise ContractFault(f"check.results has {target}, which is neither an input nor a given output")
    if not functions:
        raise ContractFault("check.code calls none of the students' functions: write the lines that call them")
    if graded := {*functions} & {*entries}:
        raise ContractFault(f"check.code calls {min(graded)}, which call.code calls: its results are graded anyway")
    if table.submission.file:
        raise ContractFault("check needs functions that are not graded, which a package lacks: leave [check] out")
    return ContractCheck(check.code.strip() + "\n", functions, check.name, check.shape, (*check.results.items(),))


def _rubric(table: ContractTable, results: tuple[ContractResult, ...]) -> dict[str, int]:
    """Return the marks of each row: 2 for a gradient and 1 for a value, unless the assignment says otherwise."""
    marks: dict[str, int] = {}
    for result in results:
        default = 0 if result.zero else 2 if result.grad else 1
        marks.setdefault(result.row, table.rubric.get(result.row, default))
    if not any((*marks.values(), table.rubric.get(AGREEMENT, 0))):
        raise ContractFault(f"[rubric] gives no marks for any result: give some to a result or to {AGREEMENT}")
    return {**marks, **{row: table.rubric.get(row, 0) for row in COMMON if row != PARAMETERS or table.rubric.get(row)}}


def _read_entries(table: ContractTable, bound: set[str]) -> tuple[str, ...]:
    try:
        entries = read_entries(table.call.code, bound)
    except SyntaxError as error:
        raise ContractFault(f"call.code is not valid Python (line {error.lineno}: {error.msg})") from error
    if not entries:
        raise ContractFault("call.code calls none of the student's functions: write the lines that call them")
    return entries


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
        raise ContractFault(f"{table.submission.helpers} defines {min(taken)}, which {whose}: rename it")


def _read_results(table: ContractTable, known: set[str]) -> Iterator[ContractResult]:
    for expression, entry in table.results.items():
        key = f"results.{expression}"
        if bool(entry.grad) == bool(entry.value):
            raise ContractFault(f'{key} must have one of grad and value: write {{ grad = "x" }} or {{ value = "out" }}')
        index, over = "", ""
        if entry.over:
            match = _FOR.fullmatch(entry.over)
            if match is None:
                raise ContractFault(f'{key}.for is {show_value(entry.over)}: write such as "k in range(K + 1)"')
            index, over = match[1], match[2]
            check_expression(f"{key}.for", over, known)
        inside = known | ({index} if index else set())
        for part in _BRACES.findall(entry.grad or entry.value):
            check_expression(key, part, inside)
        check_expression(f"{key}.scale", entry.scale, inside)
        check_python(key, expression)
        _check_target(table, key, entry)
        if entry.epsilon and entry.grad:
            raise ContractFault(f"{key}.epsilon is for a value, such as a loss: a gradient has none")
        row = entry.row or _row_name(expression)
        title = entry.title or f"`{expression}`"
        yield ContractResult(
            expression, row, title, entry.grad, entry.value, entry.scale, index, over, entry.loose, entry.zero
        )


def _check_target(table: ContractTable, key: str, entry: ResultTable) -> None:
    """Refuse a gradient by an input that has none."""
    target = entry.grad.partition("[")[0]
    if target in table.inputs and table.inputs[target].values.partition("(")[0].strip() in DISCRETE:
        raise ContractFault(
            f"{key}.grad is {show_value(entry.grad)}, whose values are {table.inputs[target].values}: they cannot be"
            " moved"
        )


def _check_names(table: ContractTable, known: set[str]) -> None:
    for key, chosen in (("forward.dims", table.forward.dims), ("submission.provides", table.submission.provides)):
        for name in chosen:
            if name not in known:
                raise ContractFault(
                    f"{key} names {show_value(name)}, which is no dim: write one of {', '.join(known) or 'none'}"
                )
    for name in table.upstream:
        check_name(f"upstream.{name}", name)
        if name in known or name in table.inputs:
            raise ContractFault(f"upstream.{name} has the name of a dim or an input: write another name")
    clash = {*table.call.given} & {*known, *table.inputs, *table.upstream}
    if clash:
        raise ContractFault(
            f"call.given names {show_value(min(clash))}, which is a dim, an input or an upstream: rename the output"
        )
    taken = bound_names(table.call.code) & {*known, *table.inputs, *table.upstream, *table.call.given}
    if taken:
        raise ContractFault(
            f"call.code assigns {show_value(min(taken))}, which is bound for it already: use another name"
        )


def _read_mistakes(table: ContractTable) -> Iterator[ContractMistake]:
    """Yield the mistakes, by their ids: a slip's place is that of a file with its text."""
    slips = [slip for slip in table.slips if not (table.as_taught and slip.get("outside"))]
    sources = {
        name: text for name, text in table.files.items() if name.startswith("mistakes/") and name.endswith(".py")
    }
    count = len(sources) + len(slips)
    if count > MOST_MISTAKES:
        raise ContractFault(f"there are {count} mistakes; at most {MOST_MISTAKES} are taken")
    mistakes = {name: _read_mistake(name, text) for name, text in sources.items()}
    solution = read_file(table, "solution.file", table.solution.file)
    try:
        for slip in read_slips(slips, table.solution.file, solution):
            name = f"mistakes/{slip.id}.py"
            if name in mistakes:
                other = name if name in sources else "another slip"
                raise ContractFault(f"slips.{slip.id} has the id of {other}: rename one of them")
            mistakes[name] = slip
    except SlipError as error:
        raise ContractFault(str(error)) from error
    for _, mistake in sorted(mistakes.items()):
        yield mistake


def _read_mistake(name: str, text: str) -> ContractMistake:
    try:
        docstring = ast.get_docstring(parse(text)) or ""
    except SyntaxError as error:
        raise ContractFault(f"{name} is not valid Python: {error}") from error
    title, _, hint = docstring.partition("\n")
    if not title.strip():
        raise ContractFault(f'{name} has no docstring: begin it with what follows "it", and a hint below')
    return ContractMistake(
        name.removeprefix("mistakes/").removesuffix(".py"), title.strip().rstrip("."), hint.strip(), text
    )


def _row_name(expression: str) -> str:
    """Return the name of a result's row: dW[k] is dW, grads['W1'] is grads_W1."""
    named = re.sub(r"\[[a-z]\w*\]$|\s*\+\s*str\(.*?\)", "", expression)
    return re.sub(r"\W+", "_", named).strip("_")[:64] or "result"
