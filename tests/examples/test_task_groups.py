"""What the article "Tasks That Nobody Loses" claims of its snippets, and of tasks and groups besides."""

import asyncio
import contextlib
import gc
import socket
import sys
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from examples.task_groups import (
    catch,
    catch_broken,
    first,
    first_broken,
    hand_down,
    lost,
    lost_broken,
    results,
    unheard,
    unheard_broken,
)

Measure = Callable[[Awaitable[object]], Awaitable[float]]
Lines = Callable[[], list[str]]
virtual_clock = pytest.mark.looptime


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Lines:
    return lambda: capsys.readouterr().out.splitlines()


@pytest.fixture
async def complaints() -> list[str]:
    """What asyncio reports to the loop's exception handler, which by default writes it to stderr."""
    found: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: found.append(context["message"]))
    return found


# A task that vanishes; in real time, since a socket is used


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_a_task_that_nobody_holds_is_destroyed_while_it_waits(printed: Lines, complaints: list[str]) -> None:
    await lost_broken.main()
    assert printed() == ["Thank you for your order", "The shop closes"]
    assert complaints == ["Task was destroyed but it is pending!"]


async def test_a_task_that_is_held_hears_the_mail_server(printed: Lines) -> None:
    shop_end, mail_server_end = socket.socketpair()
    with mail_server_end:
        task = asyncio.create_task(lost_broken.send_receipt(shop_end))
        mail_server_end.send(b"accepted\n")
        await task
    assert printed() == ["The receipt is accepted"]


async def test_a_task_in_a_set_comes_to_its_end(printed: Lines, complaints: list[str]) -> None:
    await lost.main()
    assert printed() == ["Thank you for your order", "The receipt is accepted", "The shop closes"]
    assert not lost.background
    assert not complaints


@virtual_clock
async def test_the_loop_holds_a_task_that_sleeps() -> None:
    done = []

    async def sleep() -> None:
        await asyncio.sleep(1)
        done.append("slept")

    task = weakref.ref(asyncio.create_task(sleep()))
    await asyncio.sleep(0)
    gc.collect()
    assert task() is not None
    await asyncio.sleep(2)
    assert done == ["slept"]


# A task that nobody hears


@virtual_clock
async def test_the_error_of_a_task_that_nobody_awaits_is_only_logged(
    printed: Lines, complaints: list[str], seconds_of: Measure
) -> None:
    assert await seconds_of(unheard_broken.sell("Ada", "Emma")) == pytest.approx(0.4)
    gc.collect()
    assert printed() == ["Packing Emma...", "Emma is on its way"]
    assert complaints == ["Task exception was never retrieved"]


@virtual_clock
async def test_the_error_of_a_task_in_a_set_is_only_logged_too(complaints: list[str]) -> None:
    task = asyncio.create_task(unheard_broken.charge("Ada"))
    lost.background.add(task)
    task.add_done_callback(lost.background.discard)
    del task
    await asyncio.sleep(1)
    gc.collect()
    assert complaints == ["Task exception was never retrieved"]


@virtual_clock
async def test_awaited_in_order_an_error_is_heard_late(seconds_of: Measure, printed: Lines) -> None:
    async def sell() -> None:
        payment = asyncio.create_task(unheard.charge("Ada"))
        await unheard.pack("Emma")
        await payment

    start = asyncio.get_running_loop().time()
    with pytest.raises(ValueError, match="declined"):
        await sell()
    assert asyncio.get_running_loop().time() - start == pytest.approx(0.4)
    assert "Emma is on its way" in printed()


@virtual_clock
async def test_a_group_hears_the_error_at_once_and_stops_its_own_block(printed: Lines) -> None:
    start = asyncio.get_running_loop().time()
    with pytest.raises(ExceptionGroup) as raised:
        await unheard.sell("Ada", "Emma")
    assert asyncio.get_running_loop().time() - start == pytest.approx(0.1)
    assert [repr(error) for error in raised.value.exceptions] == ["ValueError('the card of Ada was declined')"]
    assert printed() == ["Packing Emma..."]


@virtual_clock
async def test_the_page_prints_what_went_wrong(printed: Lines) -> None:
    await unheard.main()
    assert printed() == ["Packing Emma...", "Not sold: (ValueError('the card of Ada was declined'),)"]


@virtual_clock
async def test_a_group_where_nothing_fails_waits_for_all(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(unheard.sell("Bob", "Dune")) == pytest.approx(0.4)
    assert printed() == ["Packing Dune...", "Dune is on its way"]


@virtual_clock
async def test_without_a_failure_both_ways_sell(printed: Lines) -> None:
    for script in unheard_broken, catch_broken:
        await script.sell("Bob", "Dune")
        assert printed() == ["Packing Dune...", "Dune is on its way"]


@virtual_clock
async def test_a_group_waits_until_all_have_ended_before_it_raises(seconds_of: Measure) -> None:
    async def slow_to_stop() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(1)

    async def charge_and_stop() -> None:
        with contextlib.suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(unheard.charge("Ada"))
                group.create_task(slow_to_stop())

    assert await seconds_of(charge_and_stop()) == pytest.approx(1.1)


@virtual_clock
async def test_a_return_in_the_block_waits_for_the_group(seconds_of: Measure) -> None:
    async def early() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(1))
            return

    assert await seconds_of(early()) == 1


@virtual_clock
async def test_gather_never_tells_of_the_errors_after_the_first(complaints: list[str]) -> None:
    async def fail(delay: float) -> None:
        await asyncio.sleep(delay)
        raise ValueError(delay)

    with pytest.raises(ValueError, match="1"):
        await asyncio.gather(fail(3), fail(1), fail(2))
    await asyncio.sleep(5)
    gc.collect()
    assert not complaints


async def test_gather_holds_its_calls_only_until_it_raises(complaints: list[str]) -> None:
    thrown_away: list[str] = []

    async def wait_for_nothing() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            thrown_away.append("call")

    async def fail() -> None:
        await asyncio.sleep(0.01)
        raise ValueError("failed")

    gathered = asyncio.gather(wait_for_nothing(), fail())
    await asyncio.sleep(0)
    gc.collect()
    assert not thrown_away
    with pytest.raises(ValueError, match="failed"):
        await gathered
    del gathered
    await asyncio.sleep(0)
    gc.collect()
    assert thrown_away == ["call"]
    assert not complaints  # for a call that it made a task of itself, not even that


# Results


@virtual_clock
async def test_answers_are_told_as_they_come_and_returned_in_order(printed: Lines, seconds_of: Measure) -> None:
    assert await results.ask_all() == ["in the North", "in the South", "in the West"]
    order = ("South", "North", "West")
    assert printed() == [line for name in order for line in (f"The {name} has searched", f"The book is in the {name}")]
    assert await seconds_of(results.ask_all()) == pytest.approx(0.4)


# Errors of groups


@virtual_clock
async def test_a_plain_except_misses_what_a_group_raises() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        await catch_broken.serve()
    assert [type(error) for error in raised.value.exceptions] == [ExceptionGroup]  # a group within the group


@virtual_clock
async def test_a_plain_except_would_catch_a_plain_error(printed: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    class PlainGroup(asyncio.TaskGroup):
        async def __aexit__(self, *raised: Any) -> None:
            try:
                await super().__aexit__(*raised)
            except ExceptionGroup as failures:
                raise catch.leaves(failures)[0] from None

    monkeypatch.setattr(asyncio, "TaskGroup", PlainGroup)
    await catch_broken.serve()
    assert printed()[2:] == ["Not sold: the card of Ada was declined"]


@virtual_clock
async def test_the_page_prints_what_nobody_has_caught(printed: Lines) -> None:
    await catch_broken.main()
    told = printed()
    assert told[2] == "Nobody has caught this:"
    assert told[3].startswith("ExceptionGroup(")


@virtual_clock
async def test_except_star_catches_it_and_the_leaves_are_the_errors(printed: Lines) -> None:
    await catch.serve()
    assert printed()[2:] == ["Not sold: the card of Ada was declined"]


@virtual_clock
async def test_one_failing_sale_stops_the_other_of_its_group(printed: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    async def accept(customer: str) -> None: ...

    await catch.serve()
    assert "Dune is on its way" not in printed()
    monkeypatch.setattr(catch, "charge", accept)
    await catch.serve()
    assert printed()[2:] == ["Emma is on its way", "Dune is on its way"]


def test_except_star_hands_on_a_group_of_the_same_shape() -> None:
    inner = ExceptionGroup("inner", [ValueError("a"), KeyError("b")])
    found = ExceptionGroup("outer", [inner, ValueError("c")]).subgroup(ValueError)
    assert repr(found) == "ExceptionGroup('outer', [ExceptionGroup('inner', [ValueError('a')]), ValueError('c')])"
    assert [str(leaf) for leaf in catch.leaves(found)] == ["a", "c"]  # type: ignore[arg-type]


# The first answer


@virtual_clock
async def test_wait_leaves_the_others_running(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(first_broken.find_book()) == pytest.approx(0.8)
    assert printed() == [
        "The South has searched",
        "The book is in the South",
        "The North has searched",
        "The West has searched",
        "The shop closes",
    ]


@virtual_clock
async def test_a_group_stops_the_others_and_ends_quietly(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(first.ask_any()) == pytest.approx(0.1)
    assert printed() == ["The South has searched"]
    await first.find_book()
    assert printed() == ["The South has searched", "The book is in the South", "The shop closes"]


@virtual_clock
async def test_a_first_that_has_failed_stops_the_others(printed: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = first.ask

    async def ask_or_fail(warehouse: str) -> str:
        answer = await ask(warehouse)
        if warehouse == "South":
            raise OSError("the South is on strike")
        return answer

    monkeypatch.setattr(first, "ask", ask_or_fail)
    with pytest.raises(ExceptionGroup) as raised:
        await first.ask_any()
    assert repr(raised.value.exceptions) == "(OSError('the South is on strike'),)"
    await asyncio.sleep(1)
    assert printed() == ["The South has searched"]


@pytest.mark.skipif(sys.version_info < (3, 15), reason="TaskGroup.cancel came with Python 3.15")
async def test_a_group_that_is_cancelled_stops_its_block_too() -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asyncio.sleep(10))
        await asyncio.sleep(0)
        group.cancel()
        await asyncio.sleep(10)
        pytest.fail("the block went on")
    assert task.cancelled()


@virtual_clock
async def test_a_cancelled_task_is_no_failure_of_its_group() -> None:
    async with asyncio.TaskGroup() as group:
        one, other = group.create_task(asyncio.sleep(2)), group.create_task(asyncio.sleep(1, "fine"))
        await asyncio.sleep(0)
        one.cancel()
    assert one.cancelled()
    assert other.result() == "fine"


# Work that outlives its function


@virtual_clock
async def test_the_shop_closes_when_the_mail_is_out(printed: Lines, seconds_of: Measure) -> None:
    assert await seconds_of(hand_down.run_shop()) == pytest.approx(0.1)
    assert printed() == [
        *(f"Thank you, {name}" for name in ("Ada", "Bob", "Cleo")),
        "The door is locked",
        "Ada has the receipt",
        "No receipt for Bob: mailbox full",
        "Cleo has the receipt",
        "All the mail is out",
    ]


@virtual_clock
async def test_an_error_that_a_receipt_does_not_expect_stops_the_shop(
    printed: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def surprise(customer: str) -> None:
        raise RuntimeError(customer)

    monkeypatch.setattr(hand_down, "send_receipt", surprise)
    with pytest.raises(ExceptionGroup):
        await hand_down.run_shop()
    assert "All the mail is out" not in printed()
