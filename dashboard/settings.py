"""Django's settings; each value of the environment is documented in docs/settings.md."""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from dashboard.env import Env, is_loopback
from messages_app.provider import Token

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env(BASE_DIR)

DEBUG = env.flag("DEBUG")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
LOCAL_ONLY = all(is_loopback(host) for host in ALLOWED_HOSTS)
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
SECRET_KEY = env.kept_key("SECRET_KEY", generate=LOCAL_ONLY)
SECRET_KEY_FALLBACKS = env.listed("SECRET_KEY_FALLBACKS")
PRIVACY_KEY = env.kept_key("PRIVACY_KEY", generate=LOCAL_ONLY)
NOW = env.moment("NOW")

SMSFACTOR_API_URL = env.url("SMSFACTOR_API_URL", "https://api.smsfactor.com")
SMSFACTOR_API_TOKEN = Token(env.secret("SMSFACTOR_API_TOKEN"))
SMSFACTOR_TIME_ZONE = env.zone("SMSFACTOR_TIME_ZONE", "Europe/Paris")
SMSFACTOR_FORMAT = env.choice("SMSFACTOR_FORMAT", ("json", "xml"))
SMSFACTOR_CONCURRENCY = env.whole("SMSFACTOR_CONCURRENCY", 4, least=1, most=64)
SMSFACTOR_MAX_REQUESTS_PER_SECOND = env.number(
    "SMSFACTOR_MAX_REQUESTS_PER_SECOND", 10, least=0.1, most=1000
)
# Both limits hold over all processes on this database; tests of a single one go without.
SMSFACTOR_SHARED_PACE = True
PROVIDER_IS_SANDBOX = SMSFACTOR_API_URL.startswith("http://")
PHONE_REGION = env.region("PHONE_REGION", "FR")
RETENTION_MONTHS = env.months("RETENTION_MONTHS")

# How fresh workers keep the archive: seconds, minutes, days, days, calls an hour.
ARCHIVE_PRESENT_SECONDS = env.whole("ARCHIVE_PRESENT_SECONDS", 30, least=10, most=3600)
ARCHIVE_RECHECK_MINUTES = env.whole("ARCHIVE_RECHECK_MINUTES", 30, least=1, most=1440)
ARCHIVE_AHEAD_DAYS = env.whole("ARCHIVE_AHEAD_DAYS", 366, least=1, most=3660)
ARCHIVE_RECONCILE_DAYS = env.whole("ARCHIVE_RECONCILE_DAYS", 30, least=1, most=365)
ARCHIVE_RECONCILE_CALLS = env.whole("ARCHIVE_RECONCILE_CALLS", 600, least=0, most=100_000)
CREDIT_PRICE = env.prices("CREDIT_PRICE")
CURRENCY = env.currency("CURRENCY", "EUR")

INSTALLED_APPS = [
    "messages_app",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_filters",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "dashboard.proxies.TrustedProxies",
    "csp.middleware.CSPMiddleware",
    "dashboard.headers.PrivateHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dashboard.request_log.RouteLog",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "messages_app.views.recording.Recorded",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.headers.LoginForHtmx",
    "messages_app.views.login.LoginKeepsQuestion",
    "messages_app.views.login.SecondFactorFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "messages_app.views.login.LoginLasts",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
DEFAULT_EXCEPTION_REPORTER_FILTER = "dashboard.debug_page.HideAddresses"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "messages_app.context.frame",
            ],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
}

REDIS_URL = env.redis("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
    }
    if REDIS_URL
    # Room for the counts of tries: whoever fills the cache must not push them out of it.
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# Accounts: allauth with sign-up closed. Limits on logins are allauth's, kept in the cache.
AUTHENTICATION_BACKENDS = ["dashboard.accounts.OneCheck"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
ACCOUNT_ADAPTER = "dashboard.accounts.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
# A forgotten password is no way to have us write to anybody.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "dashboard.accounts.LinkTokens"  # noqa: S105 - its maker
# Of an invitation; LinkTokens ends those of forgotten passwords sooner.
PASSWORD_RESET_TIMEOUT = 7 * 86400
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

# The second factor: a code of an app, or one of ten codes on paper.
REQUIRE_SECOND_FACTOR = env.listed("REQUIRE_SECOND_FACTOR")
MFA_ADAPTER = "dashboard.second_factor.SecondFactor"
MFA_FORMS = {
    "authenticate": "dashboard.second_factor.CodeForm",
    "reauthenticate": "dashboard.second_factor.FreshCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "SMS traffic"
# A telephone whose clock is half a minute off; dashboard.second_factor takes each code once all the same.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Addresses are the administrators' to enter: there is nothing to confirm.
MFA_ALLOW_UNVERIFIED_EMAIL = True

EMAIL_URL = env.text("EMAIL_URL")
EMAIL_TIMEOUT = 10
vars().update(env.email("EMAIL_URL"))
HOST = [*ALLOWED_HOSTS, "localhost"][0].lstrip(".")
EMAIL_FROM = DEFAULT_FROM_EMAIL = env.mail_address("EMAIL_FROM", f"sms-traffic@{HOST}")

# Time is the provider's: its rows are naive local times of this zone, and so are the pages'.
USE_TZ = True
TIME_ZONE = SMSFACTOR_TIME_ZONE
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "dashboard.finders.BrowserLibraries",
]
HAS_MANIFEST = (STATIC_ROOT / "staticfiles.json").is_file()
# Without collected files (a first look on one's own machine) they are served as they lie.
USES_MANIFEST = HAS_MANIFEST and not DEBUG
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not USES_MANIFEST
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Files of exports: no address leads to them but the dashboard's own, to who had them made.
    "exports": {
        "BACKEND": "dashboard.private_storage.PrivateStorage",
        "OPTIONS": {"location": env.text("EXPORTS_DIR", str(BASE_DIR / ".state" / "exports"))},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if USES_MANIFEST or not LOCAL_ONLY
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_MINUTES = env.whole("SESSION_IDLE_MINUTES", 30, least=1, most=720)
SESSION_HOURS = env.whole("SESSION_HOURS", 12, least=1, most=168)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
CSRF_COOKIE_HTTPONLY = True
if not LOCAL_ONLY:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    # dashboard.proxies lets it pass from a trusted proxy alone.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 86400
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

LOG_LEVEL = env.choice("LOG_LEVEL", ("info", "debug", "warning", "error"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "dashboard.crashes.Line",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL.upper()},
    # Django's own server and its 4xx lines write paths with their query: these bear personal values.
    "loggers": {
        "django.request": {"level": "CRITICAL"},
        "django.server": {"level": "CRITICAL"},
        "django.security": {"level": "ERROR"},
    },
}

# The audit trail tells which of them changed.
SETTING_NAMES = tuple(sorted(env.names))
