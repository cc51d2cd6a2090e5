"""The package as others get it: a wheel, a source distribution, and `backmark`, the name that they import."""

import ast
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backmark
import backmark.grader.client
from tests.made import RIGHT

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "setup" / "gallery"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def files(folder: str) -> set[str]:
    """The files of a folder in this checkout, without bytecode."""
    paths = (ROOT / folder).rglob("*")
    return {str(file.relative_to(ROOT)) for file in paths if file.is_file() and "__pycache__" not in file.parts}


def gallery_files() -> set[str]:
    """The files of whole assignments."""
    return {name for part in ("gallery", "revisions", "start") for name in files(f"grader/assignments/{part}")}


def package_files() -> set[str]:
    """The files of the package, with those that a checkout keeps beside it, and without whole assignments."""
    beside = (files("grader") | files("worker")) - gallery_files()
    return files("backmark") | {f"backmark/{name}" for name in beside}


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sources of `backmark`, and the wheel of its gallery."""
    folder = tmp_path_factory.mktemp("dist")
    for project in (ROOT, GALLERY):
        command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
        command += ["-t", "wheel"] if project == GALLERY else []
        subprocess.run(command, check=True, capture_output=True, cwd=project, env={**os.environ, "PYTHONWARNINGS": ""})
    return folder


def unpack(distributions: Path, *names: str) -> Path:
    """The wheels of these names, unpacked into one folder, as they are installed."""
    folder = distributions / "-".join(names)
    for name in names:
        with zipfile.ZipFile(distributions / f"{name}-{VERSION}-py3-none-any.whl") as archive:
            archive.extractall(folder)  # noqa: S202 - of our own making
    return folder


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Path:
    """The wheel that anybody gets, unpacked."""
    return unpack(distributions, "backmark")


@pytest.fixture(scope="module")
def staff_wheels(distributions: Path) -> Path:
    """The wheels that staff get, unpacked."""
    return unpack(distributions, "backmark", "backmark_gallery")


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """The wheel's metadata; its payload is the long description."""
    return Parser().parsestr((wheel / f"backmark-{VERSION}.dist-info" / "METADATA").read_text(encoding="utf-8"))


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    names = {str(file.relative_to(wheel)) for file in wheel.rglob("*") if file.is_file()}
    info = f"backmark-{VERSION}.dist-info"
    assert {name for name in names if not name.startswith(info)} == package_files()
    assert "backmark/py.typed" in names


def test_the_gallery_is_the_assignments_and_nothing_else(distributions: Path) -> None:
    info = f"backmark_gallery-{VERSION}.dist-info"
    with zipfile.ZipFile(distributions / f"backmark_gallery-{VERSION}-py3-none-any.whl") as archive:
        names = set(archive.namelist())
    assert {name for name in names if not name.startswith(info)} == {f"backmark/{name}" for name in gallery_files()}


def test_the_gallery_is_for_the_version_beside_it() -> None:
    project = tomllib.loads((GALLERY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert project["version"] == VERSION
    assert project["dependencies"] == [f"backmark=={VERSION}"]
    assert project["optional-dependencies"] == {extra: [f"backmark[{extra}]"] for extra in extras}


def test_without_the_gallery_one_is_told_to_install_it(wheel: Path) -> None:
    process = run(wheel, "-m", "backmark", "grade", "--no-jail", str(ROOT / "examples" / "right.ipynb"))
    assert process.returncode == 2
    assert "install backmark-gallery" in process.stderr


def test_a_notebook_checks_without_what_only_services_need() -> None:
    """A student installs the package without its extras."""
    without = "import sys; sys.modules.update(dict.fromkeys(('pydantic', 'flask', 'redis', 'celery', 'rich', 'click')))"
    process = subprocess.run(
        [sys.executable, "-c", f"{without}; import backmark.worker.notebook.check"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr


def test_the_source_distribution_holds_the_packages_their_documentation_and_nothing_else(distributions: Path) -> None:
    top = f"backmark-{VERSION}"
    with tarfile.open(distributions / f"{top}.tar.gz") as archive:
        names = {member.name.removeprefix(f"{top}/") for member in archive.getmembers() if member.isfile()}
    # .gitignore is hatchling's own wish: from it the wheel that is built from this leaves out the same.
    top_files = {".gitignore", "LICENSE", "PKG-INFO", "pyproject.toml"}
    pages = {"ARCHITECTURE.md", "CHANGELOG.md", "README.md", "SECURITY.md", *files("docs")}
    assert names == top_files | pages | package_files()
    assert {Path(name).suffix for name in files("docs")} == {".md", ".png"}


def test_the_long_description_leads_nowhere_that_the_reader_does_not_have(metadata: Message) -> None:
    """No picture, and no link into a repository."""
    text = str(metadata.get_payload())
    assert "from backmark import Client" in text
    assert "](" not in text
    assert "<img" not in text


def test_the_metadata_name_author_licence_and_every_python_that_the_lock_is_for(metadata: Message) -> None:
    assert metadata["Version"] == VERSION
    assert metadata["Author"] == "The Backmark developers"
    assert metadata["License-Expression"] == "MIT"
    classifiers = metadata.get_all("Classifier", [])
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13, 14)} <= set(classifiers)
    assert "Typing :: Typed" in classifiers


@pytest.mark.parametrize("words", [("--version",), ("--help",)])
def test_the_unpacked_wheel_is_a_command_line(wheel: Path, words: tuple[str, ...]) -> None:
    process = run(wheel, "-m", "backmark", *words)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith((f"backmark, version {VERSION}", "Usage: python -m backmark"))


def test_a_students_files_of_any_name_stand_in_nobodys_way(staff_wheels: Path, tmp_path: Path) -> None:
    """All of ours is inside one package: `grader` and `worker` are names that a homework may have."""
    assert {file.name for file in staff_wheels.iterdir() if file.suffix != ".dist-info"} == {"backmark"}
    for name in ("grader", "worker", "numpy_utils"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')\n", encoding="utf-8")
    command = [sys.executable, "-m", "backmark", "grade", "--no-jail", str(ROOT / "examples" / "right.ipynb")]
    process = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(staff_wheels)},
    )
    assert process.returncode == 0, process.stderr
    assert "10 of 10 marks" in process.stdout


def test_a_checkout_without_symbolic_links_works(tmp_path: Path) -> None:
    """As Git makes it on Windows: a link is a file that says where it leads."""
    package = tmp_path / "backmark"
    package.mkdir()
    for file in (ROOT / "backmark").glob("*.py"):
        (package / file.name).write_bytes(file.read_bytes())
    for name in ("grader", "worker"):
        (package / name).write_text(f"../{name}", encoding="utf-8")
        (tmp_path / name).symlink_to(ROOT / name)
    process = run(tmp_path, "-c", "import backmark.worker.cli.main as main; print(main.__file__)")
    assert process.stdout == f"{tmp_path / 'worker' / 'cli' / 'main.py'}\n", process.stderr


def test_importing_backmark_imports_neither_numpy_nor_an_http_client(wheel: Path) -> None:
    code = "import backmark, sys; print(sorted({'numpy', 'httpx', 'click', 'subprocess'} & set(sys.modules)))"
    assert run(wheel, "-c", code).stdout == "[]\n"


def test_the_client_comes_without_numpy(wheel: Path) -> None:
    code = "from backmark import Client; import sys; print(Client.__name__, 'numpy' in sys.modules)"
    assert run(wheel, "-c", code).stdout == "Client False\n"


def test_a_check_needs_numpy_and_the_standard_library_alone(wheel: Path, tmp_path: Path) -> None:
    """In a Python that finds nothing else: the wheel's own files, and links to NumPy's."""
    site = tmp_path / "site"
    site.mkdir()
    installed = Path(np.__file__).parents[1]
    for name in ("numpy", "numpy.libs"):
        if (installed / name).exists():
            (site / name).symlink_to(installed / name)
    for entry in wheel.iterdir():
        (site / entry.name).symlink_to(entry)
    (tmp_path / "homework.py").write_text(RIGHT.replace("range(K", "range(len(all_f) - 1"), encoding="utf-8")
    code = f"""
import sys
sys.path[:0] = [{str(site)!r}, {str(tmp_path)!r}]
from backmark import check, list_kits
import homework
assert "udl-7.2" in list_kits()
result = check("udl-7.2", homework.backward_pass)
assert result.passed, result
assert "<div" in result._repr_html_()
"""
    process = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (process.stderr, process.returncode) == ("", 0)


def test_backmark_has_every_name_of_the_client() -> None:
    names = backmark.grader.client.__all__
    assert {name: getattr(backmark, name) for name in names} == {
        name: getattr(backmark.grader.client, name) for name in names
    }
    assert set(names) <= set(dir(backmark))
    namespace: dict[str, Any] = {}
    exec("from backmark import *", namespace)  # noqa: S102 - as somebody types it
    assert set(names) <= namespace.keys()


def test_type_checkers_know_every_name_of_the_client() -> None:
    """They read the imports in `backmark`; at run time the client says which names there are."""
    tree = ast.parse(Path(backmark.__file__).read_text())
    imports = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "backmark.grader.client"
    ]
    assert [name.name for node in imports for name in node.names] == ["*"]


def test_what_looks_for_a_private_name_needs_no_http_client(wheel: Path) -> None:
    code = "import sys; sys.modules['httpx'] = None; import backmark; print(hasattr(backmark, '__wrapped__'))"
    assert run(wheel, "-c", code).stdout == "False\n"


def test_a_name_that_backmark_lacks_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'backmark' has no attribute 'Server'"):
        backmark.Server  # type: ignore[attr-defined]  # noqa: B018


def test_without_its_extra_the_client_names_it(wheel: Path) -> None:
    process = run(wheel, "-c", "import sys; sys.modules['httpx'] = None; from backmark import Client")
    assert "backmark.Client needs httpx; install Backmark with its extra `client`" in process.stderr


def run(wheel: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python with the unpacked wheel in place of this checkout."""
    return subprocess.run(
        [sys.executable, "-P", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=wheel,
        env={**os.environ, "PYTHONPATH": str(wheel)},
    )
