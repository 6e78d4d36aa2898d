"""`python -m dashboard.probe [live|ready]`: asks the dashboard on this machine; exit status 0: it is well.

For container engines and monitors; the image has no other program that speaks HTTP.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

SECONDS = 5


def asked_host() -> str:
    """A name that the dashboard answers to: it refuses others, its machine's address too."""
    return os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")


def is_well(address: str, what: str) -> bool:
    """`address`: where the dashboard listens, on this machine too."""
    port = int(address.rpartition(":")[2])
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", f"/health/{what}", headers={"Host": asked_host()})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    known = is_well(os.environ.get("BIND", "127.0.0.1:8000"), (sys.argv[1:] or ["live"])[0])
    sys.exit(0 if known else 1)
