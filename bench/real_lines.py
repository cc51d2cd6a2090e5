"""`python -m bench.real_lines FOLDER --register FILE`: the lines and the marks of past submissions, by each way.

The register is that of `bench.real_homework`. Of each file with a teacher's marks or with wrong lines it prints, for
each way, the marks of 10, the seconds, and what is said of each line that is named; then how many marks are within 1 of
the teacher's, and how many files have a named line.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.settings import machine
from backmark.worker.cli.files import read_submission
from backmark.worker.grading.revisions import revision
from backmark.worker.grading.workshop import make_jails
from bench.real_homework import Grading, Label, RegisterRow
from bench.table import render_markdown
from bench.ways import WAYS, make_graders


def main(arguments: Sequence[str] | None = None) -> None:
    """Grade the files of a register in each way, and print them one by one, and the table."""
    options = _read_options(arguments)
    rows = [RegisterRow.read(row) for row in json.loads(options.register.read_text(encoding="utf-8"))]
    chosen = [row for row in rows if row.assignment in (options.only or [row.assignment]) and _is_known(row)]
    counts = {way: Counter[str]() for way in options.ways}
    with closing(make_jails()) as jails:
        judges = {row.assignment: Judge(revision(row.assignment, machine.from_environment().cache)) for row in chosen}
        for row in chosen:
            print(f"{row.assignment}, {row.file}: {row.teacher_of_10} of 10 by the teacher; {row.wrong_lines}")
            graders = make_graders(judges[row.assignment], jails)
            for way in options.ways:
                start = time.perf_counter()
                verdict = graders[way].grade(read_submission(options.folder / row.file), row.file)
                grading = Grading.of(row, verdict)
                counts[way]["files"] += 1
                counts[way]["named"] += bool(grading.changes)
                counts[way]["near"] += row.teacher_of_10 is not None and not grading.is_off
                seconds = time.perf_counter() - start
                lines = " / ".join(grading.changes) or f"({grading.text})"
                print(f"  {way}: {grading.summary}, {seconds:.1f} s: {lines}", flush=True)
    table = [[way, *(str(count[kind]) for kind in ("files", "named", "near"))] for way, count in counts.items()]
    print(render_markdown(["", "files", "with a named line", "marks within 1"], table))


def _is_known(row: RegisterRow) -> bool:
    return row.label is not Label.RIGHT and (row.teacher_of_10 is not None or row.wrong_lines != "")


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench.real_lines", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="the folder of the submissions")
    parser.add_argument("--register", type=Path, required=True, metavar="FILE", help="see above")
    parser.add_argument("--only", nargs="+", metavar="ASSIGNMENT", help="grade the files of these; by default of all")
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS, metavar="WAY", help="by default all")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
