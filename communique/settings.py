"""Settings: one prefix, typed, validated at start. docs/operator.md lists them all."""

from __future__ import annotations

from datetime import datetime, timezone
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PACKAGE = Path(__file__).parent


def project_folder(name: str) -> Path:
    """Where `sql`, `watchlists` or `sources` lie: in a checkout beside the package, in a wheel
    inside it."""
    shipped = PACKAGE / "project" / name
    return shipped if shipped.is_dir() else PACKAGE.parent / name


class Settings(BaseSettings):
    """What the environment says (COMMUNIQUE_*), with defaults that work on a bare machine."""

    model_config = SettingsConfigDict(env_prefix="COMMUNIQUE_", frozen=True, extra="ignore")

    database_url: str | None = None
    archive_url: str | None = None
    smtp_url: str | None = None
    mail_from: str = "communique@localhost"
    contact: str | None = None
    sources: Path = PACKAGE.parent / "scrapers" / "sources"
    watchlists: Path = project_folder("watchlists")
    home: Path = Path(".communique")
    allow_addresses: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    replay: Annotated[tuple[Path, ...], NoDecode] = ()
    as_of: AwareDatetime | None = None
    now: AwareDatetime | None = None
    max_body: int = 10_000_000

    @field_validator("allow_addresses", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())

    @field_validator("replay", mode="before")
    @classmethod
    def _paths(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(Path(part.strip()) for part in value.split(",") if part.strip())

    @property
    def archive(self) -> str:
        """Where WARC files go: an fsspec address."""
        return self.archive_url or f"file://{(self.home / 'archive').resolve()}"

    def clock(self) -> datetime:
        """The moment that counts as now (aware, UTC): under replay COMMUNIQUE_AS_OF, in tests
        COMMUNIQUE_NOW, else the real time."""
        fixed = (self.as_of if self.replay else None) or self.now
        return fixed.astimezone(timezone.utc) if fixed else datetime.now(timezone.utc)
