"""What the article "How Long Is Too Long" claims of its snippets, and of timeouts and retries besides."""

import asyncio
import contextlib
import random
import sys
import time
from collections.abc import Awaitable, Callable
from types import ModuleType

import pytest

from examples.timeouts_and_retries import (
    backoff,
    backoff_broken,
    budget,
    budget_broken,
    charge,
    charge_broken,
    idle,
    leak,
    leak_broken,
    timeout,
)

Measure = Callable[[Awaitable[object]], Awaitable[float]]
Lines = Callable[[], list[str]]
virtual_clock = pytest.mark.looptime


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: capsys.readouterr().out.splitlines()


# A limit


@virtual_clock
async def test_a_timeout_ends_the_waiting(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(timeout.pay(0.1)) == pytest.approx(0.1)
    assert await seconds_of(timeout.pay(60)) == pytest.approx(0.3)
    assert printed() == ["The bank says: paid", "No answer: TimeoutError()"]


@virtual_clock
async def test_it_is_a_cancellation_inside_and_a_timeout_error_outside() -> None:
    seen: list[BaseException] = []

    async def wait() -> None:
        try:
            async with asyncio.timeout(0.3):
                try:
                    await asyncio.sleep(60)
                except TimeoutError:  # too early: there is none yet
                    seen.append(TimeoutError("inside"))
                except asyncio.CancelledError as error:
                    seen.append(error)
                    raise
        except TimeoutError as error:
            seen.append(error)

    await wait()
    assert [repr(error) for error in seen] == ["CancelledError()", "TimeoutError()"]
    assert str(seen[1]) == ""
    assert seen[1].__cause__ is seen[0]


@virtual_clock
async def test_the_call_runs_in_the_task_that_set_the_limit() -> None:
    async with asyncio.timeout(0.3):
        tasks = asyncio.all_tasks()
        assert asyncio.current_task() in tasks
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == tasks


@virtual_clock
async def test_who_swallows_a_cancellation_swallows_the_timeout() -> None:
    async with asyncio.timeout(0.3):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


@virtual_clock
async def test_a_clean_up_takes_as_long_as_it_takes(seconds_of: Measure) -> None:
    async def clean_up() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                try:
                    await asyncio.sleep(60)
                finally:
                    await asyncio.sleep(1)

    assert await seconds_of(clean_up()) == pytest.approx(1.3)


async def test_where_nothing_waits_the_limit_passes_unnoticed() -> None:
    async def compute() -> None:
        time.sleep(0.03)  # noqa: ASYNC251

    async with asyncio.timeout(0.01) as limit:
        await compute()
    await asyncio.sleep(0)
    assert not limit.expired()


# A limit for the whole


@virtual_clock
async def test_limits_on_the_parts_do_not_limit_the_whole(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(budget_broken.pay_patiently()) == pytest.approx(1.2)
    await budget_broken.main()
    assert printed()[3:] == [*(f"Attempt {number}: no answer" for number in (1, 2, 3)), "not paid"]


@virtual_clock
async def test_a_limit_around_all_attempts_does(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(budget.main()) == pytest.approx(0.7)
    assert printed() == ["Attempt 1: no answer", "out of time"]


@virtual_clock
@pytest.mark.parametrize("pay", [budget_broken.pay_patiently, budget.pay_in_time])
async def test_an_answer_within_the_limits_is_an_answer(
    pay: Callable[[], Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for script in budget, budget_broken:
        ask_bank = script.ask_bank
        monkeypatch.setattr(script, "ask_bank", lambda seconds, ask_bank=ask_bank: ask_bank(0.1))
    assert await pay() == "paid"


@virtual_clock
async def test_without_the_limit_for_the_whole_it_is_as_before(seconds_of: Measure) -> None:
    assert await budget.pay_patiently() == "not paid"
    assert await seconds_of(budget.pay_patiently()) == pytest.approx(1.2)


@virtual_clock
async def test_expired_tells_your_timeout_from_that_of_a_library() -> None:
    async def ask_library() -> None:
        raise TimeoutError("from the library")

    with pytest.raises(TimeoutError, match="from the library"):
        async with asyncio.timeout(0.5) as limit:
            await ask_library()
    assert not limit.expired()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5) as limit:
            await asyncio.sleep(60)
    assert limit.expired()


# A limit that moves


@virtual_clock
async def test_a_limit_that_moves_allows_any_length(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(idle.read_catalogue(10)) == pytest.approx(1)  # twice the limit
    assert await seconds_of(idle.read_catalogue(100)) == pytest.approx(10)
    assert printed()[0] == "All 10 pages read, expired: False"


@virtual_clock
async def test_a_limit_that_moves_does_not_allow_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: sleep(8 * seconds))
    with pytest.raises(TimeoutError):
        await idle.read_catalogue(10)


# What a timeout leaves behind


@virtual_clock
async def test_what_is_taken_before_a_wait_is_lost_when_that_is_cut_off(printed: Lines) -> None:
    await leak_broken.try_to_pay()
    assert printed() == ["No answer", "Free lines: 0"]


@virtual_clock
async def test_who_gives_back_when_the_wait_fails_loses_nothing(printed: Lines) -> None:
    await leak.try_to_pay()
    assert printed() == ["No answer", "Free lines: 1"]


@virtual_clock
@pytest.mark.parametrize("script", [leak, leak_broken])
async def test_a_call_that_comes_through_gives_its_line_back(script: ModuleType) -> None:
    lines = script.Lines()
    await script.call_bank(lines)
    assert lines.free == 1


# Try again, but not all at once


@virtual_clock
async def test_those_who_wait_equally_long_meet_again_each_time(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(backoff_broken.rush_hour()) == pytest.approx(3 * 0.1 + 0.4 + 0.8)
    assert printed() == ["0 of 8 customers have paid"]


@virtual_clock
async def test_those_who_wait_a_random_time_get_through(printed: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    callers: list[int] = []

    class Watched(backoff.Bank):
        async def charge(self) -> None:
            callers.append(self.calls + 1)
            await super().charge()

    monkeypatch.setattr(backoff, "CHANCE", random.Random(23))  # as when the script begins
    monkeypatch.setattr(backoff, "Bank", Watched)
    await backoff.rush_hour()
    assert printed() == ["8 of 8 customers have paid"]
    assert len(callers) == 16  # all are refused once, and none a second time
    assert max(callers[8:]) <= 6


@virtual_clock
@pytest.mark.parametrize("script", [backoff, backoff_broken])
async def test_the_bank_takes_six_and_recovers_when_all_have_gone(script: ModuleType) -> None:
    bank = script.Bank()

    async def failures(count: int) -> int:
        answers = await asyncio.gather(*(bank.charge() for _ in range(count)), return_exceptions=True)
        return sum(isinstance(answer, ConnectionError) for answer in answers)

    assert [await failures(count) for count in (6, 7, 6)] == [0, 7, 0]


@virtual_clock
@pytest.mark.parametrize("script", [backoff, backoff_broken])
async def test_a_customer_gives_up_after_three_attempts(script: ModuleType) -> None:
    class Closed(script.Bank):  # type: ignore[name-defined,misc]
        async def charge(self) -> None:
            self.calls += 1
            raise ConnectionError("closed")

    closed = Closed()
    assert not await script.keep_trying(closed)
    assert closed.calls == 3
    assert await script.keep_trying(script.Bank())


def test_a_random_pause_is_never_longer_than_the_longest() -> None:
    assert backoff_broken.pause(0.8) == 0.8
    pauses = [backoff.pause(0.8) for _ in range(100)]
    assert 0 <= min(pauses) < 0.1 < 0.7 < max(pauses) <= 0.8


@virtual_clock
@pytest.mark.parametrize(("hold", "seconds"), [(True, 1.3), (False, 0.3)])
async def test_who_sleeps_with_a_semaphore_holds_up_the_others(hold: bool, seconds: float) -> None:
    line, loop = asyncio.Semaphore(1), asyncio.get_running_loop()
    ended: list[float] = []

    async def unlucky() -> None:
        async with line:
            await asyncio.sleep(0.1)
            if hold:
                await asyncio.sleep(1)
        await asyncio.sleep(1)

    async def lucky() -> None:
        async with line:
            await asyncio.sleep(0.1)
        ended.append(loop.time())

    start = loop.time()
    await asyncio.gather(unlucky(), lucky(), lucky())
    assert ended[-1] - start == pytest.approx(seconds)


# Trying again is not undoing


@virtual_clock
async def test_a_call_that_timed_out_may_still_be_done(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(charge_broken.buy()) == pytest.approx(0.75)
    assert printed() == ["Attempt 1: no answer", "Paid: True", "Times charged: 2"]


@virtual_clock
async def test_a_payment_with_a_name_counts_once(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(charge.buy()) == pytest.approx(0.45)  # the second attempt has the answer
    assert printed() == ["Attempt 1: no answer", "Paid: True", "Times charged: 1"]


@virtual_clock
@pytest.mark.parametrize("script", [charge, charge_broken])
async def test_a_bank_that_answers_in_time_is_asked_once(
    script: ModuleType, printed: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def book(bank: charge.SlowBank) -> None: ...

    monkeypatch.setattr(script.SlowBank, "book", book)
    await script.buy()
    assert printed() == ["Paid: True", "Times charged: 1"]


@virtual_clock
async def test_the_bank_of_both_shops_does_the_work_for_a_name_once() -> None:
    for script in charge, charge_broken:
        async with asyncio.TaskGroup() as staff:
            bank = script.SlowBank(staff)
            await bank.charge("order 7")
            await bank.charge("order 7")
        assert len(bank.work) == 1


@virtual_clock
@pytest.mark.parametrize(("script", "times"), [(charge, 1), (charge_broken, 2)])
async def test_a_bank_that_never_answers_is_asked_twice(
    script: ModuleType, times: int, printed: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def book(bank: charge.SlowBank) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(script.SlowBank, "book", book)
    await script.buy()
    assert printed() == ["Attempt 1: no answer", "Attempt 2: no answer", "Paid: False", f"Times charged: {times}"]


# In older code


def test_there_is_one_timeout_error() -> None:
    assert asyncio.TimeoutError is TimeoutError


@virtual_clock
async def test_wait_for_runs_the_call_in_your_own_task_from_3_12() -> None:
    async def who() -> asyncio.Task[object] | None:
        return asyncio.current_task()

    ran_in = await asyncio.wait_for(who(), 1)
    assert (ran_in is asyncio.current_task()) == (sys.version_info >= (3, 12))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.sleep(60), 0.3)


@virtual_clock
async def test_wait_with_a_timeout_cancels_nothing(seconds_of: Measure) -> None:
    task = asyncio.create_task(asyncio.sleep(1))
    assert await seconds_of(asyncio.wait([task], timeout=0.3)) == pytest.approx(0.3)
    assert not task.cancelling()
    assert not task.done()
    await task
