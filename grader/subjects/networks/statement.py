"""A student's statement, read as products of the notebook's arrays.

The text comes from a process that a student's code can steer: it is parsed under a bound and never run. Each factor of
a product is a list of the notebook's, an index, and how it lies; what else is in the statement has no name.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from grader.subjects.networks.evidence import Operand, Raising

#: Characters of a statement, and nodes of its tree, at most.
_CHARACTERS, _NODES = 400, 300
#: Statements that are kept as they were read: a line that raises on many networks is read once.
_KEPT = 16
#: The lists that a backward pass is given, and those that it makes.
GIVEN = ("all_weights", "all_biases", "all_f", "all_h")
MADE = ("all_dl_dweights", "all_dl_dbiases", "all_dl_df", "all_dl_dh")
LISTS = frozenset(GIVEN + MADE)
#: Functions that return what they are given, as far as shapes go.
_SAME = frozenset({"array", "asarray", "copy", "float64", "negative", "ascontiguousarray", "astype", "nan_to_num"})
#: Functions that are an activation's derivative.
_MASKS = frozenset({"indicator_function", "heaviside", "sign", "greater"})


class ProductKind(Enum):
    """The kind of a product."""

    MATRIX = "as matrices"
    ENTRIES = "entry by entry"
    OUTER = "as an outer product"


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of a product: a list's entry if `name` is known, as the statement takes it."""

    name: str | None = None
    index: int | None = None
    #: The shape of the entry itself, before anything is done to it here.
    shape: tuple[int, ...] | None = None
    #: True if the statement transposes it.
    flipped: bool = False
    #: True if the activation's derivative is taken of it.
    masked: bool = False
    #: True if it is the whole list.
    whole: bool = False
    #: True if its index is negative and so counts from the end.
    wraps: bool = False
    #: True if its index may be the same in every turn of a loop.
    fixed: bool = False
    #: True if nothing at all is known of it.
    unknown: bool = False
    #: True if it is the product of weights and something else, or what a function of the student's returns.
    made: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """Two factors and how they are multiplied."""

    kind: ProductKind
    left: Factor
    right: Factor


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """A statement's tree, the expression in it that raised, and what is around and within that, innermost first."""

    tree: ast.AST
    #: The whole statement if it is not known which part of it raised.
    part: ast.AST
    #: Of each name and subscript how it is written.
    texts: Mapping[ast.AST, str]
    near: tuple[ast.AST, ...]
    #: Those within it, outermost first.
    inside: tuple[ast.AST, ...]
    #: Those of `near` that multiply.
    products: tuple[ast.AST, ...]
    #: The subscripts whose index may not be counted from the loop's layer.
    fixed: frozenset[ast.AST]

    @classmethod
    @lru_cache(_KEPT)
    def of(cls, text: str, part: str) -> "Parsed | None":
        """The statement, or None if it cannot be parsed."""
        tree = _parse(text)
        if tree is None:
            return None
        nodes = list(ast.walk(tree))
        try:
            texts: dict[ast.AST, str] = {node: ast.unparse(node) for node in nodes if isinstance(node, ast.expr)}
        except (RecursionError, ValueError):
            return None
        at = next((node for node in nodes if part and texts.get(node) == part), tree)
        inside = tuple(ast.walk(at))
        near = [node for node in reversed(nodes) if node in inside or any(inner is at for inner in ast.walk(node))]
        products = [node for node in near if function_name(node) == "einsum" or _read_product(node)[0] is not None]
        return cls(tree, at, texts, tuple(near), inside, tuple(products), _find_fixed(nodes))


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredStatement:
    """A statement with what its names were on one network."""

    parsed: Parsed
    operands: Mapping[str, Operand]

    @classmethod
    def on(cls, parsed: Parsed, raising: Raising) -> "MeasuredStatement":
        """The statement as it raised."""
        return cls(parsed, {operand.text: operand for operand in raising.operands})

    @property
    def raised(self) -> bool:
        """True if an expression in it raised; else it wrote what others stumbled over."""
        return self.parsed.part is not self.parsed.tree or isinstance(self.parsed.tree, ast.FunctionDef)

    @property
    def target(self) -> tuple[str, int | None] | None:
        """The list that the statement writes to, and the index; None if it writes to another."""
        tree = self.parsed.tree
        targets = tree.targets if isinstance(tree, ast.Assign) else []
        target = targets[0] if len(targets) == 1 else getattr(tree, "target", None)
        if not (isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id in LISTS):
            return None
        return target.value.id, self.number(target.slice)

    def number(self, node: ast.AST) -> int | None:
        """The whole number that an index was."""
        match node:
            case ast.Constant(value=int() as number):
                return number
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                value = self.number(inner)
                return None if value is None else -value
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operator, right=right):
                a, b = self.number(left), self.number(right)
                if a is None or b is None:
                    return None
                return a + b if isinstance(operator, ast.Add) else a - b
        operand = self.operand(node)
        return None if operand is None else operand.number

    def operand(self, node: ast.AST) -> Operand | None:
        """The factor that a name or a subscript is, as far as that is known."""
        return self.operands.get(self.parsed.texts.get(node, ""))

    def products(self) -> Iterator[Product]:
        """Every product of two factors, innermost first; only those within what raised or around it."""
        for node in self.parsed.products:
            product = self._product(node)
            if product is not None:
                yield product

    def _product(self, node: ast.AST) -> Product | None:
        if function_name(node) == "einsum":
            return self._einsum(node)
        kind, pair = _read_product(node)
        if kind is ProductKind.ENTRIES and isinstance(node, ast.BinOp | ast.AugAssign) and self._has_matrix(node):
            kind = ProductKind.MATRIX
        return None if kind is None else Product(kind, *(self.factor(operand) for operand in pair))

    def _has_matrix(self, node: ast.AST) -> bool:
        """True if something in an expression is a `np.matrix`, of which * is the matrix product."""
        operands = (self.operand(inner) for inner in ast.walk(node))
        return any(operand is not None and operand.type == "matrix" for operand in operands)

    def _einsum(self, node: ast.AST) -> Product | None:
        match node:
            case ast.Call(args=[ast.Constant(value=str() as letters), left, right]):
                return _einsum(letters, self.factor(left), self.factor(right))
        return None

    def factor(self, node: ast.AST) -> Factor:
        """The factor that an expression is; an unknown one if it cannot be determined."""
        factor = Factor(unknown=True)
        match node:
            case ast.Attribute(value=value, attr="T"):
                factor = self._flip(value)
            case ast.UnaryOp(operand=operand):
                factor = self.factor(operand)
            case ast.Compare(left=left, comparators=[ast.Constant()]):
                factor = replace(self.factor(left), masked=True)
            case ast.BinOp(left=left, op=ast.Mult() | ast.Div(), right=right) if _scalar(left) or _scalar(right):
                factor = self.factor(right if _scalar(left) else left)
            case ast.Call() if _read_product(node)[0] is None:
                factor = self._call(node)
            case ast.Name() | ast.Subscript():
                factor = self._entry(node)
        if factor.unknown and (product := self._product(node)) is not None:
            made = "all_weights" in {product.left.name, product.right.name}
            factor = Factor(unknown=not made, made=made)
        return factor

    def _flip(self, node: ast.AST) -> Factor:
        factor = self.factor(node)
        return replace(factor, flipped=not factor.flipped)

    def _call(self, node: ast.Call) -> Factor:
        name, args = function_name(node), node.args
        method = node.func if isinstance(node.func, ast.Attribute) and not name else None
        constants = len(args) == 3 and all(map(_scalar, args[1:]))
        # What a function of the student's own returns has no name.
        own = isinstance(node.func, ast.Name)
        factor = Factor(unknown=not own, made=own)
        if name == "transpose" and len(args) == 1:
            factor = self._flip(args[0])
        elif method is not None and method.attr == "transpose" and not args:
            factor = self._flip(method.value)
        elif name in _MASKS and args:
            factor = replace(self.factor(args[0]), masked=True)
        elif (name in _SAME and args) or (name == "where" and constants):
            factor = self.factor(args[0])
        elif method is not None and method.attr in _SAME:
            factor = self.factor(method.value)
        return factor

    def _entry(self, node: ast.Name | ast.Subscript) -> Factor:
        operand = self.operand(node)
        if isinstance(node, ast.Name):
            if operand is None or not operand.type:
                return Factor(unknown=True)
            name, index = operand.origin or (node.id if node.id in LISTS else None, None)
            if name in LISTS and index is None:
                return Factor(name, whole=operand.type in {"list", "tuple"})
            # A number where an array belongs: another line made it so.
            # A variable may have been set before the loop: which layer's entry it is beside the loop's is not known.
            return Factor(name, index, operand.shape, fixed=True, unknown=operand.shape is None)
        base, length = self._list(node.value)
        if base is None:
            # An entry of a list of the student's own, or of an array.
            name, index = (None, None) if operand is None or operand.origin is None else operand.origin
            shape = None if operand is None else operand.shape
            return Factor(name, index, shape, unknown=shape is None)
        index = self.number(node.slice)
        wraps = index is not None and index < 0
        if wraps and index is not None and length is not None:
            index += length
        shape = None if operand is None else operand.shape
        return Factor(base, index, shape, wraps=wraps, fixed=node in self.parsed.fixed)

    def _list(self, node: ast.AST) -> tuple[str | None, int | None]:
        """The notebook's list that a name stands for, and its length."""
        of = self.operand(node)
        length = None if of is None else of.length
        if of is not None and of.origin is not None and of.origin[1] is None:
            return of.origin[0], length
        return (node.id, length) if isinstance(node, ast.Name) and node.id in LISTS else (None, None)


def _find_fixed(nodes: Sequence[ast.AST]) -> frozenset[ast.AST]:
    """The subscripts whose index is a number, K, or a name that no other index has."""
    names = {node: _names(node.slice) for node in nodes if isinstance(node, ast.Subscript)}
    fixed = set()
    for node, mine in names.items():
        counted = frozenset().union(*(theirs for subscript, theirs in names.items() if subscript is not node))
        if not mine or "K" in mine or (counted and not mine & counted):
            fixed.add(node)
    return frozenset(fixed)


#: The functions of NumPy's that multiply two arrays.
_PRODUCTS: dict[str, ProductKind] = {
    "matmul": ProductKind.MATRIX,
    "dot": ProductKind.MATRIX,
    "multiply": ProductKind.ENTRIES,
    "outer": ProductKind.OUTER,
}


def _read_product(node: ast.AST) -> tuple[ProductKind | None, Sequence[ast.AST]]:
    """The kind of a product, and what is multiplied; None if it is no product."""
    kind: ProductKind | None = None
    pair: Sequence[ast.AST] = ()
    match node:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            kind, pair = ProductKind.MATRIX, (left, right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right) if not (_scalar(left) or _scalar(right)):
            kind, pair = ProductKind.ENTRIES, (left, right)
        case ast.AugAssign(target=left, op=ast.Mult(), value=right):
            kind, pair = ProductKind.ENTRIES, (left, right)
        case ast.Call(args=[left, right]) if function_name(node) in _PRODUCTS:
            kind, pair = _PRODUCTS[function_name(node)], (left, right)
        case ast.Call(func=ast.Attribute(value=left, attr="dot"), args=[right]) if not function_name(node):
            kind, pair = ProductKind.MATRIX, (left, right)
        case ast.Call(args=[left, right, ast.Constant()]) if function_name(node) == "where":
            kind, pair = ProductKind.ENTRIES, (left, right)
        case (
            ast.Assign(targets=[ast.Subscript(value=right, slice=ast.Compare() as left)])
            | ast.Subscript(value=right, slice=ast.Compare() as left)
        ):
            kind, pair = ProductKind.ENTRIES, (left, right)
    return kind, pair


def function_name(node: ast.AST) -> str:
    """The name of the function that is called, without NumPy's; empty for a method."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=name)):
            return name
    return ""


def _names(node: ast.AST) -> frozenset[str]:
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def _scalar(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=int() | float()):
            return True
        case ast.UnaryOp(operand=operand):
            return _scalar(operand)
    return False


def _einsum(letters: str, left: Factor, right: Factor) -> Product | None:
    """The product of two matrices that share one letter, written as one of matrices."""
    before, arrow, after = letters.replace(" ", "").partition("->")
    a, _, b = before.partition(",")
    shared = set(a) & set(b)
    if not (arrow and len(a) == len(b) == len(after) == 2 and len(shared) == 1 and set(after) == set(a) ^ set(b)):
        return None
    (letter,) = shared
    first = replace(left, flipped=left.flipped != (a[0] == letter))
    second = replace(right, flipped=right.flipped != (b[1] == letter))
    if after[0] in a:
        return Product(ProductKind.MATRIX, first, second)
    swapped = (replace(second, flipped=not second.flipped), replace(first, flipped=not first.flipped))
    return Product(ProductKind.MATRIX, *swapped)


def _parse(text: str) -> ast.AST | None:
    if len(text) > _CHARACTERS:
        return None
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if len(body) != 1 or sum(1 for _ in ast.walk(body[0])) > _NODES:
        return None
    return body[0]
