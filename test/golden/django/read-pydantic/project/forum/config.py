from functools import lru_cache
from pathlib import Path
from typing import Annotated, List, Optional

from pydantic import AliasChoices, BaseModel, Field, PostgresDsn, RedisDsn, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Mail(BaseModel):
    host: str
    port: int = 25


class Common(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FORUM_", env_file=".env", env_nested_delimiter="__")

    debug: bool = False


class AppSettings(Common):
    secret_key: SecretStr
    allowed_hosts: List[str] = ["localhost"]
    csrf_trusted_origins: Annotated[list[str], NoDecode] = []
    database_url: PostgresDsn = Field(validation_alias="DATABASE_URL")
    redis_url: Optional[RedisDsn] = Field(None, validation_alias=AliasChoices("REDIS_URL", "REDIS_DSN"))
    page_size: int = Field(default=20, ge=1)
    upload_dir: Path
    payment_key: str = Field(..., min_length=8)
    mail: Mail
    version: "ClassVar[str]" = "1"
    _cache: dict = {}


class Unused(BaseSettings):
    nobody_reads_this: str


@lru_cache
def get_settings():
    return AppSettings()
