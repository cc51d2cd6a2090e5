"""`python -m bench.report [FILE]`: the tables of docs/performance.md, from what a run (the last one) kept."""

import argparse
import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numpy import __version__ as numpy_version

from bench.peers.peer import ROOT
from bench.table import Section, markdown
from grader.revision import packaged

RESULTS = ROOT / "bench" / "results"


def kept(sections: Sequence[Section], service: dict[str, Any]) -> str:
    """Where it was written."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    file = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    figures = {
        "made": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "numpy": numpy_version,
        "revision": packaged("udl-7.2").id,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "sections": [section.as_dict() for section in sections],
        "service": service,
    }
    file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return str(file.relative_to(ROOT))


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(prog="bench.report", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="what `make bench` kept; else its last run")
    file = parser.parse_args().file or max(RESULTS.glob("2*.json"))
    figures = json.loads(file.read_text(encoding="utf-8"))
    print("{made}, {machine}, {cores} cores, Python {python}, NumPy {numpy}".format(**figures))
    for section in map(Section.from_dict, figures["sections"]):
        print(f"\n{markdown(section)}")


if __name__ == "__main__":
    main()
