# The dashboard's image: its web server, its workers and its commands.
# Built in two stages, so that compilers of texts, npm and its packages stay behind.

FROM python:3.11-slim-bookworm AS build
ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --require-hashes -r requirements.txt
COPY . .
# Browser libraries and texts by an environment of their own; files that browsers load, with hashed names.
RUN python -m venv .venv \
 && .venv/bin/python -m scripts.install \
 && ALLOWED_HOSTS=build.invalid SECRET_KEY=build .venv/bin/python manage.py collectstatic --noinput \
 && rm -rf .venv .state scripts requirements*.txt package*.json .npmrc

FROM python:3.11-slim-bookworm
# pg_dump and pg_restore, for backups: of the version of the server in compose.yaml.
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-client-15 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin dashboard \
 && install -d -m 0700 -o dashboard -g dashboard /var/lib/dashboard /var/lib/dashboard/exports \
    /var/lib/dashboard/backups
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    BIND=0.0.0.0:8000 LOG_FORMAT=json EXPORTS_DIR=/var/lib/dashboard/exports TMPDIR=/var/tmp
WORKDIR /app
USER dashboard
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "--config", "python:dashboard.server"]
