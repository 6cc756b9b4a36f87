"""Tables of accounts: users, grants, one-time links, field and family links, throttles, saved views."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.accounts.codes import FieldKind, LinkPurpose, Role
from outreach.db import Base


class User(Base):
    """A member of staff. ``session_epoch`` rises to end every open session (fault 62)."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=1)
    language: Mapped[str] = mapped_column(default="")
    idle_lock_minutes: Mapped[int] = mapped_column(default=15)
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class RoleGrant(Base):
    """One role over one area and all below it; ``sees_names`` matters for leaders and auditors."""

    __tablename__ = "role_grant"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    role: Mapped[Role]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    sees_names: Mapped[bool] = mapped_column(default=False)
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OneTimeLink(Base):
    """A link that makes or resets an account once; only its hash is kept."""

    __tablename__ = "one_time_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    purpose: Mapped[LinkPurpose]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Sitting(Base):
    """One signed-in browser; the cookie holds a random token, the row its hash (ASVS 7.4).

    ``epoch`` is the account's at sign-in: raising the account's ends every sitting at once.
    """

    __tablename__ = "sitting"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    epoch: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    is_locked: Mapped[bool] = mapped_column(default=False)


class FieldLink(Base):
    """A driver's or escort's one-day door: opaque, hashed, bound to the first device (decisions §3)."""

    __tablename__ = "field_link"
    __table_args__ = (Index("ix_field_link_day", "on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    kind: Mapped[FieldKind]
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    escort_id: Mapped[int | None] = mapped_column(ForeignKey("escort.id"))
    on: Mapped[date]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    device_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    waiting_device_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime]
    shares_position: Mapped[bool] = mapped_column(default=True)


class FamilyLink(Base):
    """A family's door to one visit (or one pair of parents' visits): a link and a short code."""

    __tablename__ = "family_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), index=True)
    contact_person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_person.id"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    made_at: Mapped[datetime]


class ThrottleEvent(Base):
    """One try at a throttled door, kept by a keyed hash of who tried (design §8)."""

    __tablename__ = "throttle_event"
    __table_args__ = (Index("ix_throttle_event_bucket_who_at", "bucket", "who", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bucket: Mapped[str]
    who: Mapped[bytes] = mapped_column(LargeBinary(16))
    at: Mapped[datetime]


class SavedView(Base):
    """A list's filters under a name, private or shared within the owner's area."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "page", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    page: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
    is_shared: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
