"""Every setting, typed, in one place; each is an environment variable with the prefix `DANK_`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from dankmeme.errors import SettingError
from dankmeme.logs import Format, Level

Mode = Literal["full", "demo"]
"""What is served: everything, or direct classification alone."""
_ROOT = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_OURS = {"api", "assets", "docs", "docs-ui", "errors", "examples", "health", "metrics"}


class Settings(BaseSettings):
    """The settings; their descriptions are what `docs/settings.md` prints."""

    model_config = SettingsConfigDict(env_prefix="DANK_", env_ignore_empty=True, frozen=True)

    home: Path = Field(default_factory=lambda: user_data_path("dankmeme"), description="Where everything is kept.")
    mode: Mode = Field(
        default="full",
        description="`full`, or `demo`: direct classification only, without database, bucket, queues or anything kept.",
    )
    database_url: str | None = Field(
        default=None, description="`sqlite:///PATH` or `postgresql://…`; empty for a file in `DANK_HOME`."
    )
    bucket_url: str | None = Field(
        default=None,
        description="Where pictures are kept: a folder, `s3://…`, `gs://…` or `az://…`; empty for one in `DANK_HOME`.",
    )
    models_url: str | None = Field(
        default=None,
        description="Where registered models are kept: a folder, `s3://…`, `gs://…` or `az://…`; empty for "
        "`models/registered` in `DANK_HOME`.",
    )
    work: bool = Field(default=True, description="Whether `dank serve` also works on the queues.")
    predict: bool = Field(
        default=True, description="Whether a process that works on the queues also predicts, or leaves that to others."
    )
    ingest_chunks: int = Field(
        default=6, ge=1, le=64, description="Pieces of 32 pictures that one process works on at once."
    )
    tries: int = Field(default=5, ge=1, le=20, description="How often a picture is tried when a fault may pass.")
    retry_seconds: float = Field(
        default=2.0, gt=0, le=3_600, description="Seconds until the second try; each later pause is four times as long."
    )
    schedules: str = Field(
        default="",
        description="What is scraped when: `SOURCE WHERE CRON` or `SOURCE WHERE adaptive`, with `;` between. Empty: "
        "r/dankmemes every 12 hours where there are Reddit credentials, else nothing.",
    )
    host: str = Field(default="127.0.0.1", description="Address that `dank serve` listens on.")
    port: int = Field(default=8000, ge=0, le=65_535, description="Port that `dank serve` listens on.")
    root_path: str = Field(
        default="",
        description="The path beneath which a reverse proxy shows all this, such as `/memes`; empty for the root.",
    )
    bundle: Path | None = Field(
        default=None,
        description="Folder of a model bundle that answers whatever the registry says; empty for the registry's active "
        "one.",
    )
    bundles: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(),
        description="Folders of further model bundles (commas between) that also predict what comes in.",
    )
    backfill: int = Field(
        default=1_000, ge=0, le=10_000_000, description="So many of the newest pictures a new model predicts by itself."
    )
    retrain: str = Field(
        default="",
        description="When to train anew and propose a candidate: a cron expression (UTC); empty: never by itself.",
    )
    retrain_minutes: int = Field(default=60, ge=1, le=10_000, description="Minutes that such a training may take.")
    captions: bool = Field(default=True, description="Whether captions are read (else the cnn alone answers).")
    decode_workers: int = Field(default=0, ge=0, le=64, description="Processes that decode; 0 for one a core.")
    caption_readers: int = Field(
        default=0, ge=0, le=64, description="Processes that read captions; 0 for one a core, at most 2."
    )
    rate_limit: int = Field(
        default=240, ge=0, description="Pictures and feedback a client may send a minute; 0 for no limit."
    )
    url_rate: int = Field(
        default=60, ge=0, description="Pictures a client may have fetched for it by their addresses a minute; 0: any."
    )
    vote_rate: int = Field(default=60, ge=0, description="Votes a browser may cast a minute; 0 for no limit.")
    vote_rate_address: int = Field(
        default=600, ge=0, description="Votes that may come from one address a minute, which many may share; 0: any."
    )
    admin_token: SecretStr | None = Field(
        default=None,
        min_length=12,
        description="What an admin signs in with; empty for one that is made and kept in `DANK_HOME/admin-token`.",
    )
    image_days: int = Field(
        default=0, ge=0, description="Days after which a post's picture is dropped (not what is known of it); 0: never."
    )
    upload_days: int = Field(
        default=7, ge=1, description="Days after which a picture that was sent for its predictions is deleted."
    )
    log_format: Format = Field(
        default="text", description="How `dank serve` and `dank worker` log: `text` for people, `json` for machines."
    )
    log_level: Level = Field(
        default="warning", description="The least grave thing that is logged; `info` has a line for each request."
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65_535,
        description="Port at which `dank worker` serves `/metrics` and `/health`, on `DANK_HOST`; 0 for none.",
    )
    metrics_token: SecretStr | None = Field(
        default=None, min_length=12, description="What `/metrics` wants as a bearer token; empty: it is for everybody."
    )
    traces_url: str | None = Field(
        default=None, description="Where OpenTelemetry spans are sent (OTLP over HTTP), `http://localhost:4318`."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Other sites (`https://memes.example`, commas between) whose pages may ask this API, cookieless.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1", description="Addresses whose X-Forwarded-For is believed, separated by commas."
    )
    fetch_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Hosts (`host:port`, commas between) that may be fetched from though their address is private. "
        "For tests and for mirrors of your own.",
    )
    fetch_rate: float = Field(
        default=50.0, ge=0, le=10_000, description="Requests a second to one host, spaced evenly; 0 for no limit."
    )
    fetch_seconds: float = Field(default=15.0, gt=0, le=120, description="How long fetching one URL may take in all.")
    reddit_client_id: str | None = Field(default=None, description="Client id of your Reddit app; see sources.")
    reddit_client_secret: SecretStr | None = Field(default=None, description="Client secret of your Reddit app.")
    reddit_user_agent: str | None = Field(
        default=None, min_length=7, description="What Reddit is told about who asks; empty for our own words."
    )
    reddit_url: str = Field(default="https://www.reddit.com", description="Where Reddit hands out tokens.")
    reddit_oauth_url: str = Field(default="https://oauth.reddit.com", description="Where Reddit's API is.")

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'dank.db'}"

    @property
    def bucket(self) -> str:
        """The bucket's URL."""
        return self.bucket_url or str(self.home.absolute() / "bucket")

    @property
    def models(self) -> str:
        """The URL of the models bucket."""
        return self.models_url or str(self.home.absolute() / "models" / "registered")

    @property
    def copies(self) -> Path:
        """The folder of this machine's copies of registered models."""
        return self.home.absolute() / "cache" / "bundles"

    @field_validator("root_path")
    @classmethod
    def _lies_beneath(cls, value: str) -> str:
        path = value.rstrip("/")
        if path and (not _ROOT.fullmatch(path) or path.split("/")[1] in _OURS or {".", ".."} & set(path.split("/"))):
            raise ValueError(f"{value!r} is no path such as /memes that none of our own begins with")
        return path

    @field_validator("bundles", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        origins = [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value
        for each in origins if isinstance(origins, list | tuple) else ():
            if not re.fullmatch(r"https?://[^\s/*?#@]+", str(each)):
                raise ValueError(f"{each!r} is no origin such as https://memes.example")
        return origins

    @field_validator("fetch_allow", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        entries = [entry.strip() for entry in value.split(",")] if isinstance(value, str) else value
        for entry in entries if isinstance(entries, list | tuple) else ():
            if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d+|\*)", str(entry)):
                raise ValueError(f"{entry!r} is not host:port or host:*")
        return entries


@cache
def settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        SettingError: `bad-setting`, naming the variables that make no sense.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = [f"DANK_{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in error.errors()]
        raise SettingError("bad-setting", "; ".join(faults)) from None
