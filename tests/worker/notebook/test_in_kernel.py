"""`check` in a real Jupyter kernel, as an editor drives it: with cell ids, interrupts, and a thread that computes."""

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from backmark.worker.notebook.kernel import write_notebook
from tests.made import RIGHT

ROOT = Path(__file__).parents[3]
GIVEN = "import numpy as np\nfrom backmark import check"
SETS_K = "K = 5"
#: Seconds to wait for a message.
PATIENCE = 120


@dataclass(slots=True)
class Outputs:
    """What a cell puts out."""

    result: dict[str, str] = field(default_factory=dict)
    printed: str = ""
    error: str = ""
    traceback: str = ""

    @property
    def text(self) -> str:
        """The plain text of its value."""
        return self.result.get("text/plain", "")


@dataclass(slots=True)
class Kernel:
    """A live kernel and a client of it."""

    manager: KernelManager
    client: BlockingKernelClient

    def send(self, code: str, cell: str = "") -> str:
        """Send a cell, with its id if the editor has one, and return the message's own."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self.client.shell_channel.send(message)
        identifier: str = message["header"]["msg_id"]
        return identifier

    def collect(self, identifier: str) -> Outputs:
        """Return what a cell put out, once it is done."""
        outputs = Outputs()
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != identifier:
                continue
            content: dict[str, Any] = message["content"]
            match message["msg_type"]:
                case "stream":
                    outputs.printed += content["text"]
                case "execute_result":
                    outputs.result = content["data"]
                case "error":
                    outputs.error, outputs.traceback = content["ename"], "\n".join(content["traceback"])
                case "status" if content["execution_state"] == "idle":
                    return outputs

    def run(self, code: str, cell: str = "") -> Outputs:
        """Run a cell."""
        return self.collect(self.send(code, cell))


@contextlib.contextmanager
def open_kernel() -> Iterator[Kernel]:
    """Yield a kernel, which ends afterwards."""
    manager, client = start_new_kernel(kernel_name="python3", env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    with open_kernel() as kernel:
        yield kernel


def test_the_first_and_the_second_attempt(kernel: Kernel) -> None:
    kernel.run(GIVEN)
    kernel.run(SETS_K)
    kernel.run(RIGHT.replace("2 * ", ""))
    wrong = kernel.run("result = check('udl-7.2')\nresult")
    assert (wrong.printed, wrong.error) == ("", "")
    assert wrong.text.startswith("this notebook (udl-7.2)  failed\n")
    assert "The smallest case:" in wrong.text
    assert wrong.result["text/html"].startswith('<div class="backmark">')
    assert kernel.run("K = result.example.inputs['K']\nlen(backward_pass(*result.example.arguments)[0])").text == "1"
    kernel.run(RIGHT)
    right = kernel.run("check('udl-7.2', backward_pass)")
    assert right.text.startswith("this notebook (udl-7.2)  passed  10 of 10 marks")
    assert right.printed == ""


def test_lines_are_named_by_the_number_in_the_cells_brackets(kernel: Kernel) -> None:
    for code in (GIVEN, "1 + 1", SETS_K, RIGHT.replace("delta = 2", "delta = unknown + 2")):
        kernel.run(code)
    assert "Line 3 of code cell 4 (begins `def backward_pass" in kernel.run("check('udl-7.2')").text


def test_a_name_that_only_memory_has_is_named(kernel: Kernel) -> None:
    """The cell that set it was changed: handed in, the notebook would not know it."""
    kernel.run(GIVEN, "a")
    kernel.run("factor = 2", "b")
    kernel.run(RIGHT.replace("2 * ", "factor * "), "c")
    assert kernel.run("check('udl-7.2')", "d").text.startswith("this notebook (udl-7.2)  passed")
    kernel.run("other = 2", "b")
    text = kernel.run("check('udl-7.2')", "d").text
    assert "`factor` is 2 in the memory of this notebook, but no cell sets it" in text
    assert text.startswith("this notebook (udl-7.2)  raises an exception")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        pytest.param(RIGHT.replace("(all_weights", "(:", 1), "is not valid Python", id="syntax"),
        pytest.param("undefined\n" + RIGHT.replace("2 * ", ""), "failed", id="raises"),
    ],
)
def test_a_cell_that_was_changed_and_fails_is_what_is_checked(kernel: Kernel, changed: str, says: str) -> None:
    """The kernel remembers the right function, and the notebook has it no longer."""
    kernel.run(GIVEN, "a")
    kernel.run(SETS_K, "b")
    kernel.run(RIGHT, "c")
    assert kernel.run("check('udl-7.2')", "d").text.startswith("this notebook (udl-7.2)  passed")
    assert kernel.run(changed, "c").error
    text = kernel.run("check('udl-7.2')", "d").text
    assert not text.startswith("this notebook (udl-7.2)  passed")
    assert says in text
    assert ("This kit holds no solution" in text) is (says == "failed")


def test_what_calls_a_right_function_of_the_notebooks_is_right(kernel: Kernel) -> None:
    """A case's `K` reaches it, and the notebook's is as it was."""
    for code in (GIVEN, "from functools import partial", SETS_K, RIGHT):
        kernel.run(code)
    wrapper = "def mine(all_weights, all_biases, all_f, all_h, y):\n"
    kernel.run(wrapper + "    return backward_pass(all_weights, all_biases, all_f, all_h, y)")
    for function in ("mine", "partial(backward_pass)", "lambda *arguments: backward_pass(*arguments)"):
        text = kernel.run(f"check('udl-7.2', {function})").text
        assert "passed  10 of 10 marks" in text, text
    assert kernel.run("K").text == "5"


def test_the_latest_definition_counts_also_if_it_is_an_import(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "ready.py").write_text("import numpy as np\n" + RIGHT.replace("range(K", "range(len(all_f) - 1"))
    kernel.run(GIVEN)
    kernel.run("def backward_pass(*arrays):\n    return None")
    assert kernel.run("bool(check('udl-7.2'))").text == "False"
    kernel.run(f"import sys; sys.path.append({str(tmp_path)!r})\nfrom ready import backward_pass")
    assert kernel.run("check('udl-7.2')").text.startswith("ready.py (udl-7.2)  passed")


def test_what_run_has_put_in_the_place_of_a_cells_function_is_checked(kernel: Kernel, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import numpy as np\n" + RIGHT.replace("range(K", "range(len(all_f) - 1"))
    kernel.run(GIVEN)
    kernel.run("def backward_pass(*arrays):\n    return None")
    kernel.run(f"%run {script}")
    assert kernel.run("check('udl-7.2')").text.startswith("this notebook (udl-7.2)  passed")


def test_a_function_under_a_magic_is_checked(kernel: Kernel) -> None:
    kernel.run(GIVEN)
    kernel.run(f"%%time\n{RIGHT}")
    assert kernel.run("check('udl-7.2')").text.startswith("this notebook (udl-7.2)  passed")


def test_magics_and_a_helper_in_another_cell_are_as_when_handed_in(kernel: Kernel) -> None:
    kernel.run(f"%matplotlib_is_not_there\n{GIVEN}")
    kernel.run(f"{GIVEN}\n%precision 3")
    kernel.run("def slope(f):\n    return f > 0")
    kernel.run(RIGHT.replace("(all_f[k - 1] > 0)", "slope(all_f[k - 1])"))
    assert kernel.run("bool(check('udl-7.2'))").text == "True"


def test_an_interrupt_ends_the_functions_process_and_the_kernel_lives(kernel: Kernel) -> None:
    kernel.run(GIVEN)
    kernel.run("import pathlib, tempfile\nfile = tempfile.NamedTemporaryFile(delete=False)")
    mark = kernel.run("file.name").text.strip("'")
    loop = RIGHT.replace(
        "    delta = 2", f"    open({mark!r}, 'w').write('here')\n    while True: pass\n    delta = 2", 1
    )
    kernel.run(loop)
    checking = kernel.send("check('udl-7.2')")
    while Path(mark).read_text() != "here":
        time.sleep(0.01)
    kernel.manager.interrupt_kernel()
    interrupted = kernel.collect(checking)
    assert interrupted.error == "KeyboardInterrupt"
    assert re.findall(r"(\w+\.py)", interrupted.traceback) == ["check.py"]
    kernel.run(RIGHT)
    assert kernel.run("bool(check('udl-7.2'))").text == "True"


def test_a_thread_that_multiplies_does_not_hang_it(kernel: Kernel) -> None:
    kernel.run(GIVEN)
    kernel.run(
        "import threading\nstop = threading.Event()\n"
        "def burn():\n    a = np.ones((800, 800))\n    while not stop.is_set(): a @ a\n"
        "threading.Thread(target=burn, daemon=True).start()"
    )
    kernel.run(RIGHT)
    assert kernel.run("[bool(check('udl-7.2')) for _ in range(5)]").text == "[True, True, True, True, True]"
    kernel.run("stop.set()")


def test_nothing_is_found_is_a_refusal_that_says_what_there_is(kernel: Kernel) -> None:
    kernel.run(GIVEN)
    kernel.run("def backwardpass(x):\n    return x")
    text = kernel.run("check('udl-7.2')").text
    assert text.startswith("this notebook (udl-7.2)  not graded")
    assert "If `backwardpass` is this function, rename it to exactly `backward_pass`" in " ".join(text.split())


def test_a_notebook_that_is_executed_as_a_whole_checks_itself() -> None:
    """As a course's CI does it: the cell that asserts fails the notebook."""
    # Here, since they take seconds to import, in each process that collects tests.
    import nbformat  # noqa: PLC0415
    from nbclient import NotebookClient  # noqa: PLC0415
    from nbclient.exceptions import CellExecutionError  # noqa: PLC0415

    cells = [GIVEN, SETS_K, RIGHT, "result = check('udl-7.2')\nassert result, result\nresult"]
    notebook = nbformat.reads(write_notebook(cells).decode(), as_version=4)  # type: ignore[no-untyped-call] # it has no types
    client = NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3")
    client.execute(env={**os.environ, "PYTHONPATH": str(ROOT)})
    (output,) = notebook.cells[-1].outputs
    assert output.data["text/plain"].startswith("this notebook (udl-7.2)  passed")
    notebook.cells[2].source = RIGHT.replace("2 * ", "")
    with pytest.raises(CellExecutionError, match="The smallest case:"):
        NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3").execute(
            env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
