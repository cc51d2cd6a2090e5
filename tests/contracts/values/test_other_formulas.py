"""A line with another formula is named, and none that reads what it writes, under whichever names."""

import ast

from backmark.grader.contracts.language.row_comments import strip
from backmark.grader.model.mended_statement import MendingKind
from tests.contracts.making import judge
from tests.contracts.values.making import find_revision
from tests.contracts.values.test_gallery_rows import ENTRIES, rename

SOLUTION = ast.unparse(ast.parse(strip(ENTRIES["cs231n-batchnorm"].solution)))


def test_a_line_of_another_formula_is_found_if_neither_its_value_nor_its_words_are_the_solutions() -> None:
    renamed = rename(SOLUTION)
    (at,) = [i for i, line in enumerate(SOLUTION.splitlines()) if line.strip().startswith("var = ")]
    lines = renamed.splitlines()
    target = lines[at].partition(" = ")[0]
    lines[at] = f"{target} = np.var(x, axis=0, ddof=1)"
    judgement = judge(find_revision("cs231n-batchnorm"), "\n".join(lines))
    assert [(mended.kind, [line.line for line in mended.lines]) for mended in judgement.repair] == [
        (MendingKind.REPLACE, [at + 1])
    ]
