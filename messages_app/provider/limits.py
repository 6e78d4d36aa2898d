"""Every limit of the provider client in one value, so that tests can shrink them.

The defaults are the contract with the provider: gentle, and never stuck. Knows nothing of HTTP.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Times in seconds, sizes in bytes.

    `total` bounds one HTTP call whole (name look-up, connection, headers, body): `connect` and
    `read` bound single steps, which a server that drips one byte at a time outlives for ever.
    """

    connect: float = 5.0
    read: float = 15.0
    total: float = 30.0
    body: int = 32 * 1024 * 1024
    tries: int = 3
    backoff_base: float = 1.0
    backoff_cap: float = 30.0
    patience: float = 60.0
    """The longest `Retry-After` that is waited for inside a call; a longer one ends the call."""
    hold_cap: float = 3600.0
    """No `Retry-After`, however large, keeps the client away for longer than this."""
    breaker_failures: int = 5
    breaker_pause: float = 60.0
    regain_after: int = 20
    """Good answers in a row that give back one place in parallel after a 429 halved them."""
