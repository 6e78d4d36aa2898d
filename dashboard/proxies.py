"""Whom a request comes from, where proxies stand in front: only the ones that are named are believed.

Whatever else looks at a request finds the client in `REMOTE_ADDR`, and forwarding headers only
where a trusted proxy wrote them.
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REQUEST_ID")

Address = IPv4Address | IPv6Address


class TrustedProxies:
    """Puts the client's address in place of a trusted proxy's; drops what others claim."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer = _address(request.META.get("REMOTE_ADDR", ""))
        if peer and is_trusted(peer):
            hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            request.META["REMOTE_ADDR"] = str(client_of(peer, hops))
        else:
            for name in FORWARDED:
                request.META.pop(name, None)
        return self.get_response(request)


def client_of(peer: Address, hops: list[str]) -> Address:
    """The client of a trusted `peer`: of the `hops` told, the right-most that is not trusted.

    What stands left of it was told by somebody whom nobody vouches for. Where a hop is no
    address, the one that told it counts as the client.
    """
    for hop in reversed(hops):
        address = _address(hop)
        if address is None:
            break
        peer = address
        if not is_trusted(address):
            break
    return peer


def is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _address(text: str) -> Address | None:
    """An address, some proxies' port left out; None where it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
