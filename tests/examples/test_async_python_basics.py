"""What the article "Async Python Basics" claims of its snippets."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from examples.async_python_basics import (
    async_for,
    async_with,
    asyncio_run,
    create_task,
    fetch_data,
    gather,
    gather_first_error,
    handle_errors,
    http_requests,
    runner,
    sequential,
    task_group,
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
async def test_gather_prints_the_duration_that_it_measured(printed: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "perf_counter", iter([10.0, 12.25]).__next__)
    await gather.main()
    assert "All done in 2.25s (not 6s!)" in printed()


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
async def test_results_and_errors_stand_in_their_places(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(handle_errors.handle_errors()) == 0.5
    assert printed() == ["Success: task1 succeeded", "Error: task2 failed!", "Success: task3 succeeded"]


@virtual_clock
async def test_a_cancelled_call_is_no_success(printed: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancelled(name: str, should_fail: bool) -> str:
        raise asyncio.CancelledError

    monkeypatch.setattr(handle_errors, "might_fail", cancelled)
    await handle_errors.handle_errors()
    assert printed() == ["Error: "] * 3  # a cancellation has no text of its own


@virtual_clock
async def test_gather_leaves_siblings_running_when_one_fails(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(gather_first_error.leave_running()) == 1.5
    assert printed() == ["Starting task2...", "Error: task1 failed!", "Finished task2"]


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
    assert printed() == ["Starting task2...", "Error: task1 failed!"]


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


def test_asyncio_run_gives_the_result_of_its_coroutine() -> None:
    assert asyncio.run(asyncio_run.main()) == "Result from main"


async def test_asyncio_run_is_an_error_where_a_loop_runs() -> None:
    main = asyncio_run.main()
    with pytest.raises(RuntimeError, match="cannot be called from a running event loop"):
        asyncio.run(main)
    main.close()


def test_a_runner_keeps_tasks_from_one_call_to_the_next() -> None:
    with asyncio.Runner() as loop:
        task = loop.run(runner.start())
        assert not task.done()
        assert loop.run(runner.finish(task)) == "Result from the first call's task"


def test_asyncio_run_cancels_the_tasks_that_are_left() -> None:
    task = asyncio.run(runner.start())
    assert task.cancelled()


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


async def test_an_error_page_raises() -> None:
    async def answer(request: web.Request) -> web.Response:
        raise web.HTTPInternalServerError

    async with serving(answer) as url:
        with pytest.raises(aiohttp.ClientResponseError, match="500"):
            await http_requests.fetch_multiple_urls([f"{url}broken"])


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
