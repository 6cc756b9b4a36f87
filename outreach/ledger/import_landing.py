"""Writing what a file says into the ledger: new people at once, changes of known ones field by field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.models import Product
from outreach.campaigns.rule_packs import plain_name
from outreach.ledger.bulk import insert_rows
from outreach.ledger.codes import (
    BirthCertainty,
    ContactRole,
    EvidenceGrade,
    LifeReportKind,
    PhoneKind,
    Relation,
    ReportState,
    Sex,
)
from outreach.ledger.doses import NewDose
from outreach.ledger.import_match import address_of
from outreach.ledger.import_rows import FieldChange
from outreach.ledger.models import ContactPerson, LifeReport, Resident
from outreach.ledger.new_residents import NewContact, NewPhone, NewResident
from outreach.ledger.outcome import RowDose, RowOutcome, RowPhone, RowValues
from outreach.ledger.residents import (
    ResidentEdit,
    add_contact,
    add_phone,
    edit_resident,
    set_address,
    touch,
)
from outreach.places.models import Address
from outreach.places.operations import grid_named

_MOBILITY = (("bed_bound", "M6"), ("wheelchair", "M3"), ("walker", "M2"), ("stick_or_arm", "M1"))
_FLAGS = ("hearing", "sight", "cognition", "oxygen", "carsick")
_RELATIONS: tuple[tuple[str, Relation], ...] = (
    ("儿媳", Relation.DAUGHTER_IN_LAW),
    ("媳妇", Relation.DAUGHTER_IN_LAW),
    ("女婿", Relation.SON_IN_LAW),
    ("孙", Relation.GRANDCHILD),
    ("外甥", Relation.FAMILY),
    ("老伴", Relation.SPOUSE),
    ("配偶", Relation.SPOUSE),
    ("丈夫", Relation.SPOUSE),
    ("妻", Relation.SPOUSE),
    ("爱人", Relation.SPOUSE),
    ("女儿", Relation.DAUGHTER),
    ("闺女", Relation.DAUGHTER),
    ("儿", Relation.SON),
    ("子", Relation.SON),
    ("女", Relation.DAUGHTER),
    ("邻居", Relation.NEIGHBOUR),
    ("保姆", Relation.CARER),
    ("护工", Relation.CARER),
    ("daughter-in-law", Relation.DAUGHTER_IN_LAW),
    ("son-in-law", Relation.SON_IN_LAW),
    ("grand", Relation.GRANDCHILD),
    ("daughter", Relation.DAUGHTER),
    ("son", Relation.SON),
    ("wife", Relation.SPOUSE),
    ("husband", Relation.SPOUSE),
    ("spouse", Relation.SPOUSE),
    ("neighbo", Relation.NEIGHBOUR),
    ("carer", Relation.CARER),
)


@dataclass(slots=True)
class Landing:
    """What the rows of one batch share on their way into the ledger; grids are found once."""

    batch_id: int
    batch_uuid: str
    community_id: int
    vaccine_id: int | None
    by: int | None
    now: datetime
    grids: dict[str, int]
    products: dict[str, int]

    def grid_id(self, session: Session, name: str) -> int | None:
        """Return the community's grid of this name; a new one is added."""
        if not name:
            return None
        if name not in self.grids:
            grid = grid_named(session, community_id=self.community_id, name=name)
            self.grids[name] = grid.id
        return self.grids[name]


def product_names(session: Session, *, vaccine_id: int | None) -> dict[str, int]:
    """Return the products of a vaccine by each name and code, as ``plain_name`` writes them."""
    rows = session.scalars(
        select(Product).where(Product.vaccine_id == vaccine_id).order_by(Product.id)
    )
    names: dict[str, int] = {}
    for product in rows:
        for name in _names_of(product):
            names.setdefault(name, product.id)
    return names


def names_of_others(session: Session, *, vaccine_id: int) -> frozenset[str]:
    """Return the names of other vaccines' products that no product of this one bears."""
    rows = session.scalars(select(Product).where(Product.vaccine_id != vaccine_id))
    others = {name for product in rows for name in _names_of(product)}
    return frozenset(others - product_names(session, vaccine_id=vaccine_id).keys())


def _names_of(product: Product) -> list[str]:
    names = (product.code, product.name_zh, product.name_en, *product.aliases)
    return [plain_name(name) for name in names]


def new_resident(session: Session, landing: Landing, values: RowValues) -> NewResident:
    """Return the person whom a row describes."""
    needs = values.needs
    return NewResident(
        name=values.name,
        community_id=landing.community_id,
        grid_id=landing.grid_id(session, values.grid),
        sex=Sex(values.sex) if values.sex else Sex.UNKNOWN,
        born_on=values.born_on,
        birth_certainty=BirthCertainty(values.birth_certainty),
        id_number=values.id_number,
        id_as_written=values.id_as_written or values.id_kept_digits,
        address=address_of(values),
        building=values.building,
        unit=values.unit,
        floor=int(values.floor) if values.floor.isascii() and values.floor.isdigit() else None,
        mobility=next((code for need, code in _MOBILITY if need in needs), "M9"),
        mobility_flags=tuple([flag for flag in _FLAGS if flag in needs]) if needs else (),
        lives_alone=True if "lives_alone" in needs else None,
        held_all=values.hold == "all",
        held_nudges=bool(values.hold),
        note=values.note,
        clinical_note=values.health,
        contacts=contacts_of(values),
    )


def contacts_of(values: RowValues) -> tuple[NewContact, ...]:
    """Return whom to speak with: the person, and family by whose number it is."""
    own = tuple([_new_phone(p) for p in values.phones if p.owner == "own"])
    family: dict[str, list[NewPhone]] = {}
    for phone in values.phones:
        if phone.owner != "own":
            family.setdefault(phone.label, []).append(_new_phone(phone))
    if values.contact_name and not family:
        family[""] = []
    people = [NewContact(Relation.SELF, "", ContactRole.DECIDES, own)]
    for label, phones in family.items():
        people.append(
            NewContact(
                relation_of(values.contact_relation or label),
                values.contact_name or label,
                ContactRole.TOLD,
                tuple(phones),
            )
        )
    return tuple(people)


def relation_of(text: str) -> Relation:
    """Return the relation that a word in a ledger means; ``family`` where it says nothing more."""
    folded = text.casefold()
    return next((relation for word, relation in _RELATIONS if word in folded), Relation.FAMILY)


def new_dose(landing: Landing, resident_id: int, row: int, dose: RowDose) -> NewDose:
    """Return a dose of a community's own ledger: told, not proven."""
    assert landing.vaccine_id is not None  # noqa: S101 - the caller asked
    return NewDose(
        resident_id=resident_id,
        vaccine_id=landing.vaccine_id,
        given_on=dose.given_on,
        grade=EvidenceGrade.SELF_REPORT,
        reference=f"import:{landing.batch_uuid}:{row}",
        product_id=landing.products.get(plain_name(dose.product)),
        product_text=dose.product,
        site_text=dose.site,
        stated_number=dose.number,
        import_batch_id=landing.batch_id,
    )


def add_life_reports(
    session: Session, landing: Landing, people: Iterable[tuple[int, RowValues]]
) -> None:
    """Put words about a changed life before people; the new rows hold their messages already."""
    rows: list[dict[str, Any]] = [
        {
            "resident_id": resident_id,
            "kind": LifeReportKind(kind),
            "state": ReportState.OPEN,
            "source": "import",
            "words": values.note,
            # An import has looked at nothing: a death still wants two people who did.
            "reported_by": None,
            "reported_at": landing.now,
        }
        for resident_id, values in people
        for kind in values.reports
    ]
    insert_rows(session, LifeReport, rows)


def apply_changes(
    session: Session,
    landing: Landing,
    *,
    resident_id: int,
    row: RowOutcome,
    changes: Sequence[FieldChange],
) -> list[NewDose]:
    """Write the changes of a known resident; return the doses, which are added all at once."""
    values = row.values
    wanted = {change.field: change for change in changes if change.is_applied}
    resident = session.get_one(Resident, resident_id)
    if wanted.keys() - {"phone", "dose", "address"}:
        edit_resident(
            session,
            resident_id=resident_id,
            edit=_edit(session, landing, values, wanted),
            version=resident.version,
            now=landing.now,
        )
    if "address" in wanted:
        _move(session, landing, resident, address_of(values))
    if "phone" in wanted:
        fresh = {c.now for c in changes if c.field == "phone"}
        _add_phones(session, landing, resident_id, values, fresh)
    days = {c.now for c in changes if c.field == "dose" and c.is_applied}
    return [
        new_dose(landing, resident_id, row.row, dose)
        for dose in values.doses
        if dose.given_on.isoformat() in days
    ]


def _edit(
    session: Session, landing: Landing, values: RowValues, wanted: dict[str, FieldChange]
) -> ResidentEdit:
    return ResidentEdit(
        sex=Sex(values.sex) if "sex" in wanted and values.sex else None,
        born_on=values.born_on if "born_on" in wanted else None,
        id_number=values.id_number if "id_number" in wanted else None,
        grid_id=landing.grid_id(session, values.grid) if "grid" in wanted else None,
        note=wanted["note"].now if "note" in wanted else None,
        clinical_note=wanted["clinical_note"].now if "clinical_note" in wanted else None,
    )


def _move(session: Session, landing: Landing, resident: Resident, text: str) -> None:
    """Give someone the address that the file states; a home that others share stays theirs."""
    address = session.scalars(
        select(Address)
        .where(Address.area_id == landing.community_id, Address.text == text)
        .order_by(Address.id)
        .limit(1)
    ).first()
    if address is None:
        address = Address(area_id=landing.community_id, text=text)
        session.add(address)
        session.flush()
    set_address(
        session,
        resident_id=resident.id,
        address_id=address.id,
        household_id=None,
        now=landing.now,
    )


def _add_phones(
    session: Session, landing: Landing, resident_id: int, values: RowValues, fresh: set[str]
) -> None:
    rows = session.execute(
        select(ContactPerson.id, ContactPerson.relation)
        .where(ContactPerson.resident_id == resident_id, ContactPerson.ended_at.is_(None))
        .order_by(ContactPerson.position, ContactPerson.id)
    ).all()
    contacts = {relation: contact_id for contact_id, relation in reversed(rows)}
    for contact in contacts_of(values):
        phones = tuple([p for p in contact.phones if p.e164 in fresh])
        if not phones:
            continue
        known = contacts.get(contact.relation)
        if known is None:
            add_contact(
                session,
                resident_id=resident_id,
                contact=contact._replace(phones=phones),
                now=landing.now,
            )
            continue
        for phone in phones:
            add_phone(session, contact_person_id=known, phone=phone, position=9)
    touch(session, resident_id=resident_id, now=landing.now)


def _new_phone(phone: RowPhone) -> NewPhone:
    return NewPhone(phone.e164, PhoneKind(str(phone.kind)))
