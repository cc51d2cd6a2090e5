"""The table `submission` of a contract's TOML: the files of a submission, and the modules that it may import."""

import re
import sys
from collections.abc import Iterator

from backmark.grader.contracts.language.driver import defined_names
from backmark.grader.contracts.language.tables import WANTED, ContractTable
from backmark.grader.contracts.language.toml_checks import ContractFault, read_file
from backmark.grader.contracts.language.toml_tables import show_value

#: Characters of the path of a file in a package.
_MOST_PATH = 100

_MODULE = re.compile(r"\.{0,2}[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_PATH = re.compile(r"([A-Za-z_]\w*/)*[A-Za-z_]\w*\.py")
#: Names that no folder of a submission can have.
_OURS = frozenset({"numpy", "backmark", "course"})


def read_modules(table: ContractTable) -> Iterator[str]:
    """Yield the modules of the course that a submission may import."""
    if table.submission.modules and not table.submission.helpers:
        raise ContractFault("submission.modules hold the functions of submission.helpers: name that file, too")
    yield from check_modules("submission.modules", table.submission.modules, table, "dnn_utils")


def check_modules(key: str, names: list[str], table: ContractTable, example: str) -> Iterator[str]:
    """Yield names of modules that an import may have there, and that are neither Python's nor NumPy's."""
    # A file without a folder lies in a package of ours, which has two parts.
    deepest = table.submission.file.count("/") or 2
    for name in names:
        root = name.lstrip(".").partition(".")[0]
        dots = len(name) - len(name.lstrip("."))
        if not _MODULE.fullmatch(name) or (not dots and (root == "numpy" or root in sys.stdlib_module_names)):
            raise ContractFault(f"{key} names {show_value(name)}: write a module of your course, such as {example}")
        if dots > deepest:
            raise ContractFault(f"{key} names {show_value(name)}, which leads out of {table.submission.file}'s folders")
        yield name


def read_package(table: ContractTable) -> str:
    """Return the path of the file in a package, each part of which must be a name that Python can import."""
    path = table.submission.file
    if path and not (_PATH.fullmatch(path) and len(path) <= _MOST_PATH):
        raise ContractFault(f"submission.file is {show_value(path)}: write {WANTED['submission.file']}")
    root = path.partition("/")[0].removesuffix(".py")
    if "/" in path and (root in _OURS or root in sys.stdlib_module_names):
        raise ContractFault(
            f"submission.file is {show_value(path)}, and {root} is a package of Python's: rename the folder"
        )
    return path


def read_helpers(table: ContractTable) -> tuple[str, frozenset[str]]:
    """Return the text of the helpers, and the names that it defines."""
    if not table.submission.helpers:
        return "", frozenset()
    text = read_file(table, "submission.helpers", table.submission.helpers)
    try:
        helping = defined_names(text)
    except SyntaxError as error:
        raise ContractFault(f"{table.submission.helpers} is not valid Python: {error}") from error
    if not helping:
        raise ContractFault(
            f"{table.submission.helpers} defines no function: write the functions that students are given"
        )
    return text, helping
