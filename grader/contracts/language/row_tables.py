"""The rows of statements as an assignment declares them: tables of the TOML, and comments in its solutions."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from backmark.grader.contracts.language.assignment import Dim, RepairRow
from backmark.grader.contracts.language.expressions import DRAWING, calls
from backmark.grader.contracts.language.row_comments import (
    ANY_SHAPE,
    RESERVED,
    RowCommentError,
    read_row_statements,
)
from backmark.grader.contracts.language.tables import WANTED, ContractTable

#: Sizes of a dim that is a list.
_MOST_SIZES = 100
#: Rows that every contract has, whose marks count whichever rubric does; a wrong submission never holds the first. The
#: last is a row only where it has marks.
AGREEMENT, PURE, PARAMETERS = "finite_differences", "pure", "parameters"
COMMON = (AGREEMENT, PURE, PARAMETERS)


def advise_rows(given: Any) -> dict[str, str]:
    """Return the advice for each key of the rows that a file names."""
    keys = [key for key in WANTED if key.startswith("rows.")]
    names = given if isinstance(given, dict) else ()
    return {f"rows.{name}.{key.removeprefix('rows.')}": WANTED[key] for name in names for key in keys}


def read_rows(
    table: ContractTable, marks: Mapping[str, int], read_file: Callable[[str, str], str]
) -> tuple[RepairRow, ...]:
    """Return the rows of statements; raises ValueError if they fit neither the solutions' comments nor the marks.

    `marks` are those of the rows of results and of the rows that every contract has.
    """
    rows = tuple(RepairRow(name, row.title, row.marks, row.read, row.hint) for name, row in table.rows.items())
    solutions = {table.solution.file: read_file("solution.file", table.solution.file)}
    solutions |= {name: read_file("solution.others", name) for name in table.solution.others}
    results = {row: most for row, most in marks.items() if row not in COMMON}
    check_rows(rows, results, solutions, home=bool(table.home))
    # A wrong submission loses the marks of this row, whichever line is wrong.
    if table.repair and not marks.get(AGREEMENT, 0):
        check_costs(rows, solutions)
    return rows


def check_rows(
    rows: tuple[RepairRow, ...], results: Mapping[str, int], solutions: Mapping[str, str], *, home: bool
) -> None:
    """Refuse rows that the comments of the solutions do not name, or whose marks differ from those of the results.

    `results` are the marks of the rows of results, `solutions` the texts by their files' names, the main one first.
    Raises ValueError with the sentence for the author.
    """
    names = [row.name for row in rows]
    for name in names:
        if name in results:
            raise ValueError(f"rows.{name} is a row of results as well: choose another name")
    if ANY_SHAPE in names and not home:
        raise ValueError(f"rows.{ANY_SHAPE} needs the dims of the notebook's own shape: write the table [home]")
    commented: dict[str, set[str]] = {}
    for file, text in solutions.items():
        commented[file] = _read_names(file, text, names)
    main, in_main = next(iter(commented.items()))
    for name in names:
        if name not in RESERVED and name not in in_main:
            raise ValueError(f"rows.{name} has no statement: write `# row: {name}` behind one in {main}")
    if rows and (total := sum(row.marks for row in rows)) != (wanted := sum(results.values())):
        raise ValueError(
            f"give [rows] and [results] the same total of marks: the rows have {total}, the results {wanted}"
        )


def check_costs(rows: tuple[RepairRow, ...], solutions: Mapping[str, str]) -> None:
    """Refuse a statement whose rows have no marks: a submission that is wrong there alone would have all marks.

    Raises ValueError with the sentence for the author.
    """
    worthless = {row.name for row in rows if not row.marks}
    for file, text in solutions.items():
        for statement in read_row_statements(text):
            if worthless.issuperset(statement.rows):
                raise ValueError(
                    f"{file}, line {statement.first}: its rows ({', '.join(statement.rows)}) have 0 marks, so that a"
                    " submission with a mistake in this line alone would have all marks: give one of them marks"
                )


def _read_names(file: str, text: str, names: list[str]) -> set[str]:
    """Return the rows that a solution's comments name, each of which must have a table."""
    try:
        statements = read_row_statements(text)
    except SyntaxError as error:
        raise ValueError(f"{file} is not valid Python (line {error.lineno}: {error.msg})") from error
    except RowCommentError as error:
        message = f"{file}, {error}"
        raise ValueError(message) from error
    for statement in statements:
        for row in statement.rows:
            if row in RESERVED:
                raise ValueError(f"{file}, line {statement.first}: no statement counts for {row}, which is reserved")
            if row not in names:
                raise ValueError(f"{file}, line {statement.first}: {row} has no table: write [rows.{row}]")
    return {row for statement in statements for row in statement.rows}


def check_home(home: Mapping[str, Any], dims: tuple[Dim, ...]) -> None:
    """Refuse dims of the notebook's own shape that are not exactly those that are drawn; raises ValueError."""
    if not home:
        return
    # An expression that draws may be given as well.
    drawn = {dim.name: dim for dim in dims if not dim.expression or calls(dim.expression, DRAWING)}
    for name in home:
        if name not in drawn:
            raise ValueError(f"home.{name} is no dim that is drawn: write one of {', '.join(drawn)}")
    for name, dim in drawn.items():
        if name not in home and not dim.expression:
            raise ValueError(f"home.{name} is missing: write its value in the notebook")
        if name in home and not _fits(home[name], dim):
            raise ValueError(f"home.{name} does not fit dims.{name}: write {_describe(dim)}")


def _fits(value: Any, dim: Dim) -> bool:
    if dim.of:
        return value in dim.of
    if dim.real is not None:
        return isinstance(value, (int, float)) and dim.real[0] <= value <= dim.real[1]
    sizes = value if dim.many or (dim.expression and isinstance(value, list)) else [value]
    return isinstance(sizes, list) and all(type(size) is int and size >= 0 for size in _bounded(sizes))


def _bounded(sizes: list[Any]) -> Iterator[Any]:
    """Yield the sizes, and one that does not fit if there are too many."""
    yield from sizes[:_MOST_SIZES]
    if len(sizes) > _MOST_SIZES:
        yield None


def _describe(dim: Dim) -> str:
    if dim.of:
        return f"one of {', '.join(map(str, dim.of))}"
    if dim.real is not None:
        return f"a number from {dim.real[0]} to {dim.real[1]}"
    if dim.expression:
        return "a whole number or a list of whole numbers"
    return "a list of whole numbers" if dim.many else "a whole number"
