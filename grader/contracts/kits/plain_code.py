"""The code that a kit may hold: NumPy's arithmetic and plain Python, from closed lists.

A kit comes from anywhere. The lines that call, the course's helpers and a solution's statements run beside the
student's own code, so none of them may reach a file, a process or the interpreter itself.
"""

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator

from backmark.grader.contracts.language.driver import parse

#: Characters of one text.
LONGEST = 64 * 1024

_NODES = (
    *(ast.Module, ast.Expression, ast.Interactive, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
    *(ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.For, ast.While, ast.If, ast.Break, ast.Continue),
    *(ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.Return, ast.arguments, ast.arg, ast.Pass, ast.Assert, ast.Raise),
    *(ast.Delete, ast.With, ast.withitem, ast.Try, ast.ExceptHandler, ast.NamedExpr),
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Starred, ast.Constant, ast.JoinedStr, ast.FormattedValue),
    *(ast.Tuple, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.comprehension, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword),
)
_BUILTIN_NAMES = """
    abs all any bool complex dict divmod enumerate filter float frozenset int isinstance len list map max min next
    object pow property range reversed round set slice sorted staticmethod str sum super tuple zip ArithmeticError
    AssertionError Exception IndexError KeyError NotImplementedError TypeError ValueError ZeroDivisionError
"""
_BUILTINS = frozenset(_BUILTIN_NAMES.split())
#: Python's other names, such as `open`. A kit may not use them for its own objects either: wherever a kit has not bound
#: the name, it is Python's.
_OTHER_BUILTINS = frozenset(dir(builtins)) - _BUILTINS
_NUMPY_NAMES = """
    abs absolute add all allclose amax amin any append arange arccos arcsin arctan arctan2 arctanh argmax argmin
    argsort array array_equal asarray atleast_1d atleast_2d average bincount bool_ broadcast_to ceil clip concatenate
    copy copyto cos cosh count_nonzero cov cross cumprod cumsum diag diagonal diff divide dot dtype e einsum empty
    empty_like equal errstate exp exp2 expand_dims expm1 eye fabs finfo flatnonzero flip fliplr flipud float32 float64
    floor floor_divide full full_like greater greater_equal heaviside hstack identity inf inner int32 int64 invert
    isclose isfinite isinf isnan isscalar ix_ kron less less_equal linspace log log10 log1p log2 logaddexp logical_and
    logical_not logical_or logical_xor matmul max maximum mean median meshgrid min minimum mod moveaxis multiply nan
    nan_to_num nanmax nanmean nanmin nansum ndarray ndim ndindex negative newaxis nonzero not_equal ones ones_like outer
    pad pi power prod ptp put_along_axis ravel ravel_multi_index reciprocal remainder repeat reshape roll rollaxis rot90
    round s_ select shape sign sin sinh size sort split sqrt square squeeze stack std subtract sum swapaxes take
    take_along_axis tan tanh tensordot tile trace transpose tri tril tril_indices triu triu_indices true_divide unique
    unravel_index vdot vstack var where zeros zeros_like
"""
_NUMPY = frozenset(_NUMPY_NAMES.split())
#: The modules of NumPy that may be used, each with what may be used of it.
_MODULE_NAMES = {
    "linalg": "det eigh eigvalsh inv matrix_rank norm pinv qr slogdet solve svd",
    "random": """RandomState choice default_rng normal permutation rand randint randn random random_sample seed shuffle
        standard_normal uniform""",
}
_MODULES = {module: frozenset(names.split()) for module, names in _MODULE_NAMES.items()}
#: Attributes of arrays and of Python's own objects that reach further than their values.
_FAR = frozenset({"ctypes", "dump", "dumps", "tofile"})
_FAR_PREFIXES = ("__", "ag_", "co_", "cr_", "f_", "gi_", "tb_")


class NotPlainCodeError(ValueError):
    """The code has something that a kit may not hold; the message names it."""


def require_plain(name: str, code: str, known: Iterable[str] = (), *, expression: bool = False) -> None:
    """Raise NotPlainCodeError, which names the code, unless it is plain; `known` are names that it may use."""
    if len(code) > LONGEST:
        raise NotPlainCodeError(f"{name} may have {LONGEST:,} characters at most")
    try:
        tree = parse(code)
        nodes = list(ast.walk(tree))
    except (SyntaxError, RecursionError) as error:
        message = f"{name} must be Python"
        raise NotPlainCodeError(message) from error
    if expression and not (len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)):
        raise NotPlainCodeError(f"{name} must be one expression")
    names = ({*known, *_find_bound(nodes)} - _OTHER_BUILTINS) | _BUILTINS
    for refused in _find_refused(nodes, names):
        raise NotPlainCodeError(f"{name} may not use {refused}")


def _find_bound(nodes: Collection[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.ExceptHandler(name=str(name)):
                yield name


def _find_refused(nodes: Collection[ast.AST], names: Collection[str]) -> Iterator[str]:
    """Yield what may not be there, in words."""
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        match node:
            case ast.Import(names=[ast.alias(name="numpy", asname="np")]) | ast.alias(name="numpy", asname="np"):
                continue
            case ast.Attribute() if id(node) not in inner:
                yield from _find_refused_members(node)
            case ast.Name(id="np"):
                if id(node) not in inner:
                    yield "`np` by itself"
            case ast.Name(id=name) if name not in names or name.startswith("__"):
                yield f"the name `{name[:60]}`"
            case ast.arg(arg="np") | ast.FunctionDef(name="np") | ast.ClassDef(name="np"):
                yield "`np` as a name of its own"
            case _ if not isinstance(node, _NODES):
                yield f"such a statement or expression ({type(node).__name__})"


def _find_refused_members(outermost: ast.Attribute) -> Iterator[str]:
    """Yield the members of a chain such as `np.random.randn` that may not be used."""
    members: list[str] = []
    node: ast.expr = outermost
    while isinstance(node, ast.Attribute):
        members.insert(0, node.attr)
        node = node.value
    if isinstance(node, ast.Name) and node.id == "np":
        first, *members = members
        if first in _MODULES:
            second, *members = members or [""]
            if second not in _MODULES[first]:
                yield f"`np.{first}.{second}`"
        elif first not in _NUMPY:
            yield f"`np.{first}`"
    yield from (f"`.{name}`" for name in members if name in _FAR or name.startswith(_FAR_PREFIXES))
