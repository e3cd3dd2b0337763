"""Settings: one prefix, typed, validated at start. docs/operator.md lists them all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import fsspec
from pydantic import AwareDatetime, Field, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

PACKAGE = Path(__file__).parent


def project_folder(name: str) -> Path:
    """Where `sql`, `watchlists` or `sources` lie: in a checkout beside the package, in a wheel
    inside it."""
    shipped = PACKAGE / "project" / name
    return shipped if shipped.is_dir() else PACKAGE.parent / name


def _without_user(address: str) -> None:
    """Raises ValueError for an address that says who enters: every capture keeps it."""
    scheme, _, rest = address.partition("://")
    where = rest.partition("/")[0]
    is_s3 = scheme in ("s3", "s3a")
    if "@" in where or (is_s3 and (":" in where or set("?@") & set(rest) or not where.strip())):
        raise ValueError(
            "expected s3://bucket/folder, without key or password, since every capture keeps it: "
            "for S3 these come from AWS_SHARED_CREDENTIALS_FILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY"
        )


class Files(PydanticBaseSettingsSource):
    """What lies in the files that COMMUNIQUE_..._FILE name, as containers are given their secrets.
    White space at the ends is left out."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:  # noqa: ARG002 (pydantic's protocol)
        """What the file of a setting holds; None: no file is named. Raises SettingsError."""
        variable = f"COMMUNIQUE_{field_name}_FILE".upper()
        file, value = os.environ.get(variable), None
        if file:
            try:
                value = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, ValueError) as error:
                raise SettingsError(f"{variable}: {file} cannot be read: {error}") from error
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        """All that files hold, by setting."""
        fields = self.settings_cls.model_fields.items()
        found = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in found.items() if value}


class Settings(BaseSettings):
    """What the environment says (COMMUNIQUE_*), with defaults that work on a bare machine. Each may
    be given by a file as well: COMMUNIQUE_DATABASE_URL_FILE and so on; what is given itself goes
    before."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the files that it names."""
        return init_settings, env_settings, Files(settings_cls)

    # What was found may hold a password: no error and no log shows it.
    # What is empty is not set: a compose file names every variable.
    model_config = SettingsConfigDict(
        env_prefix="COMMUNIQUE_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    database_url: str | None = Field(
        None, description="PostgreSQL 15 or newer; unset: the embedded server under HOME"
    )
    archive_url: str | None = Field(
        None,
        description="Where WARC files go, by fsspec (`file://`, `s3://`: machines.md); "
        "unset: HOME/archive",
    )
    smtp_url: str | None = Field(
        None,
        description="Mail server: `smtp://`, `smtps://`, `smtp+starttls://user:password@host`",
        repr=False,
    )
    mail_from: str = Field("communique@localhost", description="Sender of every mail")
    maintainers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Who hears, once a day, which sources changed state (commas between)"
    )
    mail_rate: int | None = Field(
        None, description="Most mails a minute, of all senders together; unset: no limit", gt=0
    )
    trusted_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Mail domains whose addresses need no confirmation (commas between; `*`: all)",
    )
    pages_url: str | None = Field(
        None, description="Where the analysts' pages are reached, for links in mails"
    )
    airflow: str | None = Field(
        None,
        description="Where `communique doctor` reaches Airflow; unset: where the pages are reached",
    )
    channels: Annotated[Mapping[str, str], NoDecode] = Field(
        {},
        description="Channels besides mail, `name=address` with blanks between; an address is "
        "`webhook+https://...` or one of Apprise's",
        repr=False,
    )
    webhook_secret: str | None = Field(
        None, description="What the bodies sent to webhooks are signed with", repr=False
    )
    canary: str | None = Field(
        None, description="Mail address that gets a mail from every alert run, to prove they arrive"
    )
    keep_months: int | None = Field(
        None,
        description="Months of notes of old visits that upkeep leaves whole; unset: all stay",
        gt=0,
    )
    airflow_keep_days: int = Field(
        180,
        description="In docker: days that Airflow's runs and the tasks' logs are kept",
        ge=30,
    )
    contact: str | None = Field(
        None, description="Mail or web address shown to the sites we visit, in the User-Agent"
    )
    sources: Path = Field(
        PACKAGE.parent / "scrapers" / "sources", description="Folder of source facts"
    )
    watchlists: Path = Field(project_folder("watchlists"), description="Folder of watchlists")
    home: Path = Field(Path(".communique"), description="Where local state lives")
    allow_addresses: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="Networks that may be reached although private, comma-separated (tests)"
    )
    replay: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="WARC files or folders of them (commas between) that answer instead of the web",
    )
    as_of: AwareDatetime | None = Field(
        None, description="Under replay: the clock; captures after this moment do not exist"
    )
    now: AwareDatetime | None = Field(None, description="The clock of a live run (tests)")
    log: Literal["text", "json"] = Field(
        "text",
        description="How the log lines of commands look: `text`, or `json`, an object a line",
    )
    max_body: int = Field(10_000_000, description="Largest body that is read, in bytes", gt=0)

    @field_validator("allow_addresses", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())

    @field_validator("replay", "maintainers", "trusted_domains", mode="before")
    @classmethod
    def _paths(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("channels", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split()]
        for number, (name, _, address) in enumerate(pairs, 1):
            if not (name and address):  # which it is, but not what: it may be an address
                raise ValueError(f"part {number} of it is no name=address; expected such parts "
                                 "with blanks between")  # fmt: skip
        return {name: address for name, _, address in pairs}

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: str | None) -> str | None:
        if value and urlsplit(value).scheme.split("+")[0] not in ("postgres", "postgresql"):
            raise ValueError("expected postgresql://user:password@host:5432/database")
        return value

    @field_validator("archive_url")
    @classmethod
    def _storage(cls, value: str | None) -> str | None:
        if value:
            try:
                fsspec.get_filesystem_class(fsspec.utils.get_protocol(value))
            except (ValueError, ImportError) as error:
                raise ValueError(
                    f"{error}; expected file:///folder or s3://bucket/folder (for S3, install "
                    "communique[s3])"
                ) from error
            _without_user(value)
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str | None) -> str | None:
        if value and urlsplit(value).scheme not in ("smtp", "smtps", "smtp+starttls"):
            raise ValueError("expected smtp://host:25, smtps://... or smtp+starttls://...")
        return value

    @property
    def archive(self) -> str:
        """Where WARC files go: an fsspec address."""
        return self.archive_url or f"file://{(self.home / 'archive').resolve()}"

    def clock(self) -> datetime:
        """The moment that counts as now (aware, UTC): under replay COMMUNIQUE_AS_OF, in tests
        COMMUNIQUE_NOW, else the real time."""
        fixed = (self.as_of if self.replay else None) or self.now
        return fixed.astimezone(timezone.utc) if fixed else datetime.now(timezone.utc)
