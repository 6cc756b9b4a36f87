"""Areas and place: pasted trees are shown before they are added; nobody edits beyond their own areas."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from outreach.accounts.codes import Role
from outreach.db import Database
from outreach.places.models import Area
from outreach.places.queries import get_place
from tests.builders.office import Office
from tests.web.conftest import Join, Post, text_of

TREE = "淮河路街道\n  绿云社区\n    第一网格\n福华街街道/绵东社区/第二网格"


@pytest.fixture
def boss(join: Join, office: Office) -> FlaskClient:
    return join("boss", (Role.ADMINISTRATOR, office.district))


def count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Area)) or 0


def test_moment_1b_a_pasted_tree_is_shown_first_and_added_then(
    boss: FlaskClient, office: Office, office_database: Database, post: Post
) -> None:
    before = count(office_database)
    address = f"/admin/areas/{office.district}/tree"
    shown = text_of(post(boss, address, text=TREE, step="look"))
    assert "4 areas are new." in shown
    assert "stands already" in shown
    assert count(office_database) == before
    assert post(boss, address, text=TREE, step="add").status_code == 303
    assert count(office_database) == before + 4
    post(boss, address, text=TREE, step="add")
    assert count(office_database) == before + 4
    with office_database.read() as session:
        grid = session.scalars(select(Area).where(Area.name == "第二网格")).one()
        assert (grid.parent_id, grid.level) == (office.community, "grid")
        assert grid.path == f"/{office.district}/{office.street}/{office.community}/{grid.id}/"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Please fill this in."),
        ("甲/乙/丙/丁", "more than 3 levels"),
        ("甲\n\t\t\t乙", "Line 2 is indented deeper"),
    ],
)
def test_a_tree_that_cannot_be_read_says_which_line_and_adds_nothing(
    boss: FlaskClient, office: Office, office_database: Database, post: Post, text: str, said: str
) -> None:
    before = count(office_database)
    answer = post(boss, f"/admin/areas/{office.district}/tree", text=text, step="add")
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert count(office_database) == before


@pytest.mark.parametrize("tail", ["", "/tree", "/close", "/reopen"])
def test_fault_60_areas_outside_one_s_own_look_missing(
    join: Join, office: Office, post: Post, tail: str
) -> None:
    chief = join("chief", (Role.ADMINISTRATOR, office.street))
    for area_id in (office.district, office.other_street, office.far_community):
        fields = {"name": "X", "version": 1, "text": "X"}
        assert post(chief, f"/admin/areas/{area_id}{tail}", **fields).status_code == 404
        assert chief.get(f"/admin/areas/{area_id}").status_code == 404
    assert chief.get("/admin/areas").location == f"/admin/areas/{office.street}"


def test_an_area_is_renamed_once_and_the_second_editor_is_told(
    boss: FlaskClient, office: Office, post: Post
) -> None:
    address = f"/admin/areas/{office.community}"
    page = boss.get(address).get_data(as_text=True)
    version = page.split('name="version" value="')[1].split('"')[0]
    fields = {"code": "A1", "centre_latitude": "34.75", "centre_longitude": "113.61"}
    assert post(boss, address, name="绵东新村", version=version, **fields).status_code == 303
    assert "绵东新村" in text_of(boss.get(address))
    late = post(boss, address, name="另一个名字", version=version)
    assert late.status_code == 422
    assert "Someone else changed this" in text_of(late)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "绵西社区"}, "An area of this name stands here already."),
        ({"centre_latitude": "0", "centre_longitude": "0"}, "This point is not on the map."),
        ({"centre_latitude": "34.7"}, "This point is not on the map."),
        ({"centre_latitude": "91", "centre_longitude": "0"}, "Between -90 and 90."),
    ],
)
def test_an_area_with_faults_stays_as_it_was(
    boss: FlaskClient, office: Office, post: Post, fields: dict[str, str], said: str
) -> None:
    address = f"/admin/areas/{office.community}"
    page = boss.get(address).get_data(as_text=True)
    version = page.split('name="version" value="')[1].split('"')[0]
    answer = post(boss, address, **{"name": "绵东社区", "version": version, **fields})
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_closing_an_area_can_be_undone(boss: FlaskClient, office: Office, post: Post) -> None:
    closed = post(boss, f"/admin/areas/{office.community}/close")
    page = boss.get(closed.location).get_data(as_text=True)
    assert f'action="/admin/areas/{office.community}/reopen"' in page
    post(boss, f"/admin/areas/{office.community}/reopen")
    assert "The area is open again." in text_of(boss.get(closed.location))


class TestPlace:
    """Moment 1j: the place setting."""

    def values(self, client: FlaskClient) -> dict[str, str]:
        page = client.get("/admin/place").get_data(as_text=True)
        return {
            "version": page.split('name="version" value="')[1].split('"')[0],
            "name": "Erqi",
            "country": "CN",
            "area_code": "0371",
            "time_zone": "Asia/Shanghai",
            "id_scheme": "cn",
            "minimum_age": "80",
            "date_order": "ymd",
            "holidays": "CN",
            "opens": "08:30",
            "rest_from": "11:30",
            "rest_until": "14:30",
            "closes": "19:30",
            "ride_opens": "06:30",
            "ride_closes": "21:00",
            "duty_phone": "0371-68880000",
            "map_datum": "gcj02",
        }

    def test_moment_1j_another_place_is_a_matter_of_settings(
        self, boss: FlaskClient, office_database: Database, post: Post
    ) -> None:
        english = {
            "name": "Exampleton",
            "country": "gb",
            "time_zone": "Europe/London",
            "id_scheme": "none",
            "date_order": "dmy",
            "minimum_age": "75",
            "rest_from": "",
            "rest_until": "",
        }
        answer = post(boss, "/admin/place", **{**self.values(boss), **english})
        assert answer.status_code == 303
        with office_database.read() as session:
            place = get_place(session)
            assert (place.country, place.time_zone) == ("GB", "Europe/London")
            assert (place.minimum_age, place.rest_from) == (75, None)

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"time_zone": "Mars/Olympus"}, "This time zone is not known."),
            ({"time_zone": "../../etc/passwd"}, "This time zone is not known."),
            ({"opens": "20:00"}, "The hours must follow each other."),
            ({"rest_until": ""}, "The hours must follow each other."),
            ({"ride_opens": "09:00"}, "The hours must follow each other."),
            ({"opens": "half past"}, "Please enter a time"),
            ({"minimum_age": "-1"}, "Between 0 and 120."),
        ],
    )
    def test_a_wrong_setting_is_named_and_nothing_is_changed(
        self,
        boss: FlaskClient,
        office_database: Database,
        post: Post,
        fields: dict[str, str],
        said: str,
    ) -> None:
        answer = post(boss, "/admin/place", **{**self.values(boss), "name": "X", **fields})
        assert answer.status_code == 422
        assert said in text_of(answer)
        with office_database.read() as session:
            assert get_place(session).name == "Erqi"

    def test_only_an_administrator_of_every_district_may_change_it(
        self, join: Join, office: Office, boss: FlaskClient, post: Post
    ) -> None:
        chief = join("chief", (Role.ADMINISTRATOR, office.street))
        assert "Only an administrator of all districts" in text_of(chief.get("/admin/place"))
        assert post(chief, "/admin/place", **self.values(boss)).status_code == 403
