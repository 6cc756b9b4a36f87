"""Many threads' small writes in few transactions: nobody's answer is lost, nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from outreach.tasks import group_commit
from outreach.tasks.group_commit import Closed, GroupCommit


def test_what_comes_together_is_done_at_once_and_each_gets_its_own_answer() -> None:
    batches: list[int] = []

    def double(values: Sequence[int]) -> list[int]:
        batches.append(len(values))
        return [2 * value for value in values]

    desk: GroupCommit[int, int] = GroupCommit(double, most=8, name="test", linger_s=0.2)
    answers: dict[int, int] = {}
    threads = [
        threading.Thread(target=lambda n=n: answers.update({n: desk.do(n)})) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.close()
    assert answers == {n: 2 * n for n in range(8)}
    assert batches == [8]
    with pytest.raises(Closed):
        desk.do(1)


def test_one_bad_item_spoils_only_itself() -> None:
    def work(values: Sequence[int]) -> list[int]:
        if 13 in values:
            raise ValueError("thirteen")
        return list(values)

    desk: GroupCommit[int, int] = GroupCommit(work, most=4, name="test", linger_s=0.2)
    told: dict[int, object] = {}

    def ask(value: int) -> None:
        try:
            told[value] = desk.do(value)
        except ValueError as error:
            told[value] = str(error)

    threads = [threading.Thread(target=ask, args=(value,)) for value in (12, 13, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.close()
    assert told == {12: 12, 13: "thirteen", 14: 14}


def test_an_item_whose_turn_never_came_is_not_worked_on_after_its_caller_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(group_commit, "ONE_WAITS_AT_MOST_S", 0.05)
    worked: list[str] = []
    goes_on, begun = threading.Event(), threading.Event()

    def work(values: Sequence[str]) -> list[str]:
        worked.extend(values)
        begun.set()
        goes_on.wait(10)
        return list(values)

    desk: GroupCommit[str, str] = GroupCommit(work, most=1, name="test")
    first = threading.Thread(target=lambda: desk.do("first"))
    first.start()
    begun.wait(10)
    with pytest.raises(TimeoutError):
        desk.do("second")
    goes_on.set()
    first.join()
    assert desk.do("third") == "third"
    assert worked == ["first", "third"]


def test_what_is_being_worked_on_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "ONE_WAITS_AT_MOST_S", 0.05)

    def work(values: Sequence[int]) -> list[int]:
        time.sleep(0.3)
        return list(values)

    desk: GroupCommit[int, int] = GroupCommit(work, most=1, name="test")
    assert desk.do(7) == 7, "it was let leave: its answer must reach somebody"
