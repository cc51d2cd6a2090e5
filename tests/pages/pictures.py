"""The pictures of the docs: what each shows, and whether that has changed since it was taken."""

import ast
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
#: Of each picture, what it was taken of: by `fingerprint`.
RECORD = Path(__file__).with_name("pictures.json")

_FRAME = (
    "grader/web/templates/base.html",
    "grader/web/templates/parts/*",
    "grader/web/static/app.css",
    "grader/web/pages/words.py",
    "grader/reports/html/markup.py",
    "grader/reports/html/text.py",
    "grader/reports/html/styles/blocks.css",
    "grader/reports/html/styles/page.css",
    "grader/reports/slips.py",
    "grader/reports/wording.py",
    "grader/assignments/gallery/udl-7.2/assignment.toml",
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: of which scene, down to which section of its page; the templates and words that it shows."""

    scene: str
    section: str
    sources: tuple[str, ...]

    def fingerprint(self) -> str:
        """Return a hash of the templates and words."""
        files = sorted({file for pattern in self.sources for file in ROOT.glob(pattern) if file.is_file()})
        parts = (f"{file.relative_to(ROOT).as_posix()}\0{_read_words(file)}\0" for file in files)
        return sha256("".join(parts).encode()).hexdigest()[:32]


PICTURES = {
    "verdict": Picture(
        "verdict-no_relu_derivative",
        "changes",
        (
            *_FRAME,
            "examples/no_relu_derivative.ipynb",
            "grader/contracts/rows/wording.py",
            "grader/reports/changes.py",
            "grader/reports/html/headings.py",
            "grader/reports/html/outcomes.py",
            "grader/reports/html/verdict.py",
            "grader/reports/html/styles/verdict.css",
            "grader/web/pages/verdict_view.py",
            "grader/web/templates/verdict.html",
            "grader/web/templates/verdict/*.html",
        ),
    ),
    "class": Picture(
        "staff-assignment",
        "attempts",
        (
            *_FRAME,
            "grader/reports/html/charts.py",
            "grader/reports/html/distribution.py",
            "grader/reports/html/styles/class.css",
            "grader/web/static/staff.css",
            "grader/web/templates/staff/assignment.html",
            "grader/web/templates/staff/frame.html",
            "grader/web/templates/staff/macros.html",
        ),
    ),
}


def list_stale() -> list[str]:
    """Return the pictures whose templates or words have changed since they were taken."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    return [name for name, picture in PICTURES.items() if recorded.get(name) != picture.fingerprint()]


def record_all() -> None:
    """Write down what the pictures were taken of: now."""
    found = {name: picture.fingerprint() for name, picture in PICTURES.items()}
    RECORD.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _read_words(file: Path) -> str:
    """Return the text of a file; of a Python file its strings alone, without docstrings."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        return text
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    strings = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return "\n".join(strings)
