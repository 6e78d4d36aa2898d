"""`python -m tests.chaos.campaign FIRST LAST`: the schedules of these seeds in a database of their own.

Prints one JSON object: what they went through, and a sentence for each seed that found something.
"""

import json
import logging
import os
import sys
from typing import Any

import django


def _main(first: int, last: int) -> None:
    django.setup()
    from django.db import connection, transaction

    from tests.chaos.world import Counts, run

    # The witness hears every line; nobody needs to read them.
    for name in (None, "messages_app"):
        logging.getLogger(name).handlers[:] = [logging.NullHandler()]
    test: dict[str, Any] = connection.settings_dict["TEST"]
    test["TEMPLATE"] = os.environ.get("TEST_DATABASE_TEMPLATE")
    if connection.vendor == "postgresql":
        test["NAME"] = f"test_{test['TEMPLATE']}_chaos_{os.getpid()}"
    old = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    counts, found = Counts(), []
    try:
        for seed in range(first, last):
            with transaction.atomic():
                try:
                    counts += run(seed)
                except Exception as problem:
                    found.append(f"seed {seed}: {type(problem).__name__}: {problem}")
                transaction.set_rollback(True)
            print(".", end="", file=sys.stderr, flush=True)
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)
    told = {name: getattr(counts, name) for name in Counts.__slots__}
    print(json.dumps({"counts": told, "found": found}))


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]))
