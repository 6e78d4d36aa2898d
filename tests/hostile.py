"""What anybody may text us, or put into an address, to have it run: texts, query strings, cells of a CSV.

Each text of markup would set `window.pwned` if a browser ever took it for more than text.
"""

import random
from collections.abc import Iterator
from urllib.parse import quote

RUN = "window.pwned=1"

MARKUP = (
    f"<script>{RUN}</script>",
    f"<ScRiPt >{RUN}</sCrIpT>",
    f"<script\n>{RUN}</script\t>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f'<img src=x onerror="{RUN}">',
    f"<img/src=x/onerror={RUN}>",
    "<img src=x onerror=&#119;indow.pwned=1>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f'<svg><a xlink:href="javascript:{RUN}"><text y=20>click</text></a></svg>',
    f'<math><mi xlink:href="javascript:{RUN}">click</mi></math>',
    '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>',
    f'<iframe src="javascript:{RUN}"></iframe>',
    f'<object data="javascript:{RUN}"></object>',
    f'<embed src="javascript:{RUN}">',
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>more</details>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<marquee onstart={RUN}>…</marquee>",
    f'<a href="javascript:{RUN}">click</a>',
    f'<a href=" &#1;javascript:{RUN}">click</a>',
    f'<a href="data:text/html,<script>{RUN}</script>">click</a>',
    f'<form action="javascript:{RUN}"><button>send</button></form>',
    f'<button formaction="javascript:{RUN}" autofocus>send</button>',
    '<base href="//evil.example/">',
    f'<meta http-equiv="refresh" content="0;url=javascript:{RUN}">',
    '<link rel="stylesheet" href="//evil.example/x.css">',
    "<style>@import '//evil.example/x.css';*{display:none}</style>",
    '<div style="position:fixed;inset:0;background:red">gone</div>',
    f'<div hx-get="/accounts/logout/" hx-trigger="load" hx-swap="outerHTML">{RUN}</div>',
    f'<div hx-on:load="{RUN}" hx-on::load="{RUN}">x</div>',
    f"<div hx-vals='js:{{a: {RUN}}}' data-hx-get='/' data-hx-trigger='load'>x</div>",
    f'<div id="panel" hx-swap-oob="true">{RUN}</div>',
    f"<template><script>{RUN}</script></template>",
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>"></noscript>',
    f"<!--><img src=x onerror={RUN}>-->",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"<?xml version='1.0'?><script xmlns='http://www.w3.org/1999/xhtml'>{RUN}</script>",
    f"<plaintext><script>{RUN}",
    f"<table><td background=javascript:{RUN}>",
    f"<p/onpointerenter={RUN}>hover</p>",
    f"<x onclick={RUN} tabindex=1 autofocus onfocus={RUN}>x</x>",
    f"<canvas id=chart_volume data-drawn></canvas><script>{RUN}</script>",
)

BREAKOUTS = (
    "", '">', "'>", "</script>", "--></textarea></title></style>", "]]></noscript></template>",
)  # fmt: skip
"""What may end the place in which a text stands."""

OTHERS = (
    f'" onmouseover="{RUN}" x="', f"' onfocus='{RUN}' autofocus='", f"` onfocus=`{RUN}", "&quot;&gt;",
    f"javascript:{RUN}", f"JaVaScRiPt:{RUN}//", "data:text/html;base64,PHNjcmlwdD4=", f"vbscript:{RUN}",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;", "&#x3C;script&#x3E;", "%3Cscript%3E",
    "\\u003cscript\\u003e",
    "\\x3cscript\\x3e", "+ADw-script+AD4-", "＜script＞", "<\ufeffscript>", "<\u200bscript>", "< script >",
    "{{ 7*7 }}", "{% debug %}", "{{ request.user.password }}", "${7*7}", "#{7*7}", "<%= 7*7 %>",
    "{0.__class__}",
    "%(password)s", "%s%s%s%n", "__proto__", "constructor", "hasOwnProperty", '{"a": 1}', '"]}</script>',
    "'; DROP TABLE messages_app_message; --", "1 OR 1=1", "%' OR '%'='", "\\", "%", "_", "../../etc/passwd",
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\tx", "\rx", "\u2028x\u2029", "a\r\nSet-Cookie: x=1",
    "\u202egnp.exe", "\u2066a\u2069", "a\u200b\u200cb", "\x1b[2J\x1b[31mred", "\x08\x08\x07", "\x7f",
    "\u00ad",
    "🏳️‍🌈👨‍👩‍👧‍👦", "ﷺ" * 20, "مرحبا <b>", "Z" + "\u0301\u0316" * 30, "A" * 3000, "\u3000\u3000 ", "\ufffe",
    "null", "undefined", "NaN", "None", "True", "0", "1e309", "\u0130\u0131ſ", "ẞß",
)  # fmt: skip

TEXTS = (*(cut + one for cut in BREAKOUTS for one in MARKUP), *OTHERS)

CELLS = tuple(
    blank + sign + rest
    for sign, rest in (
        ("=", "1+1"), ("=", "cmd|' /C calc'!A0"), ("=", 'HYPERLINK("http://evil.example","x")'),
        ("+", "1+1"), ("-", "2+3"), ("@", "SUM(1)"), ("\t", "=1+1"), ("\r", "=1+1"),
        ("\uff1d", "1+1"), ("\uff0b", "1"), ("\uff0d", "1"), ("\uff20", "SUM(1)"),
    )
    for blank in ("", " ", "\ufeff", "\u00a0\u3000", "'")
)  # fmt: skip
"""Cells that a spreadsheet might calculate."""


def sample(count: int, seed: int) -> list[str]:
    """So many of TEXTS, others for each seed; all of them where there are no more."""
    return random.Random(seed).sample(TEXTS, min(count, len(TEXTS)))


NAMES = (
    "destination", "sender", "message", "type", "country", "status", "details", "campaign", "client",
    "reference",
    "kind", "slot", "delay", "sort", "page", "per_page", "period", "date_start", "date_end", "wait",
    "refresh",
    "after", "before", "seen", "search", "bucket", "compare", "compare_start", "compare_end", "form",
    "broken",
    "at", "all", "format", "partial", "columns", "q", "next", "name", "id", "who", "act", "from", "to",
    "__class__",
)  # fmt: skip

VALUES = (
    "", "~", "~1.", "~1.AAAA", "~1.~1.AAAA", "~9.xxxx", "=", "==", "=%00", "none", "-1", "0",
    "99999999999999999999",
    "9" * 400, "1e9", "NaN", "inf", "0x10", "１２", "٣", "\x00", "\ud800", "\ufffd", "\r\nX: y", "a" * 3000,
    "2026-02-31", "0000-00-00", "9999-12-31", "2999-01-01T00:00:00Z", "-0001-01-01", "2026-11-18 25:61:61",
    "2026-10-25 02:30:00", "2026-03-29 02:30:00", "last_7_days", "custom", "mon-09", "4-", "-4", "20-60",
    "date", "-date", "--date", "date,-cost", "message__regex", "pk", "cost;DROP TABLE x", "[]", "{}",
    "[$ne]", "*", "**",
    "33639*", "*33639", "%", "_", "'", '"', "\\", "/", "../../etc/passwd", "{{7*7}}", "a,b,,c", ",", " ",
    "\t", "🏳️‍🌈",
)  # fmt: skip


def queries(count: int, seed: int) -> Iterator[str]:
    """Query strings as nobody's browser would send them."""
    chance = random.Random(seed)
    for _ in range(count):
        parts = [_part(chance) for _ in range(chance.choice((1, 1, 2, 3, 8)))]
        if chance.random() < 0.04:
            parts *= 80
        yield chance.choice(("&", "&", "&", ";", "&&", "&=&")).join(parts)


def _part(chance: random.Random) -> str:
    name, value = chance.choice(NAMES), chance.choice((*VALUES, *TEXTS))
    way = chance.randrange(10)
    if way == 0:
        return f"{name}[]={quote(value, errors='surrogatepass')}"
    if way == 1:
        return f"{name}%00={quote(value, errors='surrogatepass')}"
    if way == 2:
        return chance.choice(("%", "%zz", "%u0041", "=", "&", "?", "%ff%fe", "a=%C0%AF", name))
    if way == 3:
        return f"{name}={quote(quote(value, errors='surrogatepass'))}"
    return f"{name}={quote(value, errors='surrogatepass')}"
