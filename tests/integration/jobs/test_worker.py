"""The worker process's loop: it sends what is due, does tasks, and stops in good order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from outreach.contact.codes import MessageState
from outreach.jobs.duties import DUTIES
from outreach.jobs.sender import Tempo
from outreach.jobs.tasks import REGISTRY, TaskHandle, TaskLoop
from outreach.jobs.worker import run
from outreach.services import Services
from outreach.tasks.codes import TaskState
from outreach.tasks.models import DutyMark, Task, WorkerBeat
from outreach.tasks.operations import ask_task, cancel_task
from tests.builders.ledger import Village, add_elders
from tests.builders.messages import NOW, Clinic, Hand, ScriptedGateway, book_visit

TEMPO = Tempo(senders=4, idle_s=0.05)


def wait_until(is_so: Callable[[], bool], *, within_s: float = 20.0) -> None:
    """Wait for a condition, never for a time."""
    ends = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)


def test_the_worker_sends_what_is_due_and_leaves_nothing_behind(
    services: Services, gateway: ScriptedGateway, village: Village, clinic: Clinic
) -> None:
    with services.database.write() as session:
        (resident,) = add_elders(session, village)
        book_visit(session, village, clinic, resident)
    stop = threading.Event()
    worker = threading.Thread(target=run, args=(services, stop), kwargs={"tempo": TEMPO})
    worker.start()
    try:
        wait_until(lambda: len(gateway.sent) == 2)
        wait_until(lambda: _beats(services) == [True])
        wait_until(lambda: _marks(services) >= {"remind_due", "forget_messages"})
    finally:
        stop.set()
        worker.join(timeout=30)
    assert not worker.is_alive()
    assert len(gateway.sent) == 2
    hand = Hand(services.database, (gateway,))
    assert {m.state for m in hand.messages(step="booked")} == {MessageState.ACCEPTED}
    assert _beats(services) == []


def _beats(services: Services) -> list[bool]:
    with services.database.read() as session:
        return [row.is_ticking for row in session.query(WorkerBeat)]


def _marks(services: Services) -> set[str]:
    with services.database.read() as session:
        return {row.name for row in session.query(DutyMark)}


def test_every_duty_is_harmless_when_there_is_nothing_to_do(services: Services) -> None:
    for duty in DUTIES:
        duty.do(services)
        duty.do(services)


def test_a_task_is_done_with_progress_and_its_result_kept(services: Services) -> None:
    def work(handle: TaskHandle) -> dict[str, object]:
        handle.report(0.5, stage="half", best={"cost": 2})
        return {"cost": handle.arguments["start"]}

    with services.database.write() as session:
        task_id = ask_task(session, kind="plan", arguments={"start": 1}, by=None, now=NOW).id
    loop = TaskLoop(services, threading.Event(), registry={"plan": work})
    assert loop.do_one()
    assert not loop.do_one()
    with services.database.read() as session:
        task = session.get_one(Task, task_id)
        assert (task.state, task.result, task.best, task.progress) == (
            TaskState.DONE,
            {"cost": 1},
            {"cost": 2},
            1.0,
        )


def test_a_task_that_fails_says_so_and_the_worker_goes_on(services: Services) -> None:
    def work(_handle: TaskHandle) -> dict[str, object]:
        raise ZeroDivisionError

    with services.database.write() as session:
        task_id = ask_task(session, kind="plan", arguments={}, by=None, now=NOW).id
    assert TaskLoop(services, threading.Event(), registry={"plan": work}).do_one()
    with services.database.read() as session:
        task = session.get_one(Task, task_id)
        assert (task.state, task.error) == (TaskState.FAILED, "ZeroDivisionError")


def test_a_cancelled_task_stops_at_its_next_report_and_keeps_what_it_had(
    services: Services,
) -> None:
    def work(handle: TaskHandle) -> dict[str, object]:
        services.database.act(lambda s: cancel_task(s, task_id=handle.task_id, now=NOW))
        handle.report(0.3, best={"cost": 9})
        return {"stopped": handle.is_cancelled()}

    with services.database.write() as session:
        task_id = ask_task(session, kind="plan", arguments={}, by=None, now=NOW).id
    TaskLoop(services, threading.Event(), registry={"plan": work}).do_one()
    with services.database.read() as session:
        task = session.get_one(Task, task_id)
        assert (task.state, task.result, task.best) == (
            TaskState.CANCELLED,
            {"stopped": True},
            {"cost": 9},
        )


def test_the_registry_names_each_kind_once() -> None:
    assert len(REGISTRY) == len(set(REGISTRY))
