"""What is written of a submission: a program whose values are kept or replaced, and programs with edits."""

import ast
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from backmark.worker.sandbox.inside.entry import LONGEST_SPELLED, MOST_WRITERS
from backmark.worker.sandbox.inside.reading.listing import Slice
from backmark.worker.sandbox.inside.tracebacks import clean
from backmark.worker.sandbox.inside.wire import pack

from .absent import restore_lines
from .edited import TRIAL, ContractCode, ProgramEdit, list_beginnings, list_program_edits, write_edit, write_variants
from .groups import LOOPS
from .sites import LOAD, SiteCalls, Sites, SiteStatement, count_turns, name_of
from .template import Template

#: Numbers beyond this are no operands: integers may be too large for any other number.
_HUGE = 1e300
#: The most octets of a program's text, and of all that is said of it; nodes of a submission's.
_LONGEST, _MOST_NODES = 1 << 20, 40_000
_OPERATORS = {ast.Mult: "*", ast.Add: "+", ast.Sub: "-", ast.Div: "/"}


def write_program(lines: Slice, wanted: Mapping[str, Any]) -> bytes:
    """Return the frame with a program: its text, and its sites or edits; nothing is said of what cannot be written."""
    try:
        written = _write(lines, wanted)
    except (SyntaxError, ValueError, RecursionError):
        written = {"text": "", "sites": [], "statements": [], "edits": [], "changed": []}
    payload = json.dumps(written).encode()
    if len(payload) > _LONGEST:
        payload = json.dumps({"text": "", "sites": [], "statements": [], "edits": [], "changed": []}).encode()
    return pack({"kind": "written"}, payload)


def _write(lines: Slice, wanted: Mapping[str, Any]) -> dict[str, Any]:
    if lines.modules or lines.whole is None:
        raise ValueError("a package has several files")
    tree = ast.parse(lines.code)
    if sum(1 for _ in ast.walk(tree)) > _MOST_NODES:
        raise ValueError("it is too long")
    absent = {id(node) for node in restore_lines(tree, wanted["template"])}
    sites = Sites.of(tree)
    described: dict[str, list[Any]] = {"sites": [], "statements": [], "changed": []}
    spelled: list[list[Any]] = []
    given = ContractCode(wanted["helpers"], wanted["call"], wanted["template"])
    made = [list_program_edits(tree, sites, [number], kind, given)[place] for number, kind, place in wanted["made"]]
    if "statements" in wanted:
        edits = list_program_edits(tree, sites, wanted["statements"], wanted["edits"], given)
        spelled = list(map(_spell, edits))
        for edit in made:
            write_edit(tree, sites, edit)
        if wanted["hooked"]:
            SiteCalls(sites, frozenset(wanted["statements"])).visit(tree)
        write_variants(tree, sites, edits)
        count_turns(tree, lines, all_loops=wanted["edits"] == TRIAL)
    else:
        changed = [write_edit(tree, sites, edit) for edit in made]
        edited = Sites.of(tree) if made else sites
        spots = [lines.origin(statement.node.lineno) for statement in edited.statements]
        numbers = {id(statement.node): number for number, statement in enumerate(edited.statements)}
        is_absent = [id(statement.node) in absent for statement in edited.statements]
        if made:
            # Edits may have the same part twice: as text they are apart.
            tree = ast.parse(_unparse(tree))
            sites = Sites.of(tree)
        if wanted["hooked"]:
            described = _describe_sites(lines, sites, spots, Template.of(wanted["template"]), is_own=not made)
            beginnings = list_beginnings(tree, sites)
            for each, begun, own_absent in zip(described["statements"], beginnings, is_absent, strict=True):
                each["begun"], each["absent"] = begun, own_absent
            described["changed"] = [
                _find_changed(sites, numbers.get(id(node), -1), edit) for node, edit in zip(changed, made, strict=True)
            ]
            SiteCalls(sites).visit(tree)
            count_turns(tree, lines, all_loops=False)
    return {"text": _unparse(tree), **described, "edits": spelled}


def _spell(edit: ProgramEdit) -> list[Any]:
    before, after = (
        "" if node is None else clean(_spell_part(node), LONGEST_SPELLED).replace("\n", " ")
        for node in (edit.change.before, edit.change.after)
    )
    return [edit.statement, edit.change.kind, before, after]


def _spell_part(node: ast.AST) -> str:
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        # As it is usually written, without parentheses.
        return f"return {', '.join(map(_unparse, node.value.elts))}"
    return _unparse(node)


def _unparse(node: ast.AST) -> str:
    for part in ast.walk(node):
        # What was made of parts of others stands nowhere; a statement needs a line to be spelled.
        if isinstance(part, ast.stmt) and not hasattr(part, "lineno"):
            part.lineno = 0
    return ast.unparse(node)


def _find_changed(sites: Sites, number: int, edit: ProgramEdit) -> int:
    """Return the site of what an edit has put there; that of the whole value if it has none, -1 without either.

    The value of a call that stands alone, as of `append`, is its last argument. Of a statement that comes to stand
    elsewhere, or returns, it is any site of it, if its value has none.
    """
    node, after = sites.statements[number].node, edit.change.after
    wanted = "" if after is None or edit.is_whole else _unparse(after)
    parts = [part for part in ast.walk(node) if isinstance(part, ast.expr)]
    places = [sites.number_of(part) for part in parts if wanted and _unparse(part) == wanted]
    value = getattr(node, "value", None)
    if isinstance(node, ast.Expr) and isinstance(value, ast.Call) and value.args:
        value = value.args[-1]
    root = sites.number_of(value)
    if edit.is_whole and root < 0:
        root = max(map(sites.number_of, parts), default=-1)
    return next((place for place in places if place >= 0), root)


def _describe_sites(
    lines: Slice, sites: Sites, spots: Sequence[tuple[int, int]], template: Template, *, is_own: bool
) -> dict[str, list[Any]]:
    """Return what is known of sites and statements by their text; with edits only statements have lines."""
    writers, added, filled, called = _list_writers(sites), _list_added(sites), _list_filled(sites), _list_called(sites)
    places = [lines.origin(site.node.lineno) if is_own else spots[site.statement] for site in sites.sites]
    return {
        "sites": [
            _describe(sites, number, _order_writers(sites, number, writers), spot) for number, spot in enumerate(places)
        ],
        "statements": [
            {
                "spot": list(spot),
                "root": sites.number_of(getattr(statement.node, "value", None)),
                "names": isinstance(statement.node, ast.Assign)
                and isinstance(statement.node.targets[0], (ast.Name, ast.Subscript)),
                "returns": isinstance(statement.node, ast.Return),
                "loops": isinstance(statement.node, LOOPS),
                "starts": _starts(statement, added, filled),
                "adds": isinstance(statement.node, ast.AugAssign),
                "called": statement.function.name in called,
                **template.describe(statement.node),
            }
            for statement, spot in zip(sites.statements, spots, strict=True)
        ],
    }


def _describe(sites: Sites, number: int, writers: Sequence[int], spot: tuple[int, int]) -> dict[str, Any]:
    """Return what is known of a site by its text."""
    site = sites.sites[number]
    node, statement = site.node, sites.statements[site.statement]
    described: dict[str, Any] = {
        "kind": site.kind,
        "statement": site.statement,
        "parent": site.parent,
        "spot": list(spot),
        "variable": name_of(node) != "" and site.kind == LOAD,
        "root": getattr(statement.node, "value", None) is node,
        "writers": list(writers),
        "operator": "",
        "operands": [],
    }
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        described["operator"] = _OPERATORS[type(node.op)]
        described["operands"] = [_describe_operand(sites, part) for part in (node.left, node.right)]
    return described


def _describe_operand(sites: Sites, node: ast.expr) -> list[Any]:
    """Return the site of an operand, -1 for none, and its number if it is a constant."""
    constant = node.value if isinstance(node, ast.Constant) else None
    is_number = isinstance(constant, (int, float)) and not isinstance(constant, bool) and abs(constant) < _HUGE
    return [sites.number_of(node), float(cast(float, constant)) if is_number else None]


def _list_writers(sites: Sites) -> dict[tuple[int, str], list[tuple[int, int]]]:
    """Return by variable the lines of the statements that write it, and their numbers."""
    writers: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for number, statement in enumerate(sites.statements):
        if isinstance(statement.node, (ast.Assign, ast.AugAssign)):
            for part in ast.walk(statement.node):
                if isinstance(getattr(part, "ctx", None), ast.Store) and (variable := statement.find_variable(part)):
                    writers.setdefault(variable, []).append((statement.node.lineno, number))
    return writers


def _list_added(sites: Sites) -> set[tuple[int, str]]:
    """Return the variables to which a statement adds, or to an entry of which."""
    added: list[tuple[int, str] | None] = []
    for statement in sites.statements:
        if isinstance(node := statement.node, ast.AugAssign):
            added.append(statement.find_variable(_find_whole(node.target)))
        elif isinstance(node, ast.Assign):
            variable = statement.find_variable(node.targets[0])
            if variable in map(statement.find_variable, ast.walk(node.value)):
                added.append(variable)
    return {variable for variable in added if variable is not None}


def _list_filled(sites: Sites) -> set[tuple[int, str]]:
    """Return the variables of which a statement writes entries."""
    filled = (
        statement.find_variable(_find_whole(target))
        for statement in sites.statements
        if isinstance(statement.node, ast.Assign)
        for target in statement.node.targets
        if isinstance(target, ast.Subscript)
    )
    return {variable for variable in filled if variable is not None}


def _find_whole(target: ast.expr) -> ast.expr:
    """Return what an entry is of."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return target


def _list_called(sites: Sites) -> set[str]:
    """Return the names of all that the program's functions call, without what holds them."""
    parts = (part for statement in sites.statements for part in ast.walk(statement.node))
    called = (part.func for part in parts if isinstance(part, ast.Call))
    return {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}


def _starts(statement: SiteStatement, added: Collection[tuple[int, str]], filled: Collection[tuple[int, str]]) -> bool:
    """Return True if a statement begins what others add to, or whose entries they write."""
    if not isinstance(statement.node, ast.Assign):
        return False
    if statement.find_variable(statement.node.targets[0]) in filled:
        return True
    stored = (part for target in statement.node.targets for part in ast.walk(target))
    own = {*map(statement.find_variable, stored)} & {*added}
    return not own <= {*map(statement.find_variable, ast.walk(statement.node.value))}


def _order_writers(
    sites: Sites, number: int, writers: Mapping[tuple[int, str], Sequence[tuple[int, int]]]
) -> Sequence[int]:
    """Return the statements that write the variable that a site reads: those above it first, and the last of these."""
    site = sites.sites[number]
    own = sites.statements[site.statement]
    variable = own.find_variable(site.node) if site.kind == LOAD else None
    written = [] if variable is None else writers.get(variable, [])
    ordered = sorted(written, key=lambda writer: (writer[0] < own.node.lineno, *writer), reverse=True)
    return [writer for _, writer in ordered[:MOST_WRITERS]]
