"""Finding points: one question per address, the last good point kept, planning never stopped."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from outreach.db import Database
from outreach.kernel.errors import InvalidInput
from outreach.kernel.geo import Datum, Point, distance_m, from_wgs84
from outreach.places.addresses import (
    add_address,
    addresses_to_locate,
    addresses_wanting_a_pin,
    check_real_stop,
    get_address,
    note_real_stop,
    pin_address,
)
from outreach.places.codes import PointConfidence, PointSource
from outreach.places.compounds import add_compound, find_in_compounds
from outreach.places.geocoding import ask_once, locate_address
from outreach.places.models import Area
from outreach.places.points import points_of
from outreach.ports.geocoding import Answer, GeocoderDown, Located, NotLocated
from outreach.schema import metadata
from tests.builders.ledger import NOW, Village, build_village
from tests.builders.places import ScriptedGeocoder

CENTRE = Point(34.752, 113.612)
FOUND = Point(34.7553, 113.6101)


@pytest.fixture
def village(database: Database) -> Village:
    """A community with a centre."""
    metadata().create_all(database.engine)
    with database.write() as session:
        made = build_village(session)
        area = session.get_one(Area, made.community_id)
        area.latitude, area.longitude = CENTRE
    return made


def add(database: Database, village: Village, text: str = "棉纺东路12号院3号楼") -> int:
    with database.write() as session:
        return add_address(session, text=text, area_id=village.community_id, now=NOW).id


def locate(database: Database, address_id: int, answer: Answer) -> PointConfidence | None:
    geocoder = ScriptedGeocoder(answer)
    return locate_address(database, geocoder, address_id=address_id, now=NOW, sleep=lambda _s: None)


@pytest.mark.parametrize("answer", [GeocoderDown("timeout"), GeocoderDown("429"), NotLocated()])
def test_moment_1i_without_an_answer_planning_goes_on_from_the_community_centre(
    database: Database, village: Village, answer: Answer
) -> None:
    address_id = add(database, village)
    assert locate(database, address_id, answer) is PointConfidence.LOW
    with database.read() as session:
        assert get_address(session, address_id).point_source is PointSource.COMMUNITY_CENTRE
        assert points_of(session, [address_id])[address_id] == CENTRE
        asked = addresses_wanting_a_pin(session, area_ids=[village.community_id])
    assert [a.address_id for a in asked] == [address_id]


@pytest.mark.parametrize(
    "answer", [GeocoderDown("down"), NotLocated(), Located(Point(34.9, 113.9), "low")]
)
def test_fault_51_a_bad_day_of_the_geocoder_keeps_the_last_good_point(
    database: Database, village: Village, answer: Answer
) -> None:
    address_id = add(database, village)
    locate(database, address_id, Located(FOUND, "high", Datum.GCJ02))
    with database.write() as session:
        get_address(session, address_id).text += "东门"  # asked again because it was rewritten
    assert locate(database, address_id, answer) is PointConfidence.HIGH
    with database.read() as session:
        address = get_address(session, address_id)
        assert (address.latitude, address.longitude) == FOUND
        assert address.source_datum == Datum.GCJ02


def test_fault_51_a_geocoder_that_is_down_is_not_asked_again_and_again(
    database: Database, village: Village
) -> None:
    geocoder = ScriptedGeocoder(GeocoderDown("down"))
    address_id = add(database, village)
    for _ in range(5):
        locate_address(database, geocoder, address_id=address_id, now=NOW, sleep=lambda _s: None)
    assert len(geocoder.asked) == 1
    with database.read() as session:
        assert addresses_to_locate(session) == [address_id]


def test_fault_52_five_hundred_equal_addresses_make_one_call(
    database: Database, village: Village
) -> None:
    geocoder = ScriptedGeocoder(Located(FOUND, "high"))
    spoken = ["棉纺东路 12号院3号楼", "棉纺东路12号院3号楼"]

    def ask(times: int) -> None:
        for i in range(times):
            ask_once(database, geocoder, text=spoken[i % 2], near=None, sleep=lambda _s: None)

    threads = [threading.Thread(target=ask, args=(125,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(geocoder.asked) == 1
    answer = ask_once(database, geocoder, text=spoken[0], near=None)
    assert isinstance(answer, Located)
    assert answer.point == FOUND


def test_fault_52_questions_are_spread_to_one_a_second_across_processes(
    database: Database, village: Village
) -> None:
    geocoder = ScriptedGeocoder(Located(FOUND, "high"))
    waits: list[float] = []
    for i in range(15):
        ask_once(database, geocoder, text=f"第{i}号院", near=None, sleep=waits.append)
    slept = [wait for wait in waits if wait]
    gaps = [b - a for a, b in pairwise(slept)]
    assert all(0.8 < gap < 1.05 for gap in gaps)
    assert max(waits) <= 10  # beyond a queue of ten seconds one goes on without an answer
    assert len(geocoder.asked) < 15


def test_the_communitys_own_table_needs_no_geocoder(database: Database, village: Village) -> None:
    gate = Point(34.7561, 113.6077)
    with database.write() as session:
        add_compound(
            session,
            community_id=village.community_id,
            name="棉纺东路12号院",
            aliases=("国棉六厂家属院",),
            point=gate,
        )
        add_compound(
            session, community_id=village.community_id, name="棉纺东路", point=Point(34.7, 113.6)
        )
    geocoder = ScriptedGeocoder(Located(FOUND, "high"))
    for text in ("河南省郑州市棉纺东路 １２号院10号楼", "国棉六厂家属院3号楼"):
        address_id = add(database, village, text)
        with database.read() as session:
            address = get_address(session, address_id)
            assert (address.latitude, address.longitude) == gate
            assert address.point_confidence is PointConfidence.HIGH
        locate_address(database, geocoder, address_id=address_id, now=NOW)
    assert geocoder.asked == []


def test_a_compound_that_exists_in_two_other_communities_is_no_answer(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        for community in (village.community_id, village.other_community_id):
            add_compound(session, community_id=community, name="幸福小区", point=FOUND)
        text = "幸福小区1号楼"
        own = find_in_compounds(session, area_id=village.grid_id, text=text)
        elsewhere = find_in_compounds(session, area_id=village.street_id, text=text)
    assert own is not None
    assert own.confidence is PointConfidence.HIGH
    assert elsewhere is None


def test_a_pin_by_hand_is_never_overwritten_and_speaks_the_maps_datum(
    database: Database, village: Village
) -> None:
    address_id = add(database, village)
    clicked = from_wgs84(FOUND, Datum.BD09)
    with database.write() as session:
        pin_address(session, address_id=address_id, pin=clicked, now=NOW, datum=Datum.BD09)
    locate(database, address_id, Located(Point(34.7, 113.7), "high"))
    with database.read() as session:
        address = get_address(session, address_id)
        assert address.latitude is not None
        assert address.longitude is not None
        assert distance_m(Point(address.latitude, address.longitude), FOUND) < 1
    with database.write() as session, pytest.raises(InvalidInput):
        pin_address(session, address_id=address_id, pin=Point(0, 0), now=NOW)


def test_where_the_driver_really_stopped_counts_once_staff_checked_it(
    database: Database, village: Village
) -> None:
    address_id = add(database, village)
    real = Point(34.7549, 113.6088)
    with database.write() as session:
        note_real_stop(session, address_id=address_id, stopped=real, access_note="北门进", now=NOW)
        assert points_of(session, [address_id])[address_id] == CENTRE
        check_real_stop(session, address_id=address_id, is_right=True, by=village.worker)
    with database.read() as session:
        assert points_of(session, [address_id])[address_id] == real
        assert get_address(session, address_id).access_note == "北门进"
