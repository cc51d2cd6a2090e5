"""The single faults: for each kind, what a node of the syntax tree may be replaced by."""

import ast
from collections.abc import Callable, Iterator

Replacements = Iterator[ast.AST]

_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Mult: (ast.MatMult, ast.Add, ast.Div),
    ast.MatMult: (ast.Mult, ast.Add),
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
}
_COMPARISONS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq)
_CONSTANTS = {0: (1,), 1: (0, 2), 2: (1, 3)}
#: What a name is taken for; where the source has no such name, the mutant is not made.
_NAMES = {
    "all_h": ("all_f",),
    "all_f": ("all_h",),
    "all_weights": ("all_dl_dweights", "dws", "dw"),
    "all_dl_dweights": ("all_weights", "all_dl_dbiases"),
    "all_dl_dbiases": ("all_dl_dweights", "all_biases"),
    "all_biases": ("all_weights",),
    "all_dl_df": ("all_dl_dh", "all_dl_dbiases", "all_f"),
    "all_dl_dh": ("all_dl_df", "all_h"),
    "dws": ("dbs",),
    "dbs": ("dws",),
    "dw": ("db",),
    "db": ("dw",),
    "rows": ("cols",),
    "cols": ("rows",),
    "i": ("j",),
    "j": ("i",),
}
_FUNCTIONS = {
    "matmul": ("multiply", "add", "outer"),
    "dot": ("multiply", "outer"),
    "multiply": ("add", "matmul"),
    "outer": ("multiply", "add"),
    "zeros_like": ("ones_like",),
    "kron": ("multiply", "add"),
    "sum": ("mean", "max"),
    "sign": ("abs", "ones_like"),
    "where": ("minimum",),
}
_SUBSCRIPTS = {
    "ic,jc->ij": ("ic,jc->ji", "jc,ic->ij", "ij,jc->ic", "ic,jc->ic"),
    "ij,ic,jc->jc": ("ji,ic,jc->jc", "ij,jc,jc->jc", "ij,ic,jc->ic", "ij,ic,ic->jc"),
}


def _number(value: float) -> ast.expr:
    return ast.Constant(value)


def _shift(index: ast.expr, by: int) -> ast.expr:
    """Return index + by, written as a student would: `layer - 1` plus one is `layer`."""
    match index:
        case ast.BinOp(left, ast.Sub(), ast.Constant(int(value))):
            return _shift(left, by - value) if by != value else left
        case ast.BinOp(left, ast.Add(), ast.Constant(int(value))):
            return _shift(left, by + value) if by != -value else left
    operator = ast.Add() if by > 0 else ast.Sub()
    return ast.BinOp(index, operator, _number(abs(by)))


def _operands(node: ast.AST) -> tuple[ast.expr, ast.expr, Callable[[ast.expr, ast.expr], ast.expr]] | None:
    """Return both factors of a product and how to build it anew, or None if the node is none."""
    match node:
        case ast.BinOp(left, ast.MatMult() | ast.Mult(), right):
            return left, right, lambda a, b: ast.BinOp(a, node.op, b)
        case ast.Call(ast.Attribute(ast.Name("np")), [left, right]):
            return left, right, lambda a, b: ast.Call(node.func, [a, b], node.keywords)
    return None


def _is_transposed(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "T"


def _transpose(node: ast.expr) -> ast.expr:
    """Return the transpose, which of a transpose is the matrix itself."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def operators(node: ast.AST) -> Replacements:
    """Yield the node with another operator."""
    match node:
        case ast.BinOp(left, operator, right):
            for other_operator in _OPERATORS.get(type(operator), ()):
                yield ast.BinOp(left, other_operator(), right)
        case ast.AugAssign(target, ast.Add(), value):
            yield ast.AugAssign(target, ast.Sub(), value)
            yield ast.Assign([target], value, lineno=node.lineno)


def indices(node: ast.AST) -> Replacements:
    """Yield the layer above and below, or row and column exchanged."""
    match node:
        case ast.Subscript(value, ast.Name() | ast.BinOp() as index):
            for offset in (1, -1):
                yield ast.Subscript(value, _shift(index, offset), node.ctx)
        case ast.Subscript(value, ast.Tuple([row, column])):
            yield ast.Subscript(value, ast.Tuple([column, row], ast.Load()), node.ctx)


def transposes(node: ast.AST) -> Replacements:
    """Yield a transpose left out, added, or moved to the other factor."""
    match node:
        case ast.Attribute(value, "T") | ast.Call(ast.Attribute(_, "transpose"), [value]):
            yield value
    if product := _operands(node):
        left, right, build = product
        yield build(_transpose(left), right)
        yield build(left, _transpose(right))
        if _is_transposed(left) != _is_transposed(right):
            yield build(_transpose(left), _transpose(right))


def orders(node: ast.AST) -> Replacements:
    """Yield factors, arguments or answers in another order."""
    match node:
        case ast.BinOp(left, ast.MatMult() | ast.Sub() as operator, right):
            yield ast.BinOp(right, operator, left)
        case ast.Call(function, [first, second]):
            yield ast.Call(function, [second, first], node.keywords)
        case ast.Call(function, [first, second, third]):
            yield ast.Call(function, [first, third, second], node.keywords)
        case ast.Return(ast.Tuple([first, second])):
            yield ast.Return(ast.Tuple([second, first], ast.Load()))


def names(node: ast.AST) -> Replacements:
    """Yield names that are easily taken for this one."""
    match node:
        case ast.Name(name, ast.Load() as context):
            for other_name in _NAMES.get(name, ()):
                yield ast.Name(other_name, context)
        case ast.Attribute(ast.Name("self") as owner, "f" | "h" as name, ast.Load() as context):
            yield ast.Attribute(owner, {"f": "h", "h": "f"}[name], context)


def comparisons(node: ast.AST) -> Replacements:
    """Yield every other comparison."""
    match node:
        case ast.Compare(left, [operator], right):
            for other_comparison in _COMPARISONS:
                if not isinstance(operator, other_comparison):
                    yield ast.Compare(left, [other_comparison()], right)


def constants(node: ast.AST) -> Replacements:
    """Yield another small number, sign or switch."""
    match node:
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            for other_value in _CONSTANTS.get(int(value), ()):
                yield _number(type(value)(other_value))
        case ast.UnaryOp(ast.USub(), operand):
            yield operand


def ranges(node: ast.AST) -> Replacements:
    """Yield a loop that starts or ends one too early or too late."""
    match node:
        case ast.Call(ast.Name("range"), arguments):
            for place, bound in enumerate(arguments):
                for offset in (1, -1):
                    new_arguments = [*arguments[:place], _shift(bound, offset), *arguments[place + 1 :]]
                    yield ast.Call(node.func, new_arguments, [])


def dropped(node: ast.AST) -> Replacements:
    """Yield nothing to do in place of a statement."""
    match node:
        case ast.Assign() | ast.AugAssign() | ast.If() | ast.For() | ast.Expr():
            yield ast.Pass()


def functions(node: ast.AST) -> Replacements:
    """Yield a call of another function, or its argument alone."""
    match node:
        case ast.Call(ast.Attribute(ast.Name("np") as numpy, name), arguments):
            for other_function in _FUNCTIONS.get(name, ()):
                function = ast.Attribute(numpy, other_function, ast.Load())
                yield ast.Call(function, arguments, node.keywords)
    match node:
        case ast.Call(ast.Attribute(ast.Name("np"), "transpose")):
            pass
        case ast.Call(ast.Name() | ast.Attribute(ast.Name("np")), [only]) if not node.keywords:
            yield only
        case ast.Call(ast.Attribute(value, _), []):
            yield value
        case ast.Constant(str(value)):
            for text in _SUBSCRIPTS.get(value, ()):
                yield ast.Constant(text)


def templates(node: ast.AST) -> Replacements:
    """Yield a line left as the template has it, or with the wrong sign or factor."""
    match node:
        case ast.Assign([ast.Name() | ast.Subscript()], ast.Call() | ast.BinOp() as value):
            zeros = ast.Call(ast.Attribute(ast.Name("np"), "zeros_like"), [value], [])
            half_value = ast.BinOp(_number(0.5), ast.Mult(), value)
            for replacement in (zeros, ast.UnaryOp(ast.USub(), value), half_value):
                yield ast.Assign(node.targets, replacement, lineno=node.lineno)


def conditions(node: ast.AST) -> Replacements:
    """Yield a condition that is turned round, or always holds."""
    match node:
        case ast.If(test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
            yield ast.If(ast.Constant(value=True), body, orelse)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
            yield body


#: Each kind of single fault by its name.
KINDS: dict[str, Callable[[ast.AST], Replacements]] = {
    function.__name__: function
    for function in (
        operators,
        indices,
        transposes,
        orders,
        names,
        comparisons,
        constants,
        ranges,
        dropped,
        functions,
        templates,
        conditions,
    )
}
