"""A kernel that does not start says why, and one that starts is heard from its first answer on."""

from __future__ import annotations

import json
import queue
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from awaited.execute import kernels
from awaited.execute.articles import Outcome
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

Run = Callable[..., Outcome]
ALONE = """\
```{python}
#| label: a
import time
from pathlib import Path

Path("busy").mkdir()
time.sleep(0.1)
Path("busy").rmdir()
```
"""


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; print('one', 'two', sep=chr(10)); sys.exit('it is broken')", ".*two / it is broken"),
        ("import time; time.sleep(60)", ".*no answer within 1 s"),
        (None, "No such file or directory|.*no-such-program"),
    ],
)
def test_a_kernel_that_did_not_start(
    make_project: Callable[..., Project],
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kernels_of: Callable[[Path], list[str]],
    program: str | None,
    message: str,
) -> None:
    kernel = tmp_path / "jupyter/kernels/odd/kernel.json"
    kernel.parent.mkdir(parents=True)
    command = ["/no-such-program"] if program is None else [sys.executable, "-c", program]
    kernel.write_text(json.dumps({"argv": command, "display_name": "Odd", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setattr(kernels, "KERNEL_START_LIMIT", 1)
    project = make_project(tmp_path, {"a.qmd": "---\njupyter: odd\n---\n" + ALONE})
    with pytest.raises(AwaitedError, match=rf"^a\.qmd: its kernel did not start: ({message})"):
        run(project)
    assert kernels_of(tmp_path) == []


class Channels:
    """Stands for a kernel that publishes nothing until it has been asked a second time, and answers each question."""

    def __init__(self) -> None:
        self.asked = 0
        self.shell_channel = Channel(lambda: [("kernel_info_reply", "1"), ("kernel_info_reply", str(self.asked))])
        self.iopub_channel = Channel(lambda: [("busy", "2"), ("idle", "1"), ("idle", "2")] if self.asked == 2 else [])

    def kernel_info(self) -> str:
        self.asked += 1
        return str(self.asked)


@dataclass
class Channel:
    messages: Callable[[], list[tuple[str, str]]]
    given: int = 0

    async def get_msg(self, **_: float) -> dict[str, Any]:
        messages = self.messages()
        if self.given >= len(messages):
            raise queue.Empty
        self.given += 1
        state, question = messages[self.given - 1]
        return {"parent_header": {"msg_id": question}, "content": {"execution_state": state}}


class Manager:
    async def is_alive(self) -> bool:
        return True


async def test_a_kernel_is_asked_until_what_it_publishes_is_heard() -> None:
    channels = Channels()
    assert await kernels._first_answer(channels, Manager()) == {"execution_state": "kernel_info_reply"}
    assert channels.asked == 2
    assert channels.iopub_channel.given == 3, "the answer to the first question did not count"
