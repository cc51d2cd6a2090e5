"""Above `grader/subjects/` nothing is about layered networks: no name is, but for those listed here with a reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = (
    *("grader/model", "grader/judge", "grader/publishing", "grader/store", "grader/reports", "grader/web"),
    *("grader/client", "grader/intake.py", "grader/dispatch.py", "grader/subjects/kinds.py"),
    *("grader/subjects/subject_kind.py", "worker", "backmark"),
)
WORDS = ("network", "layer", "weights", "bias", "preactivation")

#: The folders of what is drawn on pages and asked in jails for networks alone.
FOLDERS = ("grader/web/pages/networks", "grader/web/pages/layers.py", "worker/sandbox/inside/networks")
#: The names that stay, by their files, and why.
EXCEPTIONS = {
    # The result object is public: `backmark.result/1` has these members, and what is stored has them.
    "grader/model/verdict.py": {
        *("NETWORK", "NetworkReached", "network", "networks", "networks_sha256", "own_networks", "layer"),
        *("weights", "biases", "preactivations", "LayersDrawing"),
    },
    "grader/model/records.py": {"networks", "networks_sha256"},
    "grader/model/cases.py": {"layer", "weights", "biases", "preactivations", "LayersDrawing"},
    "grader/reports/terminal.py": {"networks", "own_networks"},
    "grader/reports/wording.py": {"networks"},
    "grader/store/assignments.py": {"networks_sha256"},
    "grader/web/api/assignments.py": {"networks_sha256"},
    "grader/client/records.py": {"networks_sha256"},
    "worker/service/publishing.py": {"networks_sha256"},
    # The picture of a case that is a network, and the figures of cases by kind.
    "grader/web/pages/presentation.py": {"layers"},
    "grader/web/pages/previews.py": {"grader.web.pages.networks", "networks"},
    # The jail's two ways of asking, and the work by which a template warms up: that which it will have most of.
    "worker/sandbox/inside/asked.py": {"NetworksQuestion", "networks.answer"},
    "worker/sandbox/inside/practice.py": {"networks"},
    # The header of their evidence is checked where all headers are.
    "worker/sandbox/reply.py": {"worker.sandbox.inside.networks.forms"},
    # The command line is public.
    "worker/cli/commands/grade.py": {"networks"},
    # Networks of computers.
    "grader/web/http/clients.py": {"IPv4Network", "IPv6Network", "ip_network", "network"},
    "grader/web/pages/submit_form.py": {"proxy_networks"},
    # Assignments that ship with their cases drawn are layered networks.
    "grader/web/pages/staff_publications.py": {"networks"},
    "worker/service/posts.py": {"network_backend"},
}
#: A module of arrays, of which the judge needs no more than their type.
EVERYWHERE = {"grader.oracle.network"}


def test_only_what_is_listed_with_a_reason_names_networks() -> None:
    names_by_file = {str(file.relative_to(ROOT)): names for file in files() if (names := names_in(file))}
    assert names_by_file == EXCEPTIONS


def files() -> Iterator[Path]:
    for room in ROOMS:
        room_path = ROOT / room
        for file in [room_path] if room_path.suffix else sorted(room_path.rglob("*.py")):
            if not str(file.relative_to(ROOT)).startswith(FOLDERS):
                yield file


def names_in(file: Path) -> set[str]:
    """Return the names in a file that are of networks: of definitions, variables, members, arguments and imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names |= {
            name
            for part in ("name", "id", "attr", "arg", "module")
            if isinstance(name := getattr(node, part, None), str) and any(word in name.lower() for word in WORDS)
        }
    return names - EVERYWHERE
