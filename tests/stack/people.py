"""People in front of several dashboards, as a proxy hands their requests on."""

import re
import threading
from itertools import count
from typing import Any

import requests

SECONDS = 60
"""For one answer; it says nothing of how long it should take."""

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Somebody:
    """A browser that keeps its cookies, and sends them to whichever dashboard."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        # A proxy hands on the name that the browser asked for, whichever dashboard answers.
        self.session.headers["Host"] = "localhost"

    def get(self, address: str, **options: Any) -> requests.Response:
        return self.session.get(address, timeout=SECONDS, **options)

    def post(self, address: str, form: dict[str, Any], *, at: str = "") -> requests.Response:
        """Send a form of the page `at` (else: of the same address)."""
        page = self.get(at or address)
        token = TOKEN.search(page.text)
        assert token, f"{page.status_code} {page.text[:500]}"
        fields = {**form, "csrfmiddlewaretoken": token[1]}
        return self.session.post(
            address, fields, timeout=SECONDS, headers={"Referer": at or address}
        )

    def log_in(self, address: str, name: str, password: str) -> requests.Response:
        return self.post(f"{address}/accounts/login/", {"login": name, "password": password})


class Crowd:
    """People who ask for pages without a pause, each request at the next dashboard in turn.

    One that cannot be reached is passed over, as the proxy of compose.yaml does; a request that had
    reached it is lost, and noted.
    """

    def __init__(self, addresses: list[str], cookies: Any, paths: list[str], people: int) -> None:
        self.addresses, self.cookies, self.paths = addresses, cookies, paths
        self.answered: list[int] = []
        self.lost: list[str] = []
        self.wrong: list[str] = []
        self._turn = count()
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(people)]

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        somebody = Somebody()
        somebody.session.cookies.update(self.cookies)
        while not self._is_over.is_set():
            self._once(somebody, next(self._turn))

    def _once(self, somebody: Somebody, turn: int) -> None:
        path = self.paths[turn % len(self.paths)]
        for step in range(len(self.addresses)):
            address = self.addresses[(turn + step) % len(self.addresses)]
            try:
                answer = somebody.get(address + path, allow_redirects=False)
            except requests.ConnectionError as error:
                if "refused" in str(error):
                    continue
                self.lost.append(address)
                return
            self.answered.append(turn)
            if answer.status_code != 200:
                self.wrong.append(f"{address}{path}: {answer.status_code}")
            return
        self.wrong.append("nobody answers")
