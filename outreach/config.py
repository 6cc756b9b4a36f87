"""Settings, read once from the environment and ``instance/outreach.env``; a wrong one stops the start."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PROJECT = Path(__file__).resolve().parent.parent


class SettingsWrong(Exception):
    """A setting cannot be used; ``problems`` name each setting and its remedy."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class Settings(BaseSettings):
    """Everything that differs between installations and is not a row of the database."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    instance: Path = Field(default=PROJECT / "instance", validation_alias="OUTREACH_INSTANCE")
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    host: str = Field(default="127.0.0.1", validation_alias="HOST")
    port: int = Field(default=8080, ge=0, le=65535, validation_alias="PORT")
    public_url: str = Field(default="", validation_alias="PUBLIC_URL")
    now: datetime | None = Field(default=None, validation_alias="OUTREACH_NOW")
    gateway: str = Field(default="", validation_alias="OUTREACH_GATEWAY")
    second_gateway: str = Field(default="", validation_alias="OUTREACH_SECOND_GATEWAY")
    http_gateway_file: Path | None = Field(default=None, validation_alias="OUTREACH_HTTP_GATEWAY")
    twilio_account_sid: str = Field(default="", validation_alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: str = Field(default="", validation_alias="TWILIO_AUTH_TOKEN", repr=False)
    twilio_from: str = Field(default="", validation_alias="TWILIO_FROM")
    twilio_api_base: str = Field(default="", validation_alias="TWILIO_API_BASE")
    geocoder: Literal["compounds", "nominatim", "baidu", "amap"] = Field(
        default="compounds", validation_alias="OUTREACH_GEOCODER"
    )
    geocoder_key: str = Field(default="", validation_alias="OUTREACH_GEOCODER_KEY", repr=False)
    geocoder_url: str = Field(default="", validation_alias="OUTREACH_GEOCODER_URL")
    roads_file: Path | None = Field(default=None, validation_alias="OUTREACH_ROADS")
    travel_server: str = Field(default="", validation_alias="OUTREACH_TRAVEL_SERVER")
    map_tiles: str = Field(default="", validation_alias="OUTREACH_MAP_TILES")
    worker_threads: int = Field(default=8, ge=1, le=64, validation_alias="OUTREACH_SENDERS")
    worker_metrics_port: int = Field(
        default=0, ge=0, le=65535, validation_alias="OUTREACH_WORKER_METRICS"
    )
    trusted_proxies: int = Field(default=0, ge=0, le=5, validation_alias="OUTREACH_PROXIES")

    @field_validator("public_url", "twilio_api_base", "geocoder_url", "travel_server")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        if not value:
            return value
        try:
            backend = make_url(value).get_backend_name()
        except ArgumentError:
            backend = ""
        if backend not in {"sqlite", "postgresql"}:
            raise ValueError(
                "must be sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME"
            )
        return value

    @field_validator("now")
    @classmethod
    def _is_aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a time zone, e.g. 2026-12-01T08:00:00+08:00")
        return value

    @property
    def database(self) -> str:
        """The database address; SQLite in the instance folder unless set otherwise."""
        return self.database_url or f"sqlite:///{self.instance / 'outreach.sqlite'}"

    @property
    def keys_file(self) -> Path:
        """Where the sealing keys lie, apart from the database."""
        return self.instance / "keys.json"

    @property
    def gateway_name(self) -> str:
        """The gateway in use: the one asked for, else Twilio when its account is set, else console."""
        if self.gateway:
            return self.gateway
        return "twilio" if self.twilio_account_sid else "console"


def load_settings() -> Settings:
    """Read the settings; raise SettingsWrong with one line per wrong value, naming its remedy."""
    instance = Path(os.environ.get("OUTREACH_INSTANCE") or PROJECT / "instance")
    env_file = instance / "outreach.env"
    try:
        return Settings(_env_file=env_file if env_file.exists() else None)
    except ValidationError as error:
        raise SettingsWrong([_problem(e["loc"], e["msg"]) for e in error.errors()]) from error


def _problem(where: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, where))}: {message.removeprefix('Value error, ')}"
