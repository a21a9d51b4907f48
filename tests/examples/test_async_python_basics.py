"""What the article "Async Python Basics" claims of its snippets."""

import asyncio
import contextlib
import gc
import re
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from examples.async_python_basics import (
    async_for,
    async_with,
    asyncio_run,
    blocking,
    blocking_broken,
    cancelled_call,
    cancelled_call_broken,
    create_task,
    cut_off,
    fetch_data,
    first_script,
    forgotten_await,
    forgotten_await_broken,
    gather,
    gather_first_error,
    group_results,
    handle_errors,
    http_at_once,
    http_in_turn,
    http_requests,
    made_first,
    made_first_broken,
    run_inside,
    run_inside_broken,
    runner,
    sequential,
    task_group,
    time_limit,
)

Measure = Callable[[Awaitable[object]], Awaitable[float]]
Lines = Callable[[], list[str]]
virtual_clock = pytest.mark.looptime


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: capsys.readouterr().out.splitlines()


@virtual_clock
async def test_awaiting_a_coroutine_runs_it_and_gives_its_result(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(fetch_data.main()) == 1
    assert printed() == ["Starting task1...", "Finished task1", "Result from task1"]


def test_calling_a_coroutine_function_runs_nothing(printed: Lines) -> None:
    fetch_data.fetch_data("task1", 1).close()
    assert printed() == []


@virtual_clock
async def test_a_script_starts_the_event_loop_around_its_main(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(first_script.main()) == 0.1
    assert printed() == ["Hello from the event loop"]


def test_await_outside_of_a_function_is_a_syntax_error() -> None:
    with pytest.raises(SyntaxError, match=r"^'await' outside function \("):
        compile("await main()", "script.py", "exec")


def test_without_await_the_call_never_begins(printed: Lines) -> None:
    with pytest.warns(RuntimeWarning, match="coroutine 'fetch_data' was never awaited"):
        forgotten_await_broken.main()
    (line,) = printed()
    assert line.startswith("<coroutine object fetch_data at 0x")


@virtual_clock
async def test_with_await_it_begins_and_gives_its_result(printed: Lines) -> None:
    await forgotten_await.main()
    assert printed() == ["Starting task1...", "Finished task1", "Result from task1"]


@virtual_clock
async def test_coroutines_and_tasks_and_what_gather_gives_are_awaitable() -> None:
    call = fetch_data.fetch_data
    assert await call("a", 1) == await asyncio.create_task(call("a", 1)) == "Result from a"
    assert await asyncio.gather(call("a", 1)) == ["Result from a"]


@virtual_clock
async def test_awaiting_one_after_the_other_takes_the_sum(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(sequential.main_in_turn()) == 6
    calls = [f"API call {number}" for number in (1, 2, 3)]
    assert printed()[:6] == [line for call in calls for line in (f"Starting {call}...", f"Finished {call}")]


@virtual_clock
async def test_gather_takes_as_long_as_the_longest(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(gather.main()) == 2
    assert await seconds_of(asyncio.gather(gather.fetch_data("a", 1), gather.fetch_data("b", 3))) == 3


@virtual_clock
async def test_gather_starts_all_before_one_finishes(printed: Lines) -> None:
    await gather.main()
    calls = [f"API call {number}" for number in (1, 2, 3)]
    assert printed()[:6] == [f"Starting {call}..." for call in calls] + [f"Finished {call}" for call in calls]


@virtual_clock
async def test_gather_keeps_the_order_of_its_arguments(printed: Lines) -> None:
    results = await asyncio.gather(gather.fetch_data("slow", 2), gather.fetch_data("fast", 1))
    assert results == ["Result from slow", "Result from fast"]
    assert printed()[2:] == ["Finished fast", "Finished slow"]


@virtual_clock
async def test_await_pauses_all_of_a_task_and_nothing_else() -> None:
    moments = []

    async def inner() -> None:
        await asyncio.sleep(1)
        moments.append("inner goes on")

    async def outer() -> None:
        await inner()
        moments.append("outer goes on")

    async def other() -> None:
        await asyncio.sleep(0.5)
        moments.append("other")

    await asyncio.gather(outer(), other())
    assert moments == ["other", "inner goes on", "outer goes on"]


@virtual_clock
async def test_gathered_calls_share_one_thread() -> None:
    async def thread() -> int:
        await asyncio.sleep(1)
        return threading.get_ident()

    assert set(await asyncio.gather(thread(), thread())) == {threading.get_ident()}


@virtual_clock
async def test_gather_starts_its_calls_when_it_is_called(printed: Lines) -> None:
    gathered = asyncio.gather(gather.fetch_data("a", 1), gather.fetch_data("b", 1))
    await asyncio.sleep(0.5)
    assert printed() == ["Starting a...", "Starting b..."]
    await gathered


@virtual_clock
async def test_gather_prints_the_duration_that_it_measured(printed: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "perf_counter", iter([10.0, 12.2]).__next__)
    await gather.main()
    assert "All done in 2.2s (not 6s!)" in printed()


async def test_calls_that_block_come_one_after_the_other(printed: Lines) -> None:
    await blocking_broken.main_blocked()
    assert printed() == ["Starting call 1...", "Finished call 1", "Starting call 2...", "Finished call 2"]


async def test_in_threads_they_wait_side_by_side(printed: Lines) -> None:
    await blocking.main_in_threads()
    assert printed() == ["Starting call 1...", "Starting call 2...", "Finished call 1", "Finished call 2"]


@virtual_clock
async def test_create_task_makes_progress_while_the_caller_works(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(create_task.main_with_tasks()) == 3  # as long as the longer job, the other work included
    assert printed() == [
        "Doing other work...",  # a task is scheduled, not started: the caller comes first
        "Starting background job...",
        "Starting another job...",
        "Still working...",
        "Finished another job",
        "Finished background job",
        "Got: Result from background job, Result from another job",
    ]


@virtual_clock
async def test_a_coroutine_that_is_no_task_begins_at_its_await(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(made_first_broken.main_made_first()) == pytest.approx(0.5)
    assert printed() == ["Starting call 1...", "Finished call 1", "Starting call 2...", "Finished call 2"]


@virtual_clock
async def test_tasks_are_under_way_at_once(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(made_first.main_started_first()) == pytest.approx(0.3)
    assert printed() == ["Starting call 1...", "Starting call 2...", "Finished call 1", "Finished call 2"]


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # what is lost is not closed
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_task_that_waits_for_a_connection_may_be_lost() -> None:
    here, there = socket.socketpair()
    said: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context["message"]))

    async def listen() -> None:
        reader, writer = await asyncio.open_connection(sock=here)
        try:
            await reader.readline()
        finally:
            writer.close()

    with there:
        task = weakref.ref(asyncio.create_task(listen()))
        await asyncio.sleep(0.05)
        gc.collect()
        await asyncio.sleep(0.05)
    assert task() is None
    assert said == ["Task was destroyed but it is pending!"]


async def test_a_task_that_sleeps_is_not_lost(printed: Lines) -> None:
    asyncio.create_task(create_task.fetch_data("task", 0.1))  # noqa: RUF006
    await asyncio.sleep(0)
    gc.collect()
    await asyncio.sleep(0.2)
    assert printed() == ["Starting task...", "Finished task"]


@virtual_clock
async def test_results_and_errors_stand_in_their_places(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(handle_errors.handle_errors()) == 0.5
    assert printed() == [
        "Success: task1 succeeded",
        "Error: ValueError('task2 failed!')",
        "Success: task3 succeeded",
    ]


@virtual_clock
async def test_gather_raises_the_first_error_in_time_and_hides_the_others(seconds_of: Measure) -> None:
    said: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))

    async def fail(after: float) -> None:
        await asyncio.sleep(after)
        raise ValueError(after)

    async def gather_failures() -> None:
        with pytest.raises(ValueError, match=r"^1$"):
            await asyncio.gather(fail(2), fail(1), fail(3))

    assert await seconds_of(gather_failures()) == 1
    await asyncio.sleep(5)
    gc.collect()
    assert said == []


@virtual_clock
async def test_a_cancelled_call_passes_for_a_success(printed: Lines) -> None:
    await cancelled_call_broken.overlook_cancelled()
    assert printed() == ["Success: "]


@virtual_clock
async def test_a_cancelled_call_is_seen_as_a_base_exception(printed: Lines) -> None:
    await cancelled_call.notice_cancelled()
    assert printed() == ["Error: CancelledError('')"]
    assert not issubclass(asyncio.CancelledError, Exception)


@virtual_clock
async def test_cancellations_and_timeouts_have_no_text() -> None:
    task = asyncio.create_task(asyncio.sleep(1))
    task.cancel()
    (cancelled,) = await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(TimeoutError) as raised:
        async with asyncio.timeout(1):
            await asyncio.sleep(2)
    assert str(cancelled) == str(raised.value) == ""


@virtual_clock
async def test_gather_leaves_siblings_running_when_one_fails(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(gather_first_error.leave_running()) == 1.5
    assert printed() == ["Starting task2...", "Error: ValueError('task1 failed!')", "Finished task2"]


@virtual_clock
async def test_gather_raises_nothing_where_none_fails(
    printed: Lines, seconds_of: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    might_fail = gather_first_error.might_fail
    monkeypatch.setattr(gather_first_error, "might_fail", lambda name, should_fail: might_fail(name, False))
    assert await seconds_of(gather_first_error.leave_running()) == 2
    assert printed() == ["Starting task2...", "Finished task2"]


@virtual_clock
async def test_a_task_group_cancels_siblings_when_one_fails(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(task_group.stop_together()) == 0.5  # not the whole second of the second task
    assert printed() == ["Starting task2...", "Error: ValueError('task1 failed!')"]


@virtual_clock
async def test_a_task_group_waits_for_all_where_none_fails(
    printed: Lines, seconds_of: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    might_fail = task_group.might_fail
    monkeypatch.setattr(task_group, "might_fail", lambda name, should_fail: might_fail(name, False))
    assert await seconds_of(task_group.stop_together()) == 1
    assert printed() == ["Starting task2...", "Finished task2"]


@virtual_clock
async def test_except_star_picks_the_errors_of_one_type(printed: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail_otherwise(name: str, should_fail: bool) -> str:
        raise KeyError(name)

    assert await task_group.might_fail("task1", False) == "task1 succeeded"
    monkeypatch.setattr(task_group, "might_fail", fail_otherwise)
    with pytest.raises(ExceptionGroup) as raised:
        await task_group.stop_together()
    assert [type(error) for error in raised.value.exceptions] == [KeyError]


async def group_of(*coroutines: Coroutine[Any, Any, object], body: Awaitable[object] | None = None) -> None:
    async with asyncio.TaskGroup() as group:
        for coroutine in coroutines:
            group.create_task(coroutine)
        if body:
            await body


@virtual_clock
async def test_a_task_group_cancels_the_code_in_its_block_too(seconds_of: Measure) -> None:
    async def fail_in_a_group() -> None:
        with pytest.raises(ExceptionGroup):
            await group_of(task_group.might_fail("task1", True), body=asyncio.sleep(10))

    assert await seconds_of(fail_in_a_group()) == 0.5


@virtual_clock
async def test_a_task_group_raises_all_errors_when_the_last_task_is_over(seconds_of: Measure) -> None:
    async def fail_when_cancelled() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(1)
            raise KeyError("late")

    async def fail_in_a_group() -> None:
        with pytest.raises(ExceptionGroup) as raised:
            await group_of(task_group.might_fail("task1", True), fail_when_cancelled())
        assert [type(error) for error in raised.value.exceptions] == [ValueError, KeyError]

    assert await seconds_of(fail_in_a_group()) == 1.5


@virtual_clock
async def test_a_plain_except_misses_the_errors_of_a_group() -> None:
    try:
        await group_of(task_group.might_fail("task1", True))
    except ValueError:
        caught = "plain"
    except ExceptionGroup:
        caught = "group"
    assert caught == "group"


@virtual_clock
async def test_groups_of_errors_stand_inside_each_other() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        await group_of(group_of(task_group.might_fail("task1", True)))
    (inner,) = raised.value.exceptions
    assert isinstance(inner, ExceptionGroup)
    assert [type(error) for error in inner.exceptions] == [ValueError]


@virtual_clock
async def test_a_task_that_ends_cancelled_is_no_failure(printed: Lines) -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    await group_of(cancelled(), task_group.fetch_data("other", 1))
    assert printed() == ["Starting other...", "Finished other"]


@virtual_clock
async def test_after_a_group_each_task_has_its_result(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(group_results.succeed_together()) == pytest.approx(0.3)
    assert printed()[2:] == [
        "Finished fast call",
        "Finished slow call",
        "['Result from slow call', 'Result from fast call']",
    ]


@virtual_clock
async def test_a_call_beyond_its_time_limit_is_cancelled(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(time_limit.fetch_within(0.2)) == pytest.approx(0.2)
    assert printed() == ["Starting slow call...", "Too late: TimeoutError()"]


@virtual_clock
async def test_a_call_within_its_time_limit_gives_its_result(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(time_limit.fetch_within(2)) == 1
    assert printed() == ["Starting slow call...", "Finished slow call", "Result from slow call"]


def test_asyncio_run_gives_the_result_of_its_coroutine() -> None:
    assert asyncio.run(asyncio_run.main()) == "Result from main"


@virtual_clock
async def test_asyncio_run_is_an_error_where_a_loop_runs(printed: Lines) -> None:
    with pytest.warns(RuntimeWarning, match="coroutine 'fetch_data' was never awaited"):
        await run_inside_broken.main()
    assert printed() == ["RuntimeError: asyncio.run() cannot be called from a running event loop"]


@virtual_clock
async def test_await_is_all_one_needs_where_a_loop_runs(printed: Lines) -> None:
    await run_inside.save_awaited_result()
    assert printed() == ["Starting task1...", "Finished task1", "Saved: Result from task1"]


def test_a_runner_keeps_tasks_from_one_call_to_the_next() -> None:
    with asyncio.Runner() as loop:
        task = loop.run(runner.start())
        assert not task.done()
        assert loop.run(runner.finish(task)) == "Result from fetch_later"


def test_between_two_calls_the_tasks_of_a_runner_stand_still() -> None:
    with asyncio.Runner() as loop:
        task = loop.run(runner.start())
        time.sleep(0.15)  # it sleeps for 0.1, so by now it would have ended
        assert not task.done()
        assert loop.run(runner.finish(task)) == "Result from fetch_later"


def test_asyncio_run_cancels_the_tasks_that_are_left() -> None:
    assert asyncio.run(cut_off.start()).cancelled()


def test_asyncio_run_then_waits_for_threads_and_closes_its_loop_last() -> None:
    moments = []

    def work() -> None:
        time.sleep(0.2)
        moments.append(f"thread done, loop closed: {loop.is_closed()}")

    async def wait_for_thread() -> None:
        try:
            await asyncio.to_thread(work)
        except asyncio.CancelledError:
            moments.append("task cancelled")
            raise

    async def main() -> tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]:
        task = asyncio.create_task(wait_for_thread())
        await asyncio.sleep(0.05)
        nonlocal loop
        loop = asyncio.get_running_loop()
        return loop, task

    loop: asyncio.AbstractEventLoop
    loop, task = asyncio.run(main())
    assert moments == ["task cancelled", "thread done, loop closed: False"]
    assert task.cancelled()
    assert loop.is_closed()


LOOPS = """
import asyncio, threading, warnings
warnings.simplefilter("always")
async def nothing(): pass
def ask():
    try:
        asyncio.get_event_loop().close()
        print("made")
    except RuntimeError:
        print("RuntimeError")
ask()
thread = threading.Thread(target=ask); thread.start(); thread.join()
asyncio.run(nothing())
ask()
"""


def test_get_event_loop_makes_one_only_in_the_main_thread_and_only_while_none_was_set() -> None:
    run = subprocess.run([sys.executable, "-c", LOOPS], capture_output=True, text=True, check=True)
    is_old = sys.version_info < (3, 14)
    assert run.stdout.split() == ["made" if is_old else "RuntimeError", "RuntimeError", "RuntimeError"]
    assert ("DeprecationWarning: There is no current event loop" in run.stderr) == (
        (3, 12) <= sys.version_info < (3, 14)
    )


@virtual_clock
async def test_a_semaphore_lets_two_in_at_once(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(async_with.main_with_limit()) == 1.5
    assert printed() == [
        "Starting call 1...",
        "Starting call 2...",
        "Finished call 1",
        "Starting call 3...",
        "Finished call 2",
        "Finished call 3",
    ]


@virtual_clock
async def test_async_for_takes_its_rounds_in_turn(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(async_for.main_with_pages()) == 1.5
    moments = ("Starting page {}...", "Finished page {}", "Got: Result from page {}")
    assert printed() == [moment.format(number) for number in (1, 2, 3) for moment in moments]


@virtual_clock
async def test_others_run_while_async_for_waits(seconds_of: Measure) -> None:
    both = asyncio.gather(async_for.main_with_pages(), async_for.fetch_data("other", 1.5))
    assert await seconds_of(both) == 1.5


# The HTTP snippet talks to a server of the test's own, in real time.


@contextlib.asynccontextmanager
async def serving(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{name}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_answers_come_in_the_order_of_the_addresses() -> None:
    async def answer(request: web.Request) -> web.Response:
        await asyncio.sleep(0.05 if request.match_info["name"] == "slow" else 0)
        return web.json_response({"name": request.match_info["name"]})

    async with serving(answer) as url:
        answers = await http_requests.fetch_multiple_urls([f"{url}slow", f"{url}fast"])
    assert answers == [{"name": "slow"}, {"name": "fast"}]


async def test_requests_overlap() -> None:
    all_here = asyncio.Barrier(3)

    async def answer(request: web.Request) -> web.Response:
        await asyncio.wait_for(all_here.wait(), 5)  # one after the other, the first would wait in vain
        return web.json_response({})

    async with serving(answer) as url:
        assert await http_requests.fetch_multiple_urls([f"{url}{n}" for n in range(3)]) == [{}, {}, {}]


@pytest.fixture
def connections() -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answers after a moment, and with the number of the connection that the request came on."""
    seen: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        if request.transport not in seen:
            seen.append(request.transport)
        await asyncio.sleep(0.1)
        answer.count = len(seen)  # type: ignore[attr-defined]
        return web.json_response({})

    return answer


async def test_one_by_one_takes_the_sum_on_one_connection(
    connections: Any, printed: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(connections) as url:
        monkeypatch.setattr(http_in_turn, "SLOW_URL", f"{url}slow")
        await http_in_turn.main_one_by_one()
    (line,) = printed()
    assert float(line.removeprefix("One by one: ").removesuffix("s")) >= 0.3
    assert connections.count == 1


async def test_all_at_once_takes_three_connections(
    connections: Any, printed: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(connections) as url:
        monkeypatch.setattr(http_at_once, "SLOW_URL", f"{url}slow")
        await http_at_once.main_at_once()
    (line,) = printed()
    assert re.fullmatch(r"All at once: \d\.\ds", line)
    assert connections.count == 3  # so all were under way at once


async def test_without_raise_for_status_an_error_page_in_json_passes_for_data() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.match_info["name"] == "json":
            return web.json_response({"error": "gone"}, status=404)
        return web.Response(status=404, text="<p>gone</p>", content_type="text/html")

    async with serving(answer) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}json") as response:
            assert await response.json() == {"error": "gone"}
        async with session.get(f"{url}html") as response:
            with pytest.raises(aiohttp.ContentTypeError):
                await response.json()


async def test_unless_told_otherwise_a_request_has_five_minutes() -> None:
    async with aiohttp.ClientSession() as session:
        assert session.timeout.total == 300


async def test_an_error_page_raises() -> None:
    async def answer(request: web.Request) -> web.Response:
        raise web.HTTPInternalServerError

    async with serving(answer) as url:
        with pytest.raises(aiohttp.ClientResponseError, match="500"):
            await http_requests.fetch_multiple_urls([f"{url}broken"])


async def test_when_one_request_fails_the_session_closes_under_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[str] = []
    fetch_url = http_requests.fetch_url

    async def fetch_and_tell(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
        try:
            return await fetch_url(session, url)
        except Exception as error:
            ends.append(f"{url.rpartition('/')[2]}: {type(error).__name__}")
            raise

    async def answer(request: web.Request) -> web.Response:
        if request.match_info["name"] == "broken":
            raise web.HTTPInternalServerError
        await asyncio.sleep(0.2)
        return web.json_response({})

    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    monkeypatch.setattr(http_requests, "fetch_url", fetch_and_tell)
    async with serving(answer) as url:
        with pytest.raises(aiohttp.ClientResponseError, match="500"):
            await http_requests.fetch_multiple_urls([f"{url}slow", f"{url}broken"])
        await asyncio.sleep(0.1)
    gc.collect()
    assert ends[0] == "broken: ClientResponseError"
    assert ends[1].startswith("slow: ")
    assert not complaints


async def test_a_dropped_connection_raises() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async with serving(answer) as url:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await http_requests.fetch_multiple_urls([f"{url}dropped"])


async def test_a_silent_server_raises_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = aiohttp.ClientTimeout, []

    def sooner(total: float) -> aiohttp.ClientTimeout:
        asked.append(total)
        return real(total=total / 100)

    async def answer(request: web.Request) -> web.Response:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return web.Response()

    monkeypatch.setattr(aiohttp, "ClientTimeout", sooner)
    async with serving(answer) as url:
        with pytest.raises(TimeoutError):
            await http_requests.fetch_multiple_urls([f"{url}silent"])
    assert asked == [10]


async def test_the_addresses_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch, printed: Lines) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({request.match_info["name"]: 1})

    async with serving(answer) as url:
        monkeypatch.setattr(http_requests, "urls", [f"{url}{name}" for name in ("json", "uuid")])
        await http_requests.main()
    assert printed() == ["URL 1: ['json']", "URL 2: ['uuid']"]
