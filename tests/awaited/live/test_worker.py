"""What runs in the browser's worker, tried in this Python: the loop, the output, errors, and the run of a snippet."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
import time
from pathlib import Path
from selectors import EVENT_READ

import pytest

from awaited.live.worker import absent, errors
from awaited.live.worker.loop import ClockSelector, DeadlockError, install
from awaited.live.worker.output import AT_ONCE, LIMIT, Output, OutputCutError
from awaited.live.worker.runner import Done, Request, Runner

Sent = list[tuple[str, str, float]]


class Clock:
    """A clock that goes only when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


# --- The loop ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def slept(as_before: None) -> list[float]:
    """The browser's loop, whose sleeps are real; how long each was."""
    slept: list[float] = []
    really = time.sleep

    def block(seconds: float) -> None:
        slept.append(seconds)
        really(seconds)

    install(block)
    return slept


def test_the_loop_waits_for_its_timers(slept: list[float]) -> None:
    async def main() -> str:
        return await asyncio.sleep(0.02, "woken")

    assert asyncio.run(main()) == "woken"
    assert 0.01 < sum(slept) < 1


def test_the_loop_looks_like_the_one_it_stands_for(slept: list[float]) -> None:
    with asyncio.Runner() as runner:
        assert repr(runner.get_loop()).startswith("<_UnixSelectorEventLoop running=False closed=False")


def test_waiting_for_nothing_is_a_deadlock_that_no_task_catches(slept: list[float]) -> None:
    seen: list[str] = []

    async def main() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    with pytest.raises(DeadlockError, match="every task waits"):
        asyncio.run(main())
    assert seen == ["cancelled"]


def test_time_sleep_blocks(slept: list[float]) -> None:
    time.sleep(0.01)
    assert slept
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_nothing_can_be_watched() -> None:
    selector = ClockSelector(lambda seconds: None)
    with pytest.raises(OSError, match="nothing can be watched"):
        selector.register(0, EVENT_READ)
    with pytest.raises(KeyError):
        selector.unregister(0)
    assert selector.get_map() == {}


# --- The output -------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sent() -> Sent:
    return []


@pytest.fixture
def output(clock: Clock, sent: Sent) -> Output:
    return Output(lambda *told: sent.append(told), clock)


def test_a_line_is_sent_at_once_and_whole(output: Output, sent: Sent, clock: Clock) -> None:
    clock.now = 1.5
    with output.taking_all():
        print("one", end=" ")
        assert not sent
        print("line")
        assert sent == [("stdout", "one line\n", 1.5)]


def test_many_lines_are_sent_together(output: Output, sent: Sent, clock: Clock) -> None:
    with output.taking_all():
        for number in range(AT_ONCE + 100):
            print(number)
        assert len(sent) == AT_ONCE
        clock.now += 0.05
        print("later")
    assert len(sent) == AT_ONCE + 1
    assert sent[-1][1].startswith(f"{AT_ONCE}\n")
    assert sent[-1][1].endswith("later\n")


def test_streams_keep_their_order(output: Output, sent: Sent) -> None:
    with output.taking_all():
        print("a", end="")
        print("b", end="", file=sys.stderr)
        print("c", end="")
    assert [told[:2] for told in sent] == [("stdout", "a"), ("stderr", "b"), ("stdout", "c")]


def test_what_waits_is_sent_before_a_long_sleep(output: Output, sent: Sent) -> None:
    output.put("stdout", "half")
    output.before_sleep(0.001)
    assert len(sent) == 1  # there is leave to send
    output._allowed = 0
    output.put("stdout", "more")
    output.before_sleep(0.001)
    assert len(sent) == 1
    output.before_sleep(1)
    assert len(sent) == 2


def test_output_ends_at_its_limit(output: Output, sent: Sent) -> None:
    text = "\N{EURO SIGN}" * (LIMIT // 3)
    with output.taking_all():
        print(text)
        with pytest.raises(OutputCutError):
            print("beyond")
    assert "".join(told[1] for told in sent) == f"{text}\nb"
    with pytest.raises(OutputCutError):
        output.put("stdout", "more")


def test_a_stream_is_one_of_text(output: Output, sent: Sent) -> None:
    with output.taking_all():
        assert (sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.writable()) == ("utf-8", False, True)
        sys.stdout.buffer.write("\N{EURO SIGN}".encode())
        sys.stdout.flush()
        print("\ud800", file=sys.stderr)
    assert [told[1] for told in sent] == ["\N{EURO SIGN}", "\\ud800\n"]


# --- What is absent ---------------------------------------------------------------------------------------------------


def test_what_is_absent_says_so_and_comes_back() -> None:
    with absent.told() as asked:
        with pytest.raises(EOFError, match="asks for input"):
            input()
        with pytest.raises(RuntimeError, match="starts a thread"):
            threading.Thread(target=print).start()
    assert asked == [absent.INPUT, absent.THREADS]
    thread = threading.Thread(target=asked.clear)
    thread.start()
    thread.join()
    assert asked == []


# --- Errors -----------------------------------------------------------------------------------------------------------


def test_a_traceback_has_the_lines_of_some_files_alone() -> None:
    errors.remember("mine.py", "import json\n\njson.loads('{')\n")
    try:
        exec(compile("import json\n\njson.loads('{')\n", "mine.py", "exec"), {})
    except ValueError as error:
        lines = errors.said(error, ["mine.py"]).splitlines()
    assert lines[:3] == [
        "Traceback (most recent call last):",
        '  File "mine.py", line 3, in <module>',
        "    json.loads('{')",
    ]
    assert lines[-1].startswith("json.decoder.JSONDecodeError: ")
    assert sum("File" in line for line in lines) == 1


def test_causes_and_groups_are_told() -> None:
    code = "try:\n    1 / 0\nexcept Exception as error:\n    raise ExceptionGroup('g', [OSError('a')]) from error\n"
    errors.remember("mine.py", code)
    try:
        exec(compile(code, "mine.py", "exec"), {})
    except ExceptionGroup as error:
        said = errors.said(error, ["mine.py"])
    assert re.search(r"ZeroDivisionError.*direct cause.*ExceptionGroup: g.*OSError: a", said, re.S)
    assert __file__ not in said


def test_an_error_whose_cause_is_itself_ends() -> None:
    error = ValueError("round")
    error.__cause__ = error
    assert errors.said(error, []).endswith("ValueError: round\n")


# --- The runner -------------------------------------------------------------------------------------------------------


@pytest.fixture
def runner(as_before: None, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A runner that is ready, and sleeps for real."""
    assert logging.lastResort is not None
    monkeypatch.setattr(logging.lastResort, "formatter", None)
    runner = Runner(lambda *told: sent.append(told), time.sleep)
    runner.start()
    return runner


def text(sent: Sent, stream: str = "stdout") -> str:
    return "".join(told[1] for told in sent if told[0] == stream)


def test_nothing_is_seen_of_the_first_run(runner: Runner, sent: Sent) -> None:
    assert sent == []


def test_a_cell_runs_inside_a_loop(runner: Runner, sent: Sent) -> None:
    code = "import asyncio\nprint(asyncio.get_running_loop().is_running())\nprint(__name__)"
    assert runner.run(Request(code)).outcome == "finished"
    assert text(sent) == "True\n__main__\n"


def test_a_program_starts_its_own(runner: Runner, sent: Sent) -> None:
    code = "import asyncio\nasync def main(): print('runs')\nif __name__ == '__main__': asyncio.run(main())"
    done = runner.run(Request(code, program=True, label="first-script"))
    assert (done.outcome, text(sent)) == ("finished", "runs\n")
    assert 'id="timeline-live-first-script"' in done.figure


def test_the_prelude_is_neither_recorded_nor_seen(runner: Runner, sent: Sent) -> None:
    prelude = "from __future__ import annotations\nimport asyncio\nawait asyncio.sleep(0.05)\nprint('above')\n"
    code = "def f(x: Unknown) -> None: ...\nasync def one(): await asyncio.sleep(0)\nawait asyncio.gather(one(), one())"
    done = runner.run(Request(code, prelude, "two"))
    assert (done.outcome, done.error, text(sent)) == ("finished", "", "")
    assert "2 tasks overlapped" in done.figure
    assert done.seconds >= 0.05


def test_places_are_lines_of_the_snippet(runner: Runner) -> None:
    done = runner.run(Request("import asyncio\n\nawait asyncio.sleep(0.05)\n", label="nap"))
    assert "line 3" in done.figure


OUTCOMES = {
    "1 / 0": ("raised", "ZeroDivisionError: division by zero\n"),
    "raise SystemExit": ("finished", ""),
    "raise SystemExit(0)": ("finished", ""),
    "raise SystemExit(3)": ("raised", "The program ended with exit status 3.\n"),
    "raise SystemExit('no')": ("raised", "no\n"),
    "def": ("raised", "SyntaxError: invalid syntax\n"),
    "import asyncio\nawait asyncio.Event().wait()": ("deadlock", "nothing can bring about."),
    "while True: print('x' * 1000)": ("cut", "200 kB."),
    "input()": ("unavailable", "no keyboard to read from."),
    "raise NotImplementedError('lacks multiprocessing.synchronize')": ("unavailable", "cannot."),
}


@pytest.mark.parametrize("code", OUTCOMES)
def test_how_a_run_ends(code: str, runner: Runner) -> None:
    outcome, end = OUTCOMES[code]
    done = runner.run(Request(code))
    assert done.outcome == outcome
    assert done.error.endswith(end)
    assert "runner.py" not in done.error


def test_what_is_asked_for_in_vain_and_got_over_is_no_matter(runner: Runner, sent: Sent) -> None:
    done = runner.run(Request("try:\n    input()\nexcept EOFError:\n    print('no keyboard')"))
    assert (done.outcome, text(sent)) == ("finished", "no keyboard\n")


def test_a_lost_exception_is_told_of_the_snippet_alone(
    runner: Runner, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])  # pytest's own
    code = "import asyncio\nasync def fails(): raise ValueError('lost')\nt = asyncio.create_task(fails())\n"
    code += "await asyncio.sleep(0)\ndel t\n"
    assert runner.run(Request(code)).outcome == "finished"
    told = text(sent, "stderr")
    assert told.startswith("Task exception was never retrieved\n")
    assert told.endswith("ValueError: lost\n")
    assert str(Path(__file__).parents[3]) not in told


def test_a_run_leaves_nothing_to_the_next(runner: Runner) -> None:
    runner.run(Request("here = 1"))
    assert runner.run(Request("here")).error.endswith("NameError: name 'here' is not defined\n")


def test_nothing_is_drawn_of_what_never_ran(runner: Runner) -> None:
    assert runner.run(Request("def")) == Done("raised", runner.run(Request("def")).error, "", pytest.approx(0, abs=60))
