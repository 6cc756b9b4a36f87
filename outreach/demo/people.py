"""Invented residents of a demo district, the same for the same seed: births, families, phones, old doses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from outreach.demo.districts import DemoCommunity, DemoCompound, DemoDistrict
from outreach.kernel.identity import check_digit
from outreach.kernel.phone import parse_phone
from outreach.ledger.codes import BirthCertainty, ContactRole, Relation, Sex
from outreach.ledger.new_residents import NewContact, NewPhone, NewResident

T = TypeVar("T")

SEED = 20261201
COUNTY_CODE = "410103"
# Share of elders by age at the start of their band: most are in their early eighties.
AGES = ((80, 84, 48), (85, 89, 33), (90, 94, 15), (95, 101, 4))
DOSES_TAKEN = ((0, 22), (1, 9), (2, 37), (3, 32))
FIRST_DOSES = date(2021, 5, 1)
MOBILITY_MIX = (
    ("M0", 38),
    ("M1", 30),
    ("M2", 13),
    ("M3", 9),
    ("M4", 4),
    ("M6", 2),
    ("M9", 4),
)
KIN = (
    (Relation.DAUGHTER, 34),
    (Relation.SON, 36),
    (Relation.DAUGHTER_IN_LAW, 12),
    (Relation.SPOUSE, 10),
    (Relation.GRANDCHILD, 5),
    (Relation.NEIGHBOUR, 3),
)


@dataclass(frozen=True, slots=True)
class Invented:
    """One resident to enter and the days of old doses."""

    row: NewResident
    compound: DemoCompound
    doses: tuple[date, ...]


class Inventor:
    """Draws residents from one seeded source of chance; numbers are never used twice."""

    def __init__(self, district: DemoDistrict, *, today: date) -> None:
        self._district = district
        self._today = today
        self._chance = Random(SEED)  # noqa: S311 - invented people, no secret
        self._numbers = iter(self._chance.sample(range(10_000), 9_000))
        self._sequence = 100

    def community(
        self, community: DemoCommunity, *, community_id: int, grid_ids: list[int]
    ) -> list[Invented]:
        """Return the community's residents, spread over its grids."""
        return [
            self._resident(community, community_id, grid_ids[i % len(grid_ids)])
            for i in range(community.residents)
        ]

    def _resident(self, community: DemoCommunity, community_id: int, grid_id: int) -> Invented:
        chance, district = self._chance, self._district
        is_woman = chance.random() < 0.57
        born_on = self._birth()
        compound = chance.choice(community.compounds)
        building, unit = chance.randint(1, 12), chance.randint(1, 4)
        floor = chance.randint(1, compound.floors)
        door = f"{floor}{chance.randint(1, 4):02d}"
        mobility = self._weighted(MOBILITY_MIX)
        alone = chance.random() < 0.2
        given = chance.choice(district.women if is_woman else district.men)
        surname = chance.choice(district.surnames)
        row = NewResident(
            name=f"{surname}{given}" if district.language == "zh" else f"{given} {surname}",
            community_id=community_id,
            grid_id=grid_id,
            sex=Sex.FEMALE if is_woman else Sex.MALE,
            born_on=born_on,
            birth_certainty=BirthCertainty.FROM_ID,
            id_number=self._id_number(born_on, is_woman=is_woman),
            address=district.address.format(
                compound=compound.name, building=building, unit=unit, door=door
            ),
            building=str(building),
            unit=str(unit),
            floor=floor,
            has_lift=compound.has_lift,
            mobility=mobility,
            mobility_flags=tuple(
                flag
                for flag, share in (("hearing", 0.14), ("sight", 0.06), ("needs_companion", 0.12))
                if chance.random() < share
            ),
            lives_alone=alone,
            language=district.language,
            note=chance.choice(district.remarks) if chance.random() < 0.25 else "",
            contacts=self._contacts(surname, alone=alone),
        )
        return Invented(row=row, compound=compound, doses=self._doses())

    def _birth(self) -> date:
        share = self._weighted(tuple(((low, high), weight) for low, high, weight in AGES))
        age = self._chance.randint(*share)
        return self._today - timedelta(days=int(age * 365.25) + self._chance.randint(1, 360))

    def _doses(self) -> tuple[date, ...]:
        count = self._weighted(DOSES_TAKEN)
        days: list[date] = []
        day = FIRST_DOSES + timedelta(days=self._chance.randint(0, 180))
        for number in range(count):
            days.append(day)
            gap = (21, 50) if number == 0 else (190, 320)
            day += timedelta(days=self._chance.randint(*gap))
        return tuple(days)

    def _contacts(self, surname: str, *, alone: bool) -> tuple[NewContact, ...]:
        own = self._phones(share_landline=0.18)
        contacts = [NewContact(Relation.SELF, role=ContactRole.DECIDES, phones=own)]
        if self._chance.random() < (0.72 if alone else 0.86):
            relation = self._weighted(KIN)
            contacts.append(
                NewContact(relation, name=self._kin_name(surname, relation), phones=self._phones())
            )
        return tuple(contacts)

    def _kin_name(self, surname: str, relation: Relation) -> str:
        district = self._district
        male = relation in {Relation.SON, Relation.GRANDCHILD, Relation.SON_IN_LAW}
        own = relation in {Relation.SON, Relation.DAUGHTER, Relation.GRANDCHILD}
        family = surname if own else self._chance.choice(district.surnames)
        given = self._chance.choice(district.men if male else district.women)
        return f"{family}{given}" if district.language == "zh" else f"{given} {family}"

    def _phones(self, *, share_landline: float = 0.0) -> tuple[NewPhone, ...]:
        number = next(self._numbers)
        if self._chance.random() < share_landline:
            return (new_phone(self._district, f"{self._district.landline_prefix}{number:04d}"),)
        return (new_phone(self._district, f"{self._district.phone_prefix}{number:04d}"),)

    def _id_number(self, born_on: date, *, is_woman: bool) -> str | None:
        if self._district.place["id_scheme"] != "cn":
            return None
        self._sequence = 100 + (self._sequence - 99) % 890
        order = self._sequence - (self._sequence % 2) + (0 if is_woman else 1)
        first = f"{COUNTY_CODE}{born_on:%Y%m%d}{order:03d}"
        return first + check_digit(first)

    def _weighted(self, choices: tuple[tuple[T, int], ...]) -> T:
        return self._chance.choices([c for c, _ in choices], [w for _, w in choices])[0]


def new_phone(district: DemoDistrict, written: str) -> NewPhone:
    """Return the number as the ledger keeps it; the stock of numbers is invented but well formed."""
    read = parse_phone(
        written, country=str(district.place["country"]), area_code=str(district.place["area_code"])
    )
    if read is None:
        raise ValueError("an invented number must be well formed")
    return NewPhone(read.e164, read.kind)
