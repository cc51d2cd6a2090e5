"""The functions of the notebook's own check in words: where they are wrong."""

from backmark.grader.model.verdict import Verdict
from backmark.grader.model.words import join_words
from backmark.grader.reports.changes import describe_number, locate


def describe_check(verdict: Verdict) -> str:
    """Return sentences about the student's own functions that the notebook's check uses; empty if none is wrong."""
    check = verdict.notebook_check
    if check is None:
        return ""
    own, verb = join_words([f"`{name}`" for name in check.functions]), "give" if len(check.functions) > 1 else "gives"
    wrong = f"Your own {own} {verb} a wrong value with {check.shape}"
    instead = f"{check.form}." if check.wrong is None and check.form else ""
    found = instead if check.wrong is None else describe_number(check.wrong)
    number = f": after `{check.code}`, {found}" if found else ""
    look = f" Look at {locate(check.lines)}." if check.lines else ""
    return f"{wrong}{number or '.'} So do not rely on {check.name}.{look}"
