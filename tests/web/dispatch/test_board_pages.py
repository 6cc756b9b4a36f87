"""The pages of the board: acts and undo, the second dispatcher's diff, other means, strangers kept out."""

from __future__ import annotations

import html
import re

from flask.testing import FlaskClient

from outreach.db import Database
from outreach.kernel.clock import real_now
from outreach.kernel.geo import Point
from outreach.transport.alarms import Cause, raise_alarm
from outreach.transport.codes import LegStatus
from outreach.transport.positions import note_position
from outreach.transport.progress import set_off
from tests.builders.clinics import DAY, at
from tests.builders.ledger import NOW
from tests.builders.transport import assign, leg_of, version_of
from tests.web.conftest import HTMX, Post, text_of
from tests.web.dispatch.conftest import Office

ON = DAY.isoformat()


def undo_of(page: str) -> str:
    """Return where the notice's undo button leads."""
    found = re.search(
        r'action="([^"]+)"[^>]*>\s*<input[^>]*>\s*<button[^>]*><i class="ti ti-arrow-back-up"', page
    )
    assert found is not None, page[-2000:]
    return html.unescape(found[1])


def put(board: Office, post: Post, client: FlaskClient, leg_id: int, run: int, version: int) -> str:
    answer = post(
        client, f"/day/legs/{leg_id}/assign", run=run, version=version, on=ON, headers=HTMX
    )
    assert answer.status_code == 200, text_of(answer)
    return answer.get_data(as_text=True)


def test_a_ride_is_put_on_a_run_and_every_act_can_be_undone(
    board: Office, post: Post, office_database: Database
) -> None:
    out, run = board.trips[0][1], board.day.runs[0]
    page = put(board, post, board.chen, out, run, version_of(office_database, run))
    assert leg_of(office_database, out).status is LegStatus.ASSIGNED
    page = post(board.chen, undo_of(page), headers=HTMX).get_data(as_text=True)
    assert leg_of(office_database, out).status is LegStatus.WAITING
    post(board.chen, undo_of(page), headers=HTMX)
    assert leg_of(office_database, out).status is LegStatus.ASSIGNED


def test_a_ride_changes_runs_a_stop_its_place_and_both_come_back(
    board: Office, post: Post, office_database: Database
) -> None:
    out, (first, second) = board.trips[0][1], board.day.runs
    put(board, post, board.chen, out, first, version_of(office_database, first))
    fields = {
        "from_run": first,
        "from_version": version_of(office_database, first),
        "run": second,
        "version": version_of(office_database, second),
        "on": ON,
    }
    page = post(board.chen, f"/day/legs/{out}/move", **fields, headers=HTMX).get_data(as_text=True)
    order = f"/day/runs/{second}/order"
    assert (
        post(
            board.chen, order, version=version_of(office_database, second), stops="1", on=ON
        ).status_code
        == 409
    )
    post(board.chen, undo_of(page), headers=HTMX)
    shown = text_of(board.chen.get(f"/day?on={ON}&leg={out}"))
    assert "Move here" in shown
    locked = post(
        board.chen,
        f"/day/runs/{first}/lock",
        version=version_of(office_database, first),
        locked="1",
        on=ON,
        headers=HTMX,
    ).get_data(as_text=True)
    refused = post(
        board.chen, f"/day/legs/{out}/release", version=version_of(office_database, first), on=ON
    )
    assert refused.status_code == 409
    post(board.chen, undo_of(locked), headers=HTMX)
    done = post(
        board.chen, f"/day/legs/{out}/release", version=version_of(office_database, first), on=ON
    )
    assert done.status_code == 303
    assert leg_of(office_database, out).status is LegStatus.WAITING


def test_fault_57_the_second_dispatcher_gets_409_with_who_did_what_and_can_go_on(
    board: Office, post: Post, office_database: Database
) -> None:
    mine, theirs, run = board.trips[0][1], board.trips[1][1], board.day.runs[0]
    seen = version_of(office_database, run)
    put(board, post, board.chen, theirs, run, seen)
    for headers in (HTMX, None):
        fields = {"run": run, "version": seen, "on": ON}
        answer = post(board.li, f"/day/legs/{mine}/assign", **fields, headers=headers)
        assert answer.status_code == 409
        words = text_of(answer)
        assert "A colleague changed" in words
        assert "Chen" in words
        assert "put on the run" in words
    assert leg_of(office_database, mine).status is LegStatus.WAITING
    assert leg_of(office_database, theirs).status is LegStatus.ASSIGNED
    page = answer.get_data(as_text=True)
    found = re.search(r'id="conflict".*?name="version" value="(\d+)"', page, re.DOTALL)
    assert found is not None
    put(board, post, board.li, mine, run, int(found[1]))
    assert leg_of(office_database, mine).status is LegStatus.ASSIGNED


def test_a_refusal_says_what_would_break(
    board: Office, post: Post, office_database: Database
) -> None:
    run = board.day.runs[0]
    out, home = board.trips[0][1:]
    put(board, post, board.chen, out, run, version_of(office_database, run))
    put(board, post, board.chen, home, run, version_of(office_database, run))
    page = board.chen.get(f"/day?on={ON}").get_data(as_text=True)
    stop = re.search(r'data-stop="(\d+)"', page)
    assert stop is not None
    answer = post(
        board.chen,
        f"/day/runs/{run}/stops/{stop[1]}/move",
        version=version_of(office_database, run),
        to=3,
        on=ON,
        headers=HTMX,
    )
    assert answer.status_code == 422
    assert "Not done, it would break: " in text_of(answer)
    asked = board.chen.get(f"/day/runs/{run}/order?stop={stop[1]}&to=3&on={ON}").get_json()
    assert asked["fits"] is False
    assert asked["words"]


def test_while_dragging_every_run_says_fits_or_what_it_breaks(
    board: Office, post: Post, office_database: Database
) -> None:
    tries = board.chen.get(f"/day/legs/{board.trips[0][1]}/tries?on={ON}").get_json()["runs"]
    assert {one["run"] for one in tries} == set(board.day.runs)
    assert all(one["fits"] and "minutes more" in one["words"] for one in tries)
    pulse = board.chen.get(f"/day/pulse?on={ON}").get_json()["pulse"]
    assign(office_database, board.day, board.trips[0][1])
    assert board.chen.get(f"/day/pulse?on={ON}").get_json()["pulse"] != pulse
    why = text_of(board.chen.get(f"/day/legs/{board.trips[1][1]}/why?on={ON}"))
    assert "fits a run" in why


def test_standby_taxi_and_unmet_need_end_in_their_lists(
    board: Office, post: Post, office_database: Database
) -> None:
    (_a, first, _h), (_b, second, _i), (_c, third, _j) = board.trips[:3]
    post(board.chen, f"/day/legs/{first}/standby", standby="1", on=ON)
    post(board.chen, f"/day/legs/{second}/unmet", on=ON)
    assert post(board.chen, f"/day/legs/{third}/taxi", company="", on=ON).status_code == 422
    post(board.chen, f"/day/legs/{third}/taxi", company="安心出租", reference="A-7", on=ON)
    days = f"from_on={ON}&until_on={ON}"
    words = text_of(board.chen.get(f"/unmet?{days}"))
    assert "安心出租 A-7" in words
    assert "No car (unmet need)" in words
    assert text_of(board.stranger.get(f"/unmet?{days}")).count("安心出租") == 0
    assert post(board.stranger, "/unmet/slips/1", amount="25").status_code == 404
    assert post(board.chen, "/unmet/slips/1", amount="25.50").status_code == 303
    assert "Every taxi ride is settled" in text_of(board.chen.get(f"/unmet?{days}"))
    post(board.chen, f"/unmet/legs/{second}/solved", how="女儿送")
    assert "given after all" in text_of(board.chen.get(f"/unmet?{days}"))


def test_an_alarm_gets_a_name_and_the_first_one_stays(
    board: Office, post: Post, office_database: Database
) -> None:
    with office_database.write() as session:
        cause = Cause(
            "x:1",
            "ready_without_car",
            DAY,
            appointment_id=board.trips[0][0],
            site_id=board.day.site_id,
        )
        alarm = raise_alarm(session, cause=cause, now=NOW).id
    assert "I take it" in text_of(board.chen.get(f"/day?on={ON}"))
    assert post(board.stranger, f"/day/alarms/{alarm}/take", on=ON).status_code == 404
    assert post(board.chen, "/day/alarms/999/take", on=ON).status_code == 404
    post(board.chen, f"/day/alarms/{alarm}/take", on=ON)
    words = text_of(post(board.li, f"/day/alarms/{alarm}/take", on=ON, headers=HTMX))
    assert "A colleague has taken it already" in words
    assert "Chen has it since" in words


def test_strangers_find_nothing_of_another_streets_day(
    board: Office, post: Post, office_database: Database
) -> None:
    run, out = board.day.runs[0], board.trips[0][1]
    assign(office_database, board.day, out)
    for address in (
        f"/day/legs/{out}/tries",
        f"/day/legs/{out}/why",
        f"/day/runs/{run}/order?stop=1&to=0",
        f"/fleet/{board.day.vehicles[0]}",
        f"/crew/driver/{board.day.drivers[0]}",
    ):
        assert board.stranger.get(address).status_code == 404, address
    for address in (
        f"/day/legs/{out}/release",
        f"/day/legs/{out}/reached",
        f"/day/legs/{out}/standby",
        f"/day/legs/{out}/no-show",
        f"/day/runs/{run}/lock",
        f"/day/runs/{run}/driver",
        "/day/handovers/1/called",
    ):
        assert post(board.stranger, address, version=1, on=ON).status_code == 404, address
    assert "赵" not in text_of(board.stranger.get(f"/day?on={ON}"))


def test_a_car_is_changed_looked_at_and_kept_here(
    board: Office, post: Post, office_database: Database
) -> None:
    car = board.day.vehicles[0]
    page = board.chen.get(f"/fleet/{car}").get_data(as_text=True)
    version = re.search(r'name="version" value="(\d+)"', page)
    area = re.search(r'name="area".*?value="(\d+)" selected', page, re.DOTALL)
    assert version is not None
    assert area is not None
    fields = {
        "version": version[1],
        "plate": "豫A-新",
        "area": area[1],
        "seats": "3",
        "depot": "车场",
        "insured_until": "2026-12-01",
        "is_active": "1",
    }
    assert post(board.chen, f"/fleet/{car}", **fields).status_code == 303
    assert post(board.chen, f"/fleet/{car}", **fields).status_code == 422  # somebody was quicker
    post(board.chen, f"/fleet/{car}/check", fine=["tyres", "brakes"])
    words = text_of(board.chen.get("/fleet"))
    assert "豫A-新" in words
    assert "Failed the pre-run check" in words


def test_a_driver_is_rung_and_the_number_is_in_the_trail(
    board: Office, post: Post, office_database: Database
) -> None:
    driver, run = board.day.drivers[0], board.day.runs[0]
    page = board.chen.get(f"/crew/driver/{driver}").get_data(as_text=True)
    version = re.search(r'name="version" value="(\d+)"', page)
    area = re.search(r'name="area".*?value="(\d+)" selected', page, re.DOTALL)
    assert version is not None
    assert area is not None
    fields = {"version": version[1], "name": "王师傅", "area": area[1], "is_active": "1"}
    wrong = post(board.chen, f"/crew/driver/{driver}", **fields, phone="12")
    assert wrong.status_code == 422
    done = post(board.chen, f"/crew/driver/{driver}", **fields, phone="13900001234")
    assert done.status_code == 303
    words = text_of(post(board.chen, f"/day/runs/{run}/driver", on=ON))
    assert "+8613900001234" in words
    assert "+8613900001234" not in text_of(board.chen.get(f"/crew/driver/{driver}"))


def test_the_closing_page_adds_up(board: Office) -> None:
    words = text_of(board.chen.get(f"/closing?on={ON}"))
    assert "0 brought = 0 received by a name + 0 not yet" in words
    assert at(9) is not None


def test_cars_under_way_show_on_the_map_of_their_own_dispatchers(
    board: Office, office_database: Database
) -> None:
    run, driver = board.day.runs[0], board.day.drivers[0]
    now = real_now()
    with office_database.write() as session:
        set_off(session, run_id=run)
        point = Point(34.7511, 113.6222)
        assert note_position(session, run_id=run, driver_id=driver, point=point, at=now)
    cars = board.chen.get(f"/day/pulse?on={ON}").get_json()["cars"]
    assert cars == [{"run": run, "at": [34.7511, 113.6222]}]
    assert board.stranger.get(f"/day/pulse?on={ON}").get_json()["cars"] == []
    assert "map-panel" in board.chen.get(f"/day?on={ON}").get_data(as_text=True)
    assert '"kind": "car"' in board.chen.get(f"/day?on={ON}").get_data(as_text=True)
