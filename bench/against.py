"""`python -m bench.against TREE [EXAMPLE ...]`: processor time of a grading here and in another checkout, in turn.

Milliseconds of host and jail together for each of many copies of an example in one call of `backmark grade`, without
what the first copy costs. Processor time, and the least of some rounds: on a busy machine it is what varies least. Both
are asked about the networks that the other checkout ships: other networks cost the student's own calls more or less.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.run import ONE_THREAD, Command, run_command
from bench.submissions import RIGHT, WRONG, extract_function, write_variants

COPIES = 20
EXAMPLES = ("right_loops.py", RIGHT, "bias_template.py", *WRONG)
#: The networks of a checkout: this one reads what earlier ones wrote, and not the other way round.
NETWORKS = "grader/assignments/gallery/udl-7.2.npz"


def main() -> None:
    """Measure each example in both trees; print a table."""
    parser = argparse.ArgumentParser(prog="bench.against", description=__doc__)
    parser.add_argument("tree", type=Path, help="another checkout, made ready by `make setup`")
    parser.add_argument("examples", nargs="*", default=EXAMPLES, help="names of files in examples/")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    trees = (Path(__file__).parents[1], options.tree.resolve())
    print(f"{'ms':34}{'here':>8}{'there':>8}{'ratio':>8}")
    for example in options.examples:
        ours, theirs = _compare(trees, example, options.rounds)
        print(f"{example:34}{ours:8.1f}{theirs:8.1f}{ours / theirs:8.2f}")


def _compare(trees: tuple[Path, Path], example: str, rounds: int) -> tuple[float, float]:
    """Return the least milliseconds in each tree."""
    networks = trees[1] / NETWORKS
    with TemporaryDirectory() as name:
        folder = Path(name, "copies")
        files = write_variants(folder, [extract_function(example)], COPIES)
        times = [[_measure(tree, networks, folder, files) for tree in trees] for _ in range(rounds)]
    ours, theirs = (min(tree_times) for tree_times in zip(*times, strict=True))
    return ours, theirs


def _measure(tree: Path, networks: Path, folder: Path, files: list[str]) -> float:
    """Return the milliseconds of a processor for one copy more, in this tree."""
    single, batch = (_grade(tree, networks, path) for path in (files[0], str(folder)))
    return 1e3 * (batch - single) / (len(files) - 1)


def _grade(tree: Path, networks: Path, path: str) -> float:
    words = [str(tree / ".venv/bin/backmark"), "grade", "--assignment", str(networks), "--json", "--jobs", "1", path]
    return run_command(Command(words, tree, ONE_THREAD, (0, 1))).cpu


if __name__ == "__main__":
    main()
