"""A process that asks the provider under the shared limits; `python -m tests.archive.caller`.

Arguments: `pages` or `worker`, threads, seconds, pause between two calls of a thread. Says "ready",
waits for a line, says as JSON how long each call took, in seconds, and idles until its input ends.
"""

import json
import sys
from contextlib import ExitStack
from datetime import datetime
from threading import Thread
from time import monotonic, sleep

import django


def main(kind: str, threads: int, seconds: float, pause: float) -> None:
    django.setup()
    from messages_app.provider import PageRequest
    from messages_app.sources import account, live_source

    day = PageRequest(date_start=datetime(2026, 11, 1), date_end=datetime(2026, 11, 1, 1), length=1)
    with ExitStack() as stack:
        client = live_source().client if kind == "pages" else stack.enter_context(account()).reader
        print("ready", flush=True)
        sys.stdin.readline()
        took: list[float] = []
        end = monotonic() + seconds

        def work() -> None:
            while monotonic() < end:
                began = monotonic()
                client.page(day)
                took.append(monotonic() - began)
                sleep(pause)

        running = [Thread(target=work) for _ in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        print(json.dumps(took), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
