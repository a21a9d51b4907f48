"""Cells are recorded as they run, and drawn by their labels."""

from __future__ import annotations

import asyncio
import json
import os
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from awaited import timeline
from awaited.timeline import notebook


class Kernel:
    """Cells that run on a loop, as ipykernel runs them; and what they displayed."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def run(self, *cells: str) -> list[Any]:
        async def run_all() -> list[Any]:
            return [await self.run_one(cell) for cell in cells]

        return asyncio.run(run_all())

    async def run_one(self, cell: str) -> Any:
        shell = self.shell
        result = await asyncio.ensure_future(
            shell.run_cell_async(cell, store_history=True, transformed_cell=shell.transform_cell(cell))
        )
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)
        return result


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setattr(notebook, "_notebook", None)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(history_load_length=0, colors="nocolor")
    shell.history_manager.enabled = False
    yield Kernel(shell)
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """All that has been displayed, by kind."""
    found: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, metadata, raw: found.append(data))
    return found


SETUP = "from awaited import timeline; timeline.enable(); timeline.enable()"
DEFINED = """\
#| label: fetch-data
import asyncio
async def fetch_data(delay):
    await asyncio.sleep(delay)
await fetch_data(0.01)
"""
GATHER = """\
#| label: gather
#| echo: true
async def main():
    await asyncio.gather(*(fetch_data(0.02) for _ in range(3)))
await main()
"""


def test_a_cell_is_drawn_by_its_label(kernel: Kernel, displayed: list[dict[str, str]]) -> None:
    results = kernel.run(SETUP, DEFINED, GATHER, "1 + 1", "timeline.show('gather')")
    assert all(result.success for result in results)
    (data,) = displayed
    assert 'id="timeline-gather"' in data["text/html"]
    assert data["text/html"].count('class="timeline-picture"') == 1
    assert [line.split()[0] for line in data["text/plain"].splitlines()[:4]] == ["main", *["fetch_data"] * 3]


@pytest.mark.parametrize("call", ["'main'", "'fetch_data', 'main'", "-2", "-1", ""])
def test_a_cell_is_also_found_by_what_it_ran_or_by_its_place(
    kernel: Kernel, displayed: list[dict[str, str]], call: str
) -> None:
    kernel.run(SETUP, DEFINED, GATHER, f"timeline.show({call})")
    (data,) = displayed
    name = {"-2": "fetch-data", "'fetch_data', 'main'": "fetch-data-gather"}.get(call, "gather")
    assert f'id="timeline-{name}"' in data["text/html"]


def test_labels_may_come_from_the_environment(
    kernel: Kernel, displayed: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(timeline.LABELS, json.dumps(["setup", None, "told"]))
    without = re.sub(r"^#\|.*\n", "", DEFINED, flags=re.M), re.sub(r"^#\|.*\n", "", GATHER, flags=re.M)
    kernel.run(SETUP, *without, "timeline.show('told')", "timeline.show('told')")
    assert 'id="timeline-told"' in displayed[0]["text/html"]
    assert 'id="timeline-told-2"' in displayed[1]["text/html"], "ids are unique on a page"


def test_labels_may_come_from_the_document_that_quarto_runs(
    kernel: Kernel, displayed: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wait = "await asyncio.sleep(0.01)"
    options = ["setup", None, "one", None, "two"]
    codes = [SETUP, "import asyncio", wait, wait, wait]
    blocks = [
        f"```{{python}}\n{f'#| label: {label}' if label else ''}\n{code}\n```\n"
        for label, code in zip(options, codes, strict=True)
    ]
    (tmp_path / "page.qmd").write_text("\n".join(blocks))
    monkeypatch.setenv("QUARTO_DOCUMENT_PATH", str(tmp_path))
    monkeypatch.setenv("QUARTO_DOCUMENT_FILE", "page.qmd")
    kernel.run(*codes, *codes[2:], "timeline.show('two')")
    (data,) = displayed
    assert 'id="timeline-two"' in data["text/html"]
    assert notebook._notebook is not None
    found = [names[0] for _, names in notebook._notebook.cells if "asyncio.sleep" in names]
    assert found == ["one", "asyncio.sleep", "two"] * 2, "the second time as in Quarto's preview"


def test_a_document_that_cannot_be_read_gives_no_labels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QUARTO_DOCUMENT_PATH", str(tmp_path))
    monkeypatch.setenv("QUARTO_DOCUMENT_FILE", "page.qmd")
    assert notebook._labels_in_document("1") == []
    (tmp_path / "page.qmd").write_text("```{python}\n1")
    assert notebook._labels_in_document("1") == []


def test_a_name_that_is_not_there(kernel: Kernel) -> None:
    *_, result = kernel.run(SETUP, DEFINED, "timeline.show('other')")
    message = str(result.error_in_exec)
    assert message == "no cell 'other' has been recorded; recorded are: fetch-data, fetch_data"


def test_showing_without_enabling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "_notebook", None)
    timeline.enable()  # outside IPython this changes nothing
    with pytest.raises(LookupError, match=r"timeline\.enable\(\)"):
        timeline.show("gather")


def test_cells_that_fail_or_never_wait(kernel: Kernel) -> None:
    kernel.run(SETUP, "1 / 0", "not python!", "value = 1", "import asyncio; await asyncio.sleep(0.01); 1 / 0")
    assert notebook._notebook is not None
    outcomes = [(run.lanes[0].outcome, run.lanes[0].error) for run, _ in notebook._notebook.cells]
    failed = ("raised", "ZeroDivisionError: division by zero")
    assert [outcomes[0], outcomes[2], outcomes[3]] == [failed, ("returned", ""), failed]
    assert outcomes[1][1].startswith("SyntaxError")


def test_a_cell_may_run_another(kernel: Kernel) -> None:
    kernel.run(SETUP, DEFINED, "#| label: outer\nget_ipython().run_cell('#| label: inner\\n1 + 1')")
    assert notebook._notebook is not None
    assert [names for _, names in notebook._notebook.cells][1:] == [["inner"], ["outer", "get_ipython().run_cell"]]


def test_the_kernels_own_tasks_are_left_out(kernel: Kernel) -> None:
    async def main() -> None:
        async def chatter() -> None:
            while True:
                await asyncio.create_task(asyncio.sleep(0.001))

        chat = asyncio.create_task(chatter())
        for cell in (SETUP, DEFINED, GATHER):
            await kernel.run_one(cell)
        chat.cancel()

    asyncio.run(main())
    assert notebook._notebook is not None
    run, _ = notebook._notebook.cells[-1]
    assert [lane.label for lane in run.lanes] == ["main", "fetch_data 1", "fetch_data 2", "fetch_data 3"]
    assert [lane.outcome for lane in run.lanes] == ["returned"] * 4
    assert run.seconds == pytest.approx(0.02, abs=0.05)


def test_a_cell_sees_no_difference(kernel: Kernel, capsys: pytest.CaptureFixture[str]) -> None:
    cell = "import traceback\nasync def f():\n    1 / 0\nawait f()"
    (before,) = kernel.run(cell)
    _, after = kernel.run(SETUP, cell)
    texts = ["".join(traceback.format_exception(result.error_in_exec)) for result in (before, after)]
    assert re.sub(r"\d+", "N", texts[0]) == re.sub(r"\d+", "N", texts[1])
    assert capsys.readouterr().out.count("ZeroDivisionError") >= 2


PROGRAM = """\
#| label: program
import asyncio
import sys


async def work(number):
    await asyncio.sleep(0.1)
    print("worked", number, sys.argv[1:], flush=True)


async def main():
    await asyncio.gather(work(1), work(2))
    raise ValueError("at the end")


if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_program_is_recorded_in_its_own_process_and_prints_what_it_would(
    kernel: Kernel, displayed: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    enable = "from awaited import script; script.enable()"
    bare, recorded = [], []
    kernel.run(enable, PROGRAM)
    bare += capsys.readouterr()
    kernel.run(SETUP, PROGRAM, "timeline.show('program')")
    recorded += capsys.readouterr()
    assert [text.partition("-----")[0] for text in recorded] == [text.partition("-----")[0] for text in bare]
    assert "ValueError: at the end" in recorded[0] + recorded[1]
    assert notebook._notebook is not None
    run = notebook._notebook.find("program")
    assert [(lane.label, lane.outcome) for lane in run.lanes] == [
        ("main", "raised"), ("work 1", "returned"), ("work 2", "returned"),
    ]  # fmt: skip
    assert [(line.lane and line.lane.label, line.text) for line in run.lines] == [
        ("work 1", "worked 1 []\n"), ("work 2", "worked 2 []\n"),
    ]  # fmt: skip
    data = displayed[0]["text/html"]
    assert re.findall(r'"slept 0.1\d s, (.*?)"', data) == ["line 6"] * 2, "as a reader counts, without the options"
    assert "PYTHONPATH" not in os.environ


def test_programs_that_cannot_be_recorded_are_run_as_ever(kernel: Kernel) -> None:
    enable = "from awaited import script; script.enable()"
    leaving = "import os\nif __name__ == '__main__':\n    os._exit(0)"
    *_, result = kernel.run(enable, SETUP, leaving)
    assert result.success
    assert notebook._notebook is not None
    assert [lane.label for lane in notebook._notebook.cells[-1][0].lanes] == ["main"]


def test_waits_tell_the_label_of_the_cell_they_are_in(kernel: Kernel, displayed: list[dict[str, str]]) -> None:
    kernel.run(SETUP, DEFINED, GATHER, "timeline.show('gather')")
    (data,) = displayed
    assert '"slept 0.020 s, line 3 of fetch-data","fetch-data",3]' in data["text/html"]
    assert re.search(
        r'"waited [\d.]+ s for fetch_data 1, fetch_data 2 and fetch_data 3, line 2","",2]', data["text/html"]
    )
