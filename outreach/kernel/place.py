"""The settings of one place: country, area code, identity scheme, age rule, dates and hours."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import time
from typing import Any, Literal

IdScheme = Literal["cn", "none"]
DateOrder = Literal["ymd", "dmy", "mdy"]
Hours = tuple[tuple[time, time], ...]


# Whom one rings when a life is in danger, by country (ISO 3166-1). Written from general knowledge:
# a place outside mainland China has its number checked with the service before it goes live.
_EMERGENCY = {
    "CN": "120",
    "HK": "999",
    "MO": "999",
    "TW": "119",
    "JP": "119",
    "KR": "119",
    "SG": "995",
    "MY": "999",
    "GB": "999",
    "US": "911",
    "CA": "911",
    "AU": "000",
    "NZ": "111",
}
# The common number of the European Union.
_EMERGENCY_ELSEWHERE = "112"


def emergency_number(country: str) -> str:
    """Return the number of the ambulance in a country."""
    return _EMERGENCY.get(country.upper(), _EMERGENCY_ELSEWHERE)


@dataclass(frozen=True, slots=True)
class PlaceRules:
    """What differs between one city or country and another; everything else is the same product.

    ``message_hours`` are the local hours in which nudges may arrive (the gap is the noon rest);
    ``ride_hours`` the wider ones of messages about a ride under way.
    """

    country: str = "CN"
    area_code: str = "0371"
    time_zone: str = "Asia/Shanghai"
    id_scheme: IdScheme = "cn"
    minimum_age: int = 80
    date_order: DateOrder = "ymd"
    languages: tuple[str, ...] = ("zh", "en")
    area_levels: tuple[str, ...] = ("district", "street", "community", "grid")
    holidays: str = "CN"
    message_hours: Hours = ((time(8, 30), time(11, 30)), (time(14, 30), time(19, 30)))
    ride_hours: Hours = ((time(6, 30), time(21, 0)),)

    def to_json(self) -> dict[str, Any]:
        """Return plain values that ``from_json`` reads back to an equal place."""
        plain = asdict(self)
        for field in ("message_hours", "ride_hours"):
            plain[field] = [[t.isoformat("minutes") for t in span] for span in plain[field]]
        return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> PlaceRules:
        """Read what ``to_json`` wrote; settings left out keep their defaults."""
        values = dict(plain)
        for field in ("message_hours", "ride_hours"):
            if field in values:
                values[field] = tuple(
                    (time.fromisoformat(a), time.fromisoformat(b)) for a, b in values[field]
                )
        for field in ("languages", "area_levels"):
            if field in values:
                values[field] = tuple(values[field])
        return cls(**values)
