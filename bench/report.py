"""`python -m bench.report [FILE]`: the tables of docs/how-we-know/performance.md, by default from the last run."""

import argparse
import json
import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numpy import __version__ as numpy_version

from backmark.grader.contracts.judging.revision import load_packaged
from bench.peers.peer import ROOT
from bench.table import Section, render_section_markdown

RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs/how-we-know/performance.md"


def save_figures(sections: Sequence[Section], service: Sequence[dict[str, Any]]) -> str:
    """Write the figures of a run into a file of its own; return its path below the root."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    file = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    figures = {
        "made": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "numpy": numpy_version,
        "revision": load_packaged("udl-7.2").id,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "sections": [section.as_dict() for section in sections],
        "service": service,
    }
    file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return str(file.relative_to(ROOT))


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(prog="bench.report", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="figures of `make bench`; by default those of its last run")
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)} instead of printing")
    options = parser.parse_args()
    file = options.file or max(RESULTS.glob("2*.json"))
    tables = _render_tables(json.loads(file.read_text(encoding="utf-8")))
    if options.write:
        write_tables(tables)
    else:
        print("\n\n".join(tables.values()))


def write_tables(tables: dict[str, str]) -> None:
    """Write tables into the page, each between the marks that name it."""
    PAGE.write_text(_fill_page(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")


def _render_tables(figures: dict[str, Any]) -> dict[str, str]:
    """Return a description of the machine, and the tables by their titles."""
    machine = "{made}, {machine}, {cores} cores, Python {python}, NumPy {numpy}.".format(**figures)
    sections = [Section.from_dict(stored) for stored in figures["sections"]]
    return {"machine": machine} | {section.title: render_section_markdown(section) for section in sections}


def _fill_page(page: str, tables: dict[str, str]) -> str:
    """Return the page with the tables between its marks: all whose titles begin with the words of a mark, if any do."""

    def fill(mark: re.Match[str]) -> str:
        matching = [table for title, table in tables.items() if title.startswith(mark[2])]
        return "\n\n".join((mark[1], *matching, "<!-- end -->")) if matching else mark[0]

    return re.sub(r"(<!-- figures: (.+?) -->).*?<!-- end -->", fill, page, flags=re.DOTALL)


if __name__ == "__main__":
    main()
