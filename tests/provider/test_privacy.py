"""The token, numbers and texts are in no log line, error, traceback or repr."""

import copy
import io
import logging
import pickle
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from messages_app.provider import (
    ConfigurationFault,
    NetworkFault,
    PageRequest,
    ProviderClient,
    ProviderError,
    Token,
)
from messages_app.provider.errors import MAX_DETAIL, scrubbed
from messages_app.provider.quiet import LOGGERS
from tests.provider.answers import CANARY_NUMBER, CANARY_TEXT, CANARY_TOKEN, body, request, row
from tests.provider.conftest import QUICK
from tests.provider.fault_server import drip, head, raw, reply, reset, silence

ANSWERED = "canary in the answer"
CANARIES = (
    CANARY_TOKEN,
    CANARY_NUMBER,
    CANARY_TEXT,
    "canary+text",
    "canary%20text",
    "33 6 39 98 76 54",
    ANSWERED,
)
ROW = row(message=ANSWERED, destination=CANARY_NUMBER)
ECHO = (
    f"token {CANARY_TOKEN}, to {CANARY_NUMBER} (+33 6 39 98 76 54), text {CANARY_TEXT},"
    " message=canary+text+%C3%A9t%C3%A9 canary%20text%20%C3%A9t%C3%A9"
).encode()

FAULTS = {
    "refused": None,
    "silence": silence,
    "dropped": raw(b""),
    "reset": reset(head(Content_Length="9999") + body(ROW)),
    "dripped": drip(head(Content_Length="9999") + body(ROW), b" "),
    "cut": raw(head(Content_Length="9999") + body(ROW)),
    "cut_json": reply(body(ROW)[:-5]),
    "cut_json_echo": reply(b'{"status": "' + ECHO),
    "bad_gzip": reply(body(ROW), Content_Encoding="gzip"),
    "bad_charset": reply(body(ROW) + b"\xff"),
    "oversized": reply(body(ROW) + b" " * 5000),
    "status": reply(body(ROW, status=-7, details=ECHO.decode())),
    "error": reply(body(ROW, error=ECHO.decode())),
    "http_400": reply(body(ROW, details=ECHO.decode()), "400 Bad"),
    "http_401": reply(body(ROW, details=ECHO.decode()), "401 No"),
    "http_500": reply(ECHO, "500 " + CANARY_NUMBER),
    "http_429": reply(ECHO, "429 Slow", Retry_After="900"),
    "redirect": reply(b"", "302 F", Location=f"https://x.invalid/?t={CANARY_TOKEN}"),
    "bad_headers": raw(b"HTTP/1.1 200 OK\r\n bad\r\n: y\r\nContent-Length: 3\r\n\r\nxyz"),
    "two_lengths": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nxyz"),
    "not_http": raw(ECHO * 10),
}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that any logger says at DEBUG, tracebacks included."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s"))
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in ("urllib3", *LOGGERS))]
    levels = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def told_by(error: BaseException) -> str:
    """All that a debug page, an error mail or a log handler could show of an error."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts = ["".join(shown.format()), repr(error), str(error), repr(error.args), repr(vars(error))]
    for inner in (error.__cause__, error.__context__):
        parts.append("" if inner is None else told_by(inner))
    return "\n".join(parts)


def ask(client: ProviderClient, asked: PageRequest) -> ProviderError:
    """Kept apart, so that no frame but the client's own is between the test and the error."""
    with pytest.raises(ProviderError) as caught:
        client.page(asked)
    return caught.value


@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_and_no_log_line_shows_anything_personal(fault, new_client, server, written):
    step = FAULTS[fault]
    if step is not None:
        server.script(step)
    client = new_client(
        server.url if step else "http://127.0.0.1:1",
        limits=replace(QUICK, read=0.1, total=0.2, body=5000),
    )
    told = told_by(ask(client, request()))
    logged = written.getvalue()
    assert "ProviderClient of 127.0.0.1" in told, "frames with their variables were looked at"
    assert "messages_app.provider" in logged
    assert [canary for canary in CANARIES if canary in told] == []
    assert [canary for canary in CANARIES if canary in logged] == []


def test_an_error_carries_no_other_exception(client, server):
    server.script(raw(b""))
    error = ask(client, request())
    assert isinstance(error, NetworkFault)
    assert error.__cause__ is None
    assert error.__context__ is None


def test_a_good_call_is_one_line_without_number_and_text(client, server, written):
    server.script(reply(body(ROW)))
    client.page(request(start=200, length=50))
    logged = written.getvalue()
    ours = [line for line in logged.splitlines() if line.startswith("messages_app.provider ")]
    assert len(ours) == 1
    for part in ("GET /messages", "2024-12-11T00:00:00..2024-12-11T23:59:59", "start=200"):
        assert part in ours[0]
    assert "length=50 try=1 outcome=rows:1 seconds=0." in ours[0]
    assert "urllib3.connectionpool DEBUG" in logged, "urllib3 did speak"
    assert "/messages?…" in logged
    assert [canary for canary in CANARIES if canary in logged] == []


def test_every_logger_of_urllib3_is_filtered():
    root = Path(urllib3.__path__[0])
    speaking = {
        ".".join(("urllib3", *source.relative_to(root).with_suffix("").parts))
        for source in root.rglob("*.py")
        if "getLogger(__name__)" in source.read_text()
    }
    assert {name.removesuffix(".__init__") for name in speaking} == set(LOGGERS)


def test_a_bad_request_value_is_not_repeated():
    for wrong in ({"message": CANARY_TEXT + "\ud800"}, {"sort": "x"}, {"length": 0}):
        with pytest.raises(ValueError, match=r".") as caught:
            request(**wrong)
        own = "".join(str(part) for part in caught.value.args) + repr(caught.value)
        assert [canary for canary in CANARIES if canary in own] == []


def test_the_token_shows_itself_to_nobody():
    token = Token(f" {CANARY_TOKEN}\n")
    assert token.reveal() == CANARY_TOKEN
    shown = [
        repr(token),
        str(token),
        f"{token}",
        f"{token:>20}",
        f"{token!r}",
        "".join(map(str, [token])),
    ]
    assert set(shown) == {"***"}
    assert CANARY_TOKEN not in repr([token, {"t": token}])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(token, protocol)
    assert copy.deepcopy(token) is token
    assert copy.copy(token) is token
    assert token == Token(CANARY_TOKEN)
    assert token != Token("other")
    assert token != CANARY_TOKEN
    assert len({token, Token(CANARY_TOKEN)}) == 1
    assert not Token("")
    assert CANARY_TOKEN not in token.hidden_in(f"x{CANARY_TOKEN}y")
    assert Token("").hidden_in("abc") == "abc"


def test_the_client_shows_its_host_only(new_client):
    client = new_client("https://api.provider.invalid:8443/v1")
    assert repr(client) == "<ProviderClient of api.provider.invalid:8443>"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.provider.invalid",
        "http://127.0.0.1.provider.invalid",
        "http://localhost.provider.invalid",
        "http://10.0.0.1",
        "http://[::2]",
        "http://0.0.0.0",
        "ftp://localhost",
        "//api.provider.invalid",
        "api.provider.invalid",
        "",
        "https://",
        "https://user:canary@api.provider.invalid",
        "https://api.provider.invalid/messages",
        "https://api.provider.invalid/v1/messages/",
        "https://api.provider.invalid/?a=b",
        "https://api.provider.invalid/#x",
        "https://api.provider.invalid:port",
        "https://[::1",
    ],
)
def test_an_unsafe_address_is_refused_at_construction(url):
    with pytest.raises(ConfigurationFault) as caught:
        ProviderClient(url, Token(CANARY_TOKEN))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://127.8.9.10",
        "http://LOCALHOST:1/",
        "http://[::1]:80",
        "https://a.invalid/v1/",
    ],
)
def test_a_safe_address_is_accepted(url):
    with ProviderClient(url, Token(CANARY_TOKEN)) as client:
        assert client.calls == 0


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\nbreak", "é", "\x00"])
def test_an_unusable_token_is_refused_without_being_shown(token):
    with pytest.raises(ConfigurationFault) as caught:
        ProviderClient("https://a.invalid", Token(token))
    assert token.strip() == "" or token not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [{"format": "yaml"}, {"concurrency": 0}, {"max_requests_per_second": 0}],
)
def test_unusable_options_are_refused(options):
    with pytest.raises(ConfigurationFault):
        ProviderClient("https://a.invalid", Token("t"), **options)


def test_the_environment_neither_redirects_nor_replaces_the_token(
    new_client, server, other_server, monkeypatch, tmp_path
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, other_server.url)
    monkeypatch.setenv("NETRC", str(netrc))
    server.script(reply(body()))
    new_client().page(request())
    assert other_server.requests == []
    assert f"Authorization: Bearer {CANARY_TOKEN}".encode() in server.requests[0]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("plain sentence", "plain sentence"),
        ("a\0b\x1b[31m\n\tc \u202e d", "a b [31m c d"),
        ("number 33639980000 wrong", "number … wrong"),
        ("number +33 (6) 39.98-00 00 wrong", "number … wrong"),
        ("2023-09-31 is no day", "2023-09-31 is no day"),
        ("error 12345", "error 12345"),
        ("x" * 5000, "x" * (MAX_DETAIL - 1) + "…"),
    ],
)
def test_a_sentence_of_the_provider_is_scrubbed(said, told):
    assert scrubbed(said) == told


def test_importing_the_package_imports_no_django_module():
    """The rule is about code, so a fresh look at the sources, not at what pytest has loaded."""
    root = Path(sys.modules["messages_app.provider"].__path__[0])
    for source in root.glob("*.py"):
        text = source.read_text()
        assert "import django" not in text
        assert "from django" not in text
