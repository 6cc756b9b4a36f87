"""The services a running process works with, built once from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from outreach.adapters.console_gateway import ConsoleGateway
from outreach.adapters.straight_line import StraightLine
from outreach.config import Settings, SettingsWrong
from outreach.db import Database, make_engine
from outreach.places.matrix import KeptTables
from outreach.ports.geocoding import Geocoder
from outreach.ports.messages import MessageGateway
from outreach.ports.travel import TravelTimes
from outreach.vault import load_vault
from outreach.workflows.family_links import DOOR_PATH
from outreach.workflows.routes import Routes

OF_ONE_NETWORK = frozenset({"lan", "local", "localhost", "internal", "arpa"})


@dataclass(frozen=True, slots=True)
class Services:
    """What web and worker share: settings, the database with its vault, and doors to outside."""

    settings: Settings
    database: Database
    geocoder: Geocoder | None  # None: the communities' own compounds alone
    travel_times: TravelTimes
    routes: Routes


def build_services(settings: Settings) -> Services:
    """Open the database with its keys; raise KeysMissing when ``init`` was never run here."""
    vault = load_vault(settings.keys_file)
    database = Database(make_engine(settings.database), vault)
    return Services(
        settings=settings,
        database=database,
        geocoder=build_geocoder(settings),
        travel_times=KeptTables(build_travel_times(settings)),
        routes=build_routes(settings, database),
    )


def build_routes(settings: Settings, database: Database) -> Routes:
    """Return the gateways asked for, the preferred one first; wrong settings stop the start."""
    names = dict.fromkeys(n for n in (settings.gateway_name, settings.second_gateway) if n)
    return Routes(
        tuple(_build_gateway(name, settings, database) for name in names),
        family_door=f"{settings.public_url}{DOOR_PATH}" if is_public(settings.public_url) else "",
    )


def is_public(address: str) -> bool:
    """Whether a web address can be opened from any network, as far as its own words tell."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and host.rpartition(".")[2] not in OF_ONE_NETWORK


def _build_gateway(name: str, settings: Settings, database: Database) -> MessageGateway:
    if name == "console":
        return ConsoleGateway(database)
    if name == "twilio":
        from outreach.adapters.twilio_gateway import TwilioAccount, TwilioGateway

        return TwilioGateway(TwilioAccount.of(settings))
    if name == "http":
        from outreach.adapters.http_gateway import load_http_gateway

        return load_http_gateway(settings.http_gateway_file)
    raise SettingsWrong(["OUTREACH_GATEWAY: must be console, twilio or http"])


def build_geocoder(settings: Settings) -> Geocoder | None:
    """Return the geocoder asked for; each vendor is loaded only when it is used."""
    if settings.geocoder == "nominatim":
        from outreach.adapters.nominatim import Nominatim

        return Nominatim(url=settings.geocoder_url, contact=settings.public_url)
    if settings.geocoder == "baidu":
        from outreach.adapters.baidu import Baidu

        return Baidu(key=settings.geocoder_key, url=settings.geocoder_url)
    if settings.geocoder == "amap":
        from outreach.adapters.amap import AMap

        return AMap(key=settings.geocoder_key, url=settings.geocoder_url)
    return None


def build_travel_times(settings: Settings) -> TravelTimes:
    """Return the best source of driving times that is set up: a server, own roads, else straight lines."""
    source: TravelTimes = StraightLine()
    if settings.roads_file is not None:
        from outreach.adapters.osm_roads import OsmRoads

        source = OsmRoads(settings.roads_file, cache=settings.instance, fallback=source)
    if settings.travel_server:
        from outreach.adapters.table_server import TableServer

        source = TableServer(settings.travel_server, fallback=source)
    return source
