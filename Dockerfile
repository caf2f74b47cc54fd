# syntax=docker/dockerfile:1
# Build the wheels where a compiler may be needed, run without one.
FROM python:3.13-slim-trixie AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md ./
COPY bot bot
COPY adapters adapters
COPY storage storage
RUN python -m venv /opt/retouch \
    && /opt/retouch/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt .

FROM python:3.13-slim-trixie
# Fonts for the offline sketch engine's lettering; libfribidi lets Pillow set Arabic and Hebrew. Their versions are not
# pinned: security updates matter more.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-core fonts-noto-cjk libfribidi0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin retouch \
    && install -d -o retouch -g retouch /data
COPY --from=build /opt/retouch /opt/retouch
ENV PATH=/opt/retouch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RETOUCH_DATA=/data \
    RETOUCH_HOST=0.0.0.0 \
    RETOUCH_PORT=8080
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
# SIGTERM lets running pictures finish: give `docker stop` more than RETOUCH_GRACE (60 s).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"RETOUCH_PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["retouch"]
CMD ["run"]
