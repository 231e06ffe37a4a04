"""Every setting, typed, in one place; each is an environment variable with the prefix `DANK_`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from dankmeme.errors import SettingError


class Settings(BaseSettings):
    """The settings; their descriptions are what `docs/settings.md` prints."""

    model_config = SettingsConfigDict(env_prefix="DANK_", env_ignore_empty=True, frozen=True)

    home: Path = Field(default_factory=lambda: user_data_path("dankmeme"), description="Where feedback is kept.")
    host: str = Field(default="127.0.0.1", description="Address that `dank serve` listens on.")
    port: int = Field(default=8000, ge=0, le=65_535, description="Port that `dank serve` listens on.")
    bundle: Path | None = Field(default=None, description="Folder of a model bundle; empty for the one that ships.")
    captions: bool = Field(default=True, description="Whether captions are read (else the cnn alone answers).")
    decode_workers: int = Field(default=0, ge=0, le=64, description="Processes that decode; 0 for one a core.")
    caption_readers: int = Field(
        default=0, ge=0, le=64, description="Processes that read captions; 0 for one a core, at most 2."
    )
    rate_limit: int = Field(
        default=240, ge=0, description="Pictures and feedback a client may send a minute; 0 for no limit."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1", description="Addresses whose X-Forwarded-For is believed, separated by commas."
    )
    fetch_private: bool = Field(
        default=False, description="Allow URLs that lead to private or loopback addresses. For tests only."
    )
    fetch_seconds: float = Field(default=15.0, gt=0, le=120, description="How long fetching one URL may take in all.")


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
