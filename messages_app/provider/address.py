"""The provider's base URL, checked: the token goes to one https host, or to this machine itself.

Knows no HTTP.
"""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from messages_app.provider.errors import ConfigurationFault, gettext_noop


def checked_base(url: str) -> SplitResult:
    """The parts of a usable base URL, without a final slash.

    Raises ConfigurationFault; plain http is for loopback hosts only. The error repeats no value,
    since a URL may hold a password.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationFault(gettext_noop("the API URL is not a URL")) from None
    if parts.scheme not in ("https", "http") or not host:
        raise ConfigurationFault(
            gettext_noop("the API URL does not start with https:// and a host")
        )
    if "@" in parts.netloc:
        raise ConfigurationFault(gettext_noop("the API URL holds a user name or password"))
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationFault(
            gettext_noop("the API URL uses http, which is for this machine only; use https")
        )
    path = parts.path.rstrip("/")
    if parts.query or parts.fragment or path.endswith("/messages"):
        raise ConfigurationFault(
            gettext_noop("the API URL is the base, without /messages and without a query")
        )
    return parts._replace(path=path)


def is_loopback(host: str) -> bool:
    """Whether a URL's host is this machine: localhost, 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
