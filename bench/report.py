"""`python -m bench.report [FILE]`: the tables of docs/performance.md, from what a run (the last one) kept."""

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

from bench.peers.peer import ROOT
from bench.table import Section, markdown
from tests.networks import load_packaged

RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "performance.md"


def kept(sections: Sequence[Section], service: Sequence[dict[str, Any]]) -> str:
    """Where it was written."""
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
    """Print them, or put them where the page has its own."""
    parser = argparse.ArgumentParser(prog="bench.report", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="what `make bench` kept; else its last run")
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)} instead of printing")
    options = parser.parse_args()
    file = options.file or max(RESULTS.glob("2*.json"))
    tables = _tables(json.loads(file.read_text(encoding="utf-8")))
    if options.write:
        PAGE.write_text(_filled(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    else:
        print("\n\n".join(tables.values()))


def _tables(figures: dict[str, Any]) -> dict[str, str]:
    """By the title of each, and what they were measured on."""
    about = "{made}, {machine}, {cores} cores, Python {python}, NumPy {numpy}.".format(**figures)
    return {"machine": about} | {each["title"]: markdown(Section.from_dict(each)) for each in figures["sections"]}


def _filled(page: str, tables: dict[str, str]) -> str:
    """The page, with all tables whose titles begin with what a mark says between that mark and its end."""

    def put(mark: re.Match[str]) -> str:
        found = [table for title, table in tables.items() if title.startswith(mark[2])]
        return "\n\n".join((mark[1], *found, "<!-- end -->"))

    return re.sub(r"(<!-- figures: (.+?) -->).*?<!-- end -->", put, page, flags=re.DOTALL)


if __name__ == "__main__":
    main()
