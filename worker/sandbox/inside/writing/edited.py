"""Programs with edits: one that has many, of which an input says which is in force, and one with a single edit."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from backmark.worker.sandbox.inside.entry import MOST_WRITTEN_EDITS, EditKind

from .additions import (
    Addition,
    list_additions,
    list_attributes,
    list_exchanges,
    list_forgotten,
    list_operations,
    list_read,
    list_texts,
    list_values,
    vary_by_additions,
)
from .control import ControlEdits, Placement
from .edits import (
    Edit,
    PartChange,
    list_edits,
    list_edits_of_test,
    with_value,
)
from .groups import Function, StatementGroup, read_functions
from .sites import LARGEST, Sites, list_blocks

#: The functions that say whether an edit is in force, and make zeros of a value.
VARIANT, ZEROS = "backmark_variant", "backmark_zeros"
#: The kinds of edits: of whole statements, what steers the program and unpacks; of any part; those that add something.
#: Behind them those by which an author's rows are tried.
EDITED = STEERING, SMALL, LARGE, TRIAL = ("steering", "small", "large", "trial")
#: Edits of one statement.
_MOST_OF_ONE = 1_200
#: Edits of whole statements in one program, if it has few, and of one in any.
_MOST_WHOLE, _FEWEST_WHOLE = 1_000, 4
_HEADED = (ast.For, ast.AsyncFor, ast.While, ast.If)


@dataclass(frozen=True, slots=True)
class ContractCode:
    """What a program has besides its own: functions of one parameter, the code that calls it, the author's template."""

    helpers: Sequence[str] = ()
    call: str = ""
    template: str = ""


@dataclass(frozen=True, slots=True)
class ProgramEdit:
    """An edit: the number of its statement, what stands there then unless it is an addition, and the change.

    None leaves the statement as it is: something else is placed beside it.
    """

    statement: int
    node: ast.stmt | None
    change: PartChange
    addition: Addition | None = None
    placed: Placement | None = None
    #: True for an edit of the whole statement.
    is_whole: bool = False
    #: What comes with it: of a statement that is left out the others that write its target.
    others: Sequence["ProgramEdit"] = ()

    def make(self, at: ast.stmt) -> ast.stmt:
        """Return what stands in the place of its statement."""
        return self.addition.make(at) if self.addition is not None else self.node or at


def list_program_edits(
    tree: ast.Module, sites: Sites, wanted: Sequence[int], kind: str, given: ContractCode
) -> list[ProgramEdit]:
    """Return the edits of statements, of one of the kinds `EDITED`, the likeliest of each first."""
    places = _EditPlaces.of(tree, given)
    if kind == TRIAL:
        numbers = sites.number_statements()
        tried = (edit for number in wanted for edit in places.list_trial(sites.statements[number].node, numbers))
        return list(islice(tried, MOST_WRITTEN_EDITS))
    every: list[ProgramEdit] = []
    control = ControlEdits.of(tree, given.call) if kind == STEERING else None
    # The same of a statement whichever are wanted.
    quota = max(_FEWEST_WHOLE, _MOST_WHOLE // max(1, len(sites.statements)))
    for number in wanted:
        node = sites.statements[number].node
        if control is not None:
            whole = islice(control.list_edits(node), min(quota, MOST_WRITTEN_EDITS - len(every)))
            every += [ProgramEdit(number, edit.node, edit.change, placed=edit.placed, is_whole=True) for edit in whole]
        most = min(_MOST_OF_ONE, MOST_WRITTEN_EDITS - len(every))
        own: dict[str, ProgramEdit] = {}
        for made, change in places.list_edits(node, kind):
            if len(own) == most:
                break
            own.setdefault(ast.dump(made), ProgramEdit(number, made, change))
        added = islice(places.list_additions(node, kind), most - len(own))
        every += own.values()
        every += [ProgramEdit(number, None, addition.change, addition) for addition in added]
    return every


@dataclass(slots=True)
class _EditPlaces:
    """The statements of a program's functions that may be edited, by their identity: each in its group and function."""

    #: The functions of one parameter that a statement may call besides NumPy's.
    calls: list[str]
    places: dict[int, tuple[Function, StatementGroup, int]] = field(default_factory=dict)
    #: By the identity of a group its single edits.
    _single: dict[int, list[Edit]] = field(default_factory=dict)
    #: The texts with which it compares, or calls something.
    texts: list[ast.expr] = field(default_factory=list)
    #: By the identity of a method the attributes that its class writes.
    _attributes: dict[int, list[str]] = field(default_factory=dict)
    #: By the name of a function and what a line of the template writes there, the values that it reads.
    _given: dict[tuple[str, str], list[ast.expr]] = field(default_factory=dict)
    #: By the name of a function what the loops of the template run over there, or their conditions.
    _headers: dict[str, list[ast.expr]] = field(default_factory=dict)
    #: By the identity of a function its values.
    _values: dict[int, list[ast.expr]] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: ast.Module, given: ContractCode) -> "_EditPlaces":
        """Return those of a program."""
        own = (node for node in tree.body if isinstance(node, ast.FunctionDef))
        simple = (node.name for node in own if len(node.args.args) == 1 and not node.args.kwonlyargs)
        made = cls(list(dict.fromkeys([*given.helpers, *simple])), texts=list_texts(tree))
        for function in read_functions(ast.parse(given.template)).values():
            made._headers[function.name] = [group.value for group in function.headers if group.value is not None]
            for line in (node for group in function.groups for node in group.nodes):
                if isinstance(line, ast.Assign):
                    made._given[function.name, ast.unparse(line.targets[0])] = list_read(line.value)
        attributes = {node.name: list_attributes(node) for node in tree.body if isinstance(node, ast.ClassDef)}
        for function in read_functions(tree).values():
            holder, _, method = function.name.partition(".")
            made._attributes[id(function)] = attributes.get(holder, []) if method else []
            for group in function.editable:
                for place, node in enumerate(group.nodes):
                    made.places[id(group.loop or node)] = function, group, place
        return made

    def list_edits(self, node: ast.stmt, kind: str) -> Iterator[tuple[ast.stmt, PartChange]]:
        """Yield the edits of one statement that add nothing; one that is too large has none."""
        if kind == LARGE or _is_too_large(node):
            return
        if isinstance(node, ast.If):
            yield from list_edits_of_test(node.test)
        if id(node) not in self.places:
            return
        function, group, place = self.places[id(node)]
        own = group.nodes[place]
        if kind == SMALL or group.loop is not None or _is_unpacking(own):
            for edit in self._list_single(function, group):
                if edit.place == place and (kind == SMALL or _is_steering(edit)):
                    yield edit.nodes[0], edit.changes[0]
        if kind == STEERING and group.loop is not None:
            for header in self._headers.get(function.name, ()):
                yield ast.Expr(header), PartChange(EditKind.OPERAND, group.value, header)
        if kind == SMALL and group.loop is None:
            yield from list_operations(own)

    def list_additions(self, node: ast.stmt, kind: str) -> Iterator[Addition]:
        """Yield what may be added to one statement, or exchanged in it; nothing of one that is too large."""
        if id(node) not in self.places or _is_too_large(node):
            return
        function, group, place = self.places[id(node)]
        if group.loop is not None:
            return
        if kind == LARGE:
            values = [*self._list_given(group.nodes[place], function), *self._list_values(function)]
            values = list({ast.dump(value): value for value in values}.values())
            yield from list_additions(group.nodes[place], values, function.parameters, self.calls)
        elif kind == SMALL:
            yield from list_exchanges(group.nodes[place], self._list_values(function), self.texts)
            yield from list_forgotten(group.nodes[place], function)

    def list_trial(self, node: ast.stmt, numbers: Mapping[int, int]) -> Iterator[ProgramEdit]:
        """Yield the edits of all statements that write a target together, of which one is given.

        Behind them they are left out, and have zeros for what they write: a loop without its header is none.
        """
        if id(node) not in self.places:
            return
        function, group, _ = self.places[id(node)]
        own = [numbers.get(id(group.loop or each), -1) for each in group.nodes]
        if -1 in own:
            return
        for edit in list_edits(group, function):
            # It is told as the whole line that stands there then, as Python spells it.
            change = PartChange(edit.kind, None, ast.Module([group.complete(edit.nodes[0])], []))
            yield ProgramEdit(own[edit.place], edit.nodes[0], change)
        for make in (_leave_out, _write_zeros) if group.loop is None else ():
            edits = [
                ProgramEdit(number, make(each), PartChange(EditKind.MISSING, each, None))
                for number, each in zip(own, group.nodes, strict=True)
            ]
            yield replace(edits[0], others=edits[1:])

    def _list_single(self, function: Function, group: StatementGroup) -> list[Edit]:
        if id(group) not in self._single:
            self._single[id(group)] = list_edits(group, function, widely=True)
        return self._single[id(group)]

    def _list_given(self, node: ast.stmt, function: Function) -> list[ast.expr]:
        """Return the values that the template's line reads which writes the same: these are named first."""
        written = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
        return self._given.get((function.name, written), [])

    def _list_values(self, function: Function) -> list[ast.expr]:
        if id(function) not in self._values:
            self._values[id(function)] = list_values(function, self._attributes[id(function)])
        return self._values[id(function)]


def list_beginnings(tree: ast.Module, sites: Sites) -> list[int]:
    """Return for each statement the first of those that write its target together; itself if it is alone."""
    beginnings, numbers = list(range(len(sites.statements))), sites.number_statements()
    for function in read_functions(tree).values():
        for group in function.groups:
            own = [numbers[id(node)] for node in group.nodes if id(node) in numbers]
            for number in own:
                beginnings[number] = own[0]
    return beginnings


def _leave_out(_: ast.stmt) -> ast.stmt:
    return ast.Pass()


def _write_zeros(node: ast.stmt) -> ast.stmt:
    """Return a statement with zeros for what it writes."""
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and node.value is not None:
        return with_value(node, ast.Call(ast.Name(ZEROS, ast.Load()), [node.value], []))
    return ast.Pass()


def _is_too_large(node: ast.stmt) -> bool:
    parts = getattr(node, _name_header(node)) if isinstance(node, _HEADED) else node
    return sum(1 for _ in ast.walk(parts)) > LARGEST


def _is_unpacking(node: ast.stmt) -> bool:
    whole = node.targets[0] if isinstance(node, ast.Assign) else node.value if isinstance(node, ast.Return) else None
    return isinstance(whole, ast.Tuple)


def _is_steering(edit: Edit) -> bool:
    node, change = edit.nodes[0], edit.changes[0]
    return isinstance(node, ast.Expr) or (change.kind == EditKind.ORDER and isinstance(change.before, ast.Tuple))


def write_variants(tree: ast.Module, sites: Sites, edits: Sequence[ProgramEdit]) -> None:
    """Change a program so that an input says which of these edits, by their places from 1, is in force."""
    by_statement: dict[int, list[tuple[int, ProgramEdit]]] = {}
    for place, whole in enumerate(edits, 1):
        for edit in (whole, *whole.others):
            if edit.node is not None or edit.addition is not None:
                by_statement.setdefault(id(sites.statements[edit.statement].node), []).append((place, edit))
    placed: _Placements = {}
    for place, edit in enumerate(edits, 1):
        if edit.placed is not None:
            beside = placed.setdefault((id(edit.placed.anchor), edit.placed.after), [])
            beside.append(ast.If(_is_in_force(place), [edit.placed.node], []))
    for node in list(ast.walk(tree)):
        for block in list_blocks(node):
            block[:] = [
                made for each in block for made in _place(each, _vary(each, by_statement.get(id(each), [])), placed)
            ]


#: By the identity of a statement, and True for behind it, what comes to stand there.
_Placements = dict[tuple[int, bool], list[ast.stmt]]


def _place(at: ast.stmt, made: Sequence[ast.stmt], placed: _Placements) -> list[ast.stmt]:
    """Return what stands in the place of a statement, with what comes to stand before and behind it."""
    return [*placed.get((id(at), False), ()), *made, *placed.get((id(at), True), ())]


def _vary(node: ast.stmt, edits: Sequence[tuple[int, ProgramEdit]]) -> list[ast.stmt]:
    if not edits:
        return [node]
    additions = [edit.addition for _, edit in edits if edit.addition is not None]
    if additions:
        # They come behind the others.
        before = edits[: len(edits) - len(additions)]
        chosen, varied = vary_by_additions(node, edits[len(before)][0], additions)
        return [chosen, _choose(varied, before) if before else varied]
    # Most often none of them is in force, which one question tells: a statement may run thousands of times.
    any_in_force = _is_in_force(edits[0][0], edits[-1][0])
    if isinstance(node, _HEADED):
        name = _name_header(node)
        own: ast.expr = getattr(node, name)
        header = own
        for place, edit in reversed(edits):
            value = edit.make(node).value  # type: ignore[attr-defined] # a header's edit is an expression
            header = ast.IfExp(_is_in_force(place), value, header)
        setattr(node, name, ast.IfExp(any_in_force, header, own))
        return [node]
    return [ast.If(any_in_force, [_choose(node, edits)], [node])]


def _choose(node: ast.stmt, edits: Sequence[tuple[int, ProgramEdit]]) -> ast.stmt:
    """Return branches by halves of the edits, the statement itself where none of them is in force.

    A chain of a thousand branches would be nested too deeply to be read.
    """
    if len(edits) == 1:
        place, edit = edits[0]
        return ast.If(_is_in_force(place), [edit.make(node)], [node])
    half = len(edits) // 2
    first, second = _choose(node, edits[:half]), _choose(node, edits[half:])
    return ast.If(_is_in_force(edits[0][0], edits[half - 1][0]), [first], [second])


def _name_header(node: ast.stmt) -> str:
    return "iter" if isinstance(node, (ast.For, ast.AsyncFor)) else "test"


def _is_in_force(*places: int) -> ast.expr:
    return ast.Call(ast.Name(VARIANT, ast.Load()), [ast.Constant(place) for place in places], [])


def write_edit(tree: ast.Module, sites: Sites, edit: ProgramEdit) -> ast.stmt:
    """Change a program by one edit; return the statement that is changed, or comes to stand elsewhere."""
    at = sites.statements[edit.statement].node
    made = edit.make(at)
    if isinstance(at, _HEADED) and made is not at:
        setattr(at, _name_header(at), made.value)  # type: ignore[attr-defined] # as above
        made = at
    exchanged = {id(at): made}
    for other in edit.others:
        beside = sites.statements[other.statement].node
        exchanged[id(beside)] = other.make(beside)
    placed: _Placements = {}
    if edit.placed is not None:
        placed[id(edit.placed.anchor), edit.placed.after] = [ast.copy_location(edit.placed.node, at)]
    for node in list(ast.walk(tree)):
        for block in list_blocks(node):
            block[:] = [part for each in block for part in _place(each, [exchanged.get(id(each), each)], placed)]
    ast.copy_location(made, at)
    if edit.placed is not None:
        return edit.placed.node
    # What has a condition now stands in it.
    return made.body[0] if isinstance(made, ast.If) and made is not at else made
