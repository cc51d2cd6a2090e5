"""A line that is missing is named, and no line that reads what it would have written, under whichever names."""

import ast

import pytest

from backmark.grader.contracts.language.row_comments import strip
from backmark.grader.model.mended_statement import MendingKind
from tests.contracts.making import judge
from tests.contracts.repair.making import find_revision
from tests.contracts.repair.test_gallery_rows import ENTRIES, rename
from tests.night import by_day

SOLUTION = ast.unparse(ast.parse(strip(ENTRIES["cs231n-batchnorm"].solution)))


#: How each line begins, with its row.
LINES = [
    ("xc = x - mu", "normalisation"),
    ("var = np.mean(", "normalisation"),
    ("xhat = xc / std", "normalisation"),
    ("dxhat = dout * gamma", "normalised_gradient"),
    ("dstd = ", "variance_gradient"),
    ("dvar = ", "variance_gradient"),
    ("dmu = ", "mean_gradient"),
]


@pytest.mark.parametrize("source", [SOLUTION, rename(SOLUTION)], ids=["the template's names", "other names"])
@pytest.mark.parametrize(("text", "row"), by_day(LINES, 2))
def test_a_missing_line_is_named_and_no_line_that_reads_it(source: str, text: str, row: str) -> None:
    (at,) = [i for i, line in enumerate(SOLUTION.splitlines()) if line.strip().startswith(text)]
    lines = source.splitlines()
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    lines[at] = f"{indent}pass"
    judgement = judge(find_revision("cs231n-batchnorm"), "\n".join(lines))
    assert [(mended.kind, mended.rows) for mended in judgement.repair] == [(MendingKind.INSERT, (row,))]


def test_a_line_is_matched_by_what_reads_it_if_neither_its_value_nor_its_words_are_the_solutions() -> None:
    renamed = rename(SOLUTION)
    (at,) = [i for i, line in enumerate(SOLUTION.splitlines()) if line.strip().startswith("var = ")]
    lines = renamed.splitlines()
    target = lines[at].partition(" = ")[0]
    lines[at] = f"{target} = np.var(x, axis=0, ddof=1)"
    judgement = judge(find_revision("cs231n-batchnorm"), "\n".join(lines))
    assert [(mended.kind, [line.line for line in mended.lines]) for mended in judgement.repair] == [
        (MendingKind.REPLACE, [at + 1])
    ]
