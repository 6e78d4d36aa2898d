"""The settings under which tests and checks run, whatever the machine's environment or `.env` says."""

import os
import secrets

PLAIN = {
    "DEBUG": "false",
    "NOW": "",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    "TRUSTED_PROXIES": "",
    "SECRET_KEY_FALLBACKS": "",
    "SMSFACTOR_API_URL": "https://api.smsfactor.com",
    "SMSFACTOR_API_TOKEN": "",
    "SMSFACTOR_TIME_ZONE": "Europe/Paris",
    "SMSFACTOR_FORMAT": "json",
    "SMSFACTOR_CONCURRENCY": "",
    "SMSFACTOR_MAX_REQUESTS_PER_SECOND": "",
    "PHONE_REGION": "FR",
    "RETENTION_MONTHS": "",
    "BACKUP_KEY": "",
    "BACKUP_DIR": "",
    "ARCHIVE_PRESENT_SECONDS": "",
    "ARCHIVE_RECHECK_MINUTES": "",
    "ARCHIVE_AHEAD_DAYS": "",
    "ARCHIVE_RECONCILE_DAYS": "",
    "ARCHIVE_RECONCILE_CALLS": "",
    "CREDIT_PRICE": "",
    "CURRENCY": "EUR",
    "REDIS_URL": "",
    "STATEMENT_SECONDS": "",
    "LOG_LEVEL": "info",
    "LOG_FORMAT": "",
    "EMAIL_URL": "",
    "EMAIL_FROM": "",
    "REQUIRE_SECOND_FACTOR": "",
    "SESSION_IDLE_MINUTES": "",
    "SESSION_HOURS": "",
}
"""A value for each setting; an empty one means its default."""


def environment(database: str, static: str, **changes: str) -> dict[str, str]:
    """The process environment with these settings over it.

    `database`: value of DATABASE_URL; `static`: a folder for collected files; keys are made anew.
    """
    keys = {"SECRET_KEY": secrets.token_urlsafe(48), "PRIVACY_KEY": secrets.token_urlsafe(48)}
    places = {"DATABASE_URL": database, "STATIC_ROOT": static, "EXPORTS_DIR": f"{static}-exports"}
    return {**os.environ, **PLAIN, **keys, **places, **changes}
