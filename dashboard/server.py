"""Gunicorn's options, one set wherever the dashboard is served: `gunicorn -c python:dashboard.server`.

What differs from place to place is the environment: `BIND`, and `WEB_CONCURRENCY` for more processes.
"""

import os

wsgi_app = "dashboard.wsgi"
bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "dashboard.server_worker.Worker"
logger_class = "dashboard.server_log.ServerLog"
loglevel = "warning"
threads = 8

limit_request_line = 8190
"""Bytes of an address: every question of the form fits. Gunicorn knows no more."""

limit_request_field_size = 16380
"""Bytes of a header, which may repeat an address."""

graceful_timeout = 4
"""Seconds for answers under way, at a stop."""

control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - a heartbeat, no data
"""A disk that is slow must not make a process look dead."""
