"""Keeps urllib3 from logging what is personal: it writes whole URLs, and ours carry numbers.

Importing this module is enough. Filters sit on each logger by name, because a filter on the
parent does not see what its children log, and levels are for the application to set.
"""

import logging
import re

LOGGERS = (
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.contrib.emscripten.response",
    "urllib3.contrib.pyopenssl",
    "urllib3.http2.connection",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)
_QUERY = re.compile(r"\?[^\s\"'>)]*")


def without_query(record: logging.LogRecord) -> bool:
    """Cut the query out of every URL of the line, and the traceback, which quotes the line too."""
    record.msg = _QUERY.sub("?…", record.getMessage())
    record.args = ()
    record.exc_info = record.exc_text = None
    return True


for _name in LOGGERS:
    logging.getLogger(_name).addFilter(without_query)
