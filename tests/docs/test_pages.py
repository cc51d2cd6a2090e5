"""Documentation under test: what it shows is what comes, and every setting and reason is in it."""

import ast
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from backmark.grader.contracts.gallery import list_gallery
from backmark.grader.contracts.language.toml_tables import LimitsTable
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from reference_pages.__main__ import PAGES
from tests.corpus.examples import OUTCOMES
from tests.pages.pictures import FOLDER, PICTURES, list_stale
from tests.worker.test_cli import EXAMPLES, backmark

ROOT = Path(__file__).parents[2]
#: The courses and books whose assignments ship, as README.md names them.
COURSES = (
    "Understanding Deep Learning",
    "CS231n",
    "CS224n",
    "deeplearning.ai on Coursera",
    "Machine Learning",
    "11-785",
    "MIT 6.036",
    "Neural Networks and Deep Learning",
)


def page(name: str) -> str:
    """A page's text."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.usefixtures("jail")
def test_the_docs_show_the_verdict_that_comes() -> None:
    """In its order and line for line, but for the width, and for what `...` leaves out."""
    step = page("docs/instructor/index.md").partition("\n## 1. ")[2].partition("\n## 2. ")[0]
    shown_text = "\n".join(re.findall(r"^ {4}(.*)", step, re.MULTILINE))
    left = " ".join(backmark("grade", EXAMPLES / "no_relu_derivative.ipynb").stdout.split())
    parts = [" ".join(part.split()) for part in re.split(r"^\.\.\.$", shown_text.strip(), flags=re.MULTILINE)]
    assert len(parts) > 3
    for part in parts:
        before, found, left = left.partition(part)
        assert found == part, f"{part!r} is not in {before!r}"


def test_the_readme_names_every_course_whose_assignments_ship() -> None:
    """And none else."""
    introduction = " ".join(page("README.md").partition("\n## ")[0].split())
    courses = [entry.course for entry in list_gallery() if not entry.course.startswith("None")]
    assert [course for course in courses if not any(name in course for name in COURSES)] == []
    assert [name for name in COURSES if name not in introduction] == []
    assert [name for name in COURSES if not any(name in course for course in courses)] == []


def test_nobody_is_told_to_install_what_no_index_has() -> None:
    """Everything works from a clone. The page of the index itself, docs/package.md, is read where the package is."""
    files = [ROOT / "README.md", ROOT / "action.yml"]
    files += [file for part in ("docs", "examples") for file in (ROOT / part).rglob("*") if file.is_file()]
    files += [
        *(file for end in ("py", "html") for file in (ROOT / "grader").rglob(f"*.{end}") if "site" not in file.parts),
        *(ROOT / "worker").rglob("*.py"),
    ]
    named = re.compile(rb"pip install (?:-\S+ )*['\"]?backmark|backmark(?:-gallery)?(?:==|@v)\d")
    told = [str(file.relative_to(ROOT)) for file in files if named.search(file.read_bytes())]
    assert told == ["docs/package.md"]


def test_every_limit_of_an_assignment_is_documented() -> None:
    text = page("docs/instructor/assignments.md")
    assert [name for name in LimitsTable.model_fields if name not in text] == []


def test_every_setting_of_feedback_is_documented() -> None:
    """By its name and its levels."""
    text = page("docs/instructor/assignments.md")
    assert [
        feedback_field.name for feedback_field in fields(Feedback) if f"`feedback.{feedback_field.name}`" not in text
    ] == []
    assert [level for level in Level if f"`{level}`" not in text] == []


def test_every_outcome_and_key_of_a_result_is_documented() -> None:
    text = page("docs/reference/result.md")
    assert [outcome for outcome in Outcome if f"`{outcome}`" not in text] == []
    assert [example_field.name for example_field in fields(CaseCounterexample) if example_field.name not in text] == []


def test_every_reason_of_a_rejection_is_documented() -> None:
    """As they stand in the code that refuses."""
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "worker/sandbox/inside").rglob("*.py"))
    reasons = set(re.findall(r'Rejected\(\s*"([a-z_]+)"', code)) | {"unfilled"}
    assert len(reasons) >= 8
    assert [reason for reason in sorted(reasons) if f"`{reason}`" not in page("docs/student/submissions.md")] == []


def test_every_example_is_in_its_table_with_its_outcome() -> None:
    """One row each."""
    rows = dict(re.findall(r"^\| `([^`]+)` \|.*\| `([a-z_]+)`", page("examples/README.md"), re.MULTILINE))
    assert rows == {name: outcome for name, (outcome, _) in OUTCOMES.items()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_made_from_the_code_is_up_to_date(name: str) -> None:
    """Else `python -m reference_pages` writes it anew."""
    assert page(f"docs/{name}") == PAGES[name]()


def test_every_page_of_the_reference_is_made_from_the_code() -> None:
    """But its first page, and that of the result object."""
    names = {f"reference/{file.name}" for file in (ROOT / "docs/reference").glob("*.md")}
    assert names - PAGES.keys() == {"reference/index.md", "reference/result.md"}


def test_no_picture_is_stale() -> None:
    """Else `make screenshots ARGS=--docs` takes them anew."""
    assert {file.stem for file in FOLDER.iterdir()} == PICTURES.keys()
    assert list_stale() == []


def test_links_between_pages_lead_somewhere() -> None:
    """Within the repository. That a place on a page exists too, tests/pages/test_docs_site.py says of the site."""
    for file in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8")):
            assert (file.parent / target).exists(), f"{file.relative_to(ROOT)}: {target}"


def test_every_path_of_the_architecture_exists() -> None:
    """The page is a map: a file that moved is moved on it too."""
    text = page("ARCHITECTURE.md")
    paths = re.findall(r"`((?:grader|worker)/[a-z_./]+)`", text)
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_lines_of_prose_have_at_most_120_characters() -> None:
    """But for tables, and for what cannot be broken: code, and a line that is one link."""
    long = []
    for file in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        # A pair of fences at a time: every second part is code.
        prose = "\n".join(re.split(r"^```.*$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[::2])
        for line in prose.splitlines():
            text = line.strip()
            is_prose = not text.startswith(("|", "!", "`", "[")) and not line.startswith("    ")
            if len(line) > 120 and is_prose:
                long.append(f"{file.name}: {line}")
    assert long == []


def test_the_runbook_explains_every_line_that_is_not_the_normal_course_of_things() -> None:
    """By its text, with `...` for what varies."""
    text = page("docs/operator/runbook.md")
    messages = [
        re.sub(r"%\+?[\d.]*[a-z]( %[a-z])*", "...", str(message))
        for room in ("grader", "worker")
        for file in (ROOT / room).rglob("*.py")
        for message in _warnings(file.read_text(encoding="utf-8"))
    ]
    assert len(messages) > 20
    assert [message for message in messages if f"`{message}`" not in text] == []


def _warnings(source: str) -> list[object]:
    """The texts of a module's warnings and errors."""
    return [
        call.args[0].value
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in {"_log.warning", "_log.error", "_log.exception"}
        and isinstance(call.args[0], ast.Constant)
    ]


def test_the_gallery_says_what_is_handed_in_and_how_many_real_files_pass() -> None:
    text = page("docs/instructor/gallery.md")
    assert "| ID | what students write | course and edition | handed in | convention | real files |" in text
    rows = re.findall(r"^\| `([^`]+)` \|(?:[^|]*\|){2} ([^|]+) \|", text, re.MULTILINE)
    assert {entry.id for entry in list_gallery()} <= dict(rows).keys()
    assert "`svm_loss`" in dict(rows)["cs231n-svm-loss"]


def test_the_counts_of_real_files_are_of_entries_and_fit_each_other() -> None:
    measured = tomllib.loads((ROOT / "reference_pages" / "real_files.toml").read_text(encoding="utf-8"))
    assert measured.keys() <= {entry.id for entry in list_gallery()}
    for counts in measured.values():
        assert counts["passed"] <= counts["right"] <= counts["tried"]
        assert counts["passed"] <= counts.get("as_taught", counts["tried"]) <= counts["tried"]
