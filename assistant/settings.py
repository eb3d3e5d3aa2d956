"""Every environment variable, once. What differs per clinic is a row that an admin edits, not a variable."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from assistant.errors import SettingsError

DEFAULT_DATABASE_URL = "sqlite:///instance/aftercare.db"


class Settings(BaseSettings):
    """Read with ``load``. A field without a default must be set before texts can go out or come in."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    database_url: str = Field(DEFAULT_DATABASE_URL, description="SQLite on one machine, PostgreSQL on many.")
    public_url: str = Field(
        "", description="Where the world reaches the web process, such as https://care.example.com."
    )
    secret_key: SecretStr = Field(SecretStr(""), description="Signs cookies; 32 random characters or more.")
    twilio_account_sid: str = Field("", description="Starts with AC.")
    twilio_auth_token: SecretStr = Field(
        SecretStr(""),
        description="The primary token; while rotating, two with a comma, the one to send with first.",
    )
    twilio_messaging_service_sid: str = Field("", description="Starts with MG; sends for every clinic.")
    twilio_from: str = Field("", description="Sender for a clinic without its own number, E.164.")
    twilio_api_base_url: str = Field("", description="Another REST base; empty is Twilio's.")
    sessions_webhook_secret: SecretStr = Field(SecretStr(""), description="Shared with the booking system.")
    aftercare_fault: str = Field("", description="A named fault point, for crash tests. Refused in production.")

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must look like https://care.example.com")
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("must start with https:// (Twilio signs and posts to it)")
        if parts.query or parts.fragment or not value.isascii():
            raise ValueError("must be plain ASCII without ? or #")
        return value.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _long(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 32:
            raise ValueError("must be 32 characters or more: python -c 'import secrets; print(secrets.token_hex(32))'")
        return value

    @field_validator("twilio_account_sid")
    @classmethod
    def _account(cls, value: str) -> str:
        if value and not (value.startswith("AC") and len(value) == 34):
            raise ValueError("must be the 34 characters that start with AC")
        return value

    @model_validator(mode="after")
    def _no_fault_in_production(self) -> "Settings":
        if self.aftercare_fault and not self.is_local:
            raise ValueError("AFTERCARE_FAULT is for crash tests: unset it, or use a local PUBLIC_URL")
        return self

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach us."""
        return urlsplit(self.public_url).hostname in ("127.0.0.1", "localhost", "::1")

    @property
    def auth_tokens(self) -> list[str]:
        """Tokens that may have signed a webhook; the first is the one we send with."""
        return [token.strip() for token in self.twilio_auth_token.get_secret_value().split(",") if token.strip()]

    def missing(self) -> list[str]:
        """Return a line for each variable that a live installation still needs."""
        needed = {
            "PUBLIC_URL": self.public_url,
            "SECRET_KEY": self.secret_key.get_secret_value(),
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": "".join(self.auth_tokens),
            "SESSIONS_WEBHOOK_SECRET": self.sessions_webhook_secret.get_secret_value(),
        }
        return [
            f"{name} is not set. {Settings.model_fields[name.lower()].description}"
            for name, value in needed.items()
            if not value
        ]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the library names it)
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The environment is read by ``load``, which knows about NAME_FILE.
        return (init_settings,)


def load(environ: Mapping[str, str]) -> Settings:
    """Return the settings in ``environ``; a value may also stand in the file that NAME_FILE names.

    Raises SettingsError with one line that names the variable and the fix.
    """
    values: dict[str, str] = {}
    for field in Settings.model_fields:
        name = field.upper()
        if environ.get(name, "").strip():
            values[field] = environ[name].strip()
        elif f"{name}_FILE" in environ:
            try:
                values[field] = Path(environ[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                raise SettingsError(f"{name}_FILE cannot be read: {reason}") from None
    try:
        return Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]).upper()
        text = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{where} {text}" if where else text) from None
