# Communiqué. `make help` lists the targets; docs/operator.md says what they need.

UV_VERSION = 0.13.9
BIN = .venv/bin
JOBS = 2

.DEFAULT_GOAL = all
.NOTPARALLEL:
.PHONY: all setup demo run test world killing check bench bench-large live-check \
  secrets image up down logs psql backup restore upgrade audit sbom help

# The system's own Python, never a downloaded one; this folder's environment, whatever is active.
export UV_PYTHON_DOWNLOADS = never
export UV_PYTHON_PREFERENCE = only-system
unexport UV_PROJECT_ENVIRONMENT VIRTUAL_ENV
# Airflow's imports take more than twice as long without bytecode.
unexport PYTHONDONTWRITEBYTECODE

all: check test ## check, then test

setup: .venv/.made ## make the environment in .venv, or bring it up to date

demo: setup ## set everything up, then the main job in Airflow, offline (KEEP=1 leaves it up)
	$(BIN)/python -m communique.stack demo $(if $(KEEP),--keep)

run: setup ## the same machine on the real sources, scheduled
	$(BIN)/python -m communique.stack run

test: setup ## all tests, Airflow's included (ARGS='-k words' picks some, JOBS=0 one after the other)
	$(BIN)/pytest -rs -n $(JOBS) --dist loadscope $(ARGS)

world: setup ## 300 hosts that publish and fail for 30 days on loopback, and what came of it (ARGS='--hosts 60 --days 8')
	$(BIN)/python -m tests.world $(ARGS)

killing: setup ## 30 days with 200 processes killed and a mail server that misbehaves, and what arrived
	$(BIN)/python -m tests.killing $(ARGS)

check: setup ## lint, format, types, one-way imports, generated documents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m communique.docs --check

audit: setup ## known holes in what uv.lock names (OSV=https://host/v1/query asks a mirror); 3: nobody could be asked
	@$(BIN)/python deploy/audit.py $(if $(OSV),--osv-url $(OSV))

sbom: setup ## bills of material, CycloneDX, into ./sbom: of uv.lock, and of the image IMAGE=name
	@$(BIN)/python deploy/sbom.py sbom $(if $(IMAGE),--image $(IMAGE))

bench: setup ## speed and size, beside peers and the limit
	PATH=".uv/bin:$$PATH" uv sync --locked --group bench --compile-bytecode --quiet
	$(BIN)/python -m bench

bench-large: setup ## what a store of a million statements costs (an hour or two, 50 GB under .communique/bench)
	$(BIN)/python -m bench.large 10000 100000 1000000
	$(BIN)/python -m bench.pages 1000000

live-check: setup ## try every source on the real web (needs the internet)
	COMMUNIQUE_HOME=.communique/live-check $(BIN)/communique collect

# Services in docker: EXECUTOR=celery WORKERS=2 for workers, PROFILES=mailbox,metrics,tls for more.
EXECUTOR ?= local
WORKERS ?= 2
PROFILES ?=
comma := ,
profiles = $(subst $(comma), ,$(PROFILES)) $(if $(filter celery,$(EXECUTOR)),celery)
all_profiles = celery,mailbox,metrics,tls
compose = $(if $(filter celery,$(EXECUTOR)),COMMUNIQUE_EXECUTOR=CeleryExecutor) \
  $(if $(filter mailbox,$(profiles)),COMMUNIQUE_SMTP_URL=smtp://mailbox:2525) \
  $(if $(filter metrics,$(profiles)),COMMUNIQUE_STATSD=True) \
  COMPOSE_PROFILES=$(subst $() ,$(comma),$(strip $(profiles))) docker compose

secrets: ## passwords and keys for the services in docker, into ./secrets; what is there stays
	@deploy/secrets.sh

image: ## the services' image
	COMMUNIQUE_REVISION=$$(git rev-parse --short HEAD 2>/dev/null || echo unknown) \
	  docker compose build migrate

up: ## start all services in docker (EXECUTOR=celery WORKERS=2, PROFILES=mailbox,metrics,tls)
	@deploy/secrets.sh --check
	@deploy/alone.sh
	@$(MAKE) --no-print-directory image
	$(compose) up --detach --wait --wait-timeout 900 --remove-orphans \
	  $(if $(filter celery,$(EXECUTOR)),--scale worker=$(WORKERS))

down: ## stop them; what they stored is kept
	COMPOSE_PROFILES=$(all_profiles) docker compose down

logs: ## what the services in docker say, as they say it (ARGS='--tail 50 scheduler')
	COMPOSE_PROFILES=$(all_profiles) docker compose logs --follow $(ARGS)

psql: ## psql on their store, as its owner
	docker compose exec postgres psql --username=communique --dbname=communique

backup: ## both databases, the archive and the watchlists into one file (FILE=backups/NAME.tar)
	@deploy/backup.sh '$(FILE)'

restore: ## a backup in place of what is here (FILE=backups/NAME.tar; FORCE=1 where the store is not empty)
	@deploy/secrets.sh --check
	@deploy/alone.sh
	@$(MAKE) --no-print-directory image
	@FORCE='$(FORCE)' deploy/restore.sh '$(FILE)'

upgrade: ## after a new version was checked out: builds, backs up, migrates, starts (as make up)
	@deploy/secrets.sh --check
	@deploy/alone.sh
	@$(MAKE) --no-print-directory image
	@deploy/upgrade.sh
	@$(MAKE) --no-print-directory up

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

NO_PYTHON = 'Communiqué needs Python 3.11, 3.12 or 3.13 with venv. On Debian or Ubuntu:' \
            '  apt-get install python3 python3-venv'

# uv of the version above or later, from the path or made here; then what uv.lock names.
.venv/.made: pyproject.toml uv.lock
	@uv=uv; \
	if ! have=$$(uv --version 2>/dev/null) || \
	   ! printf 'uv %s\n%s\n' '$(UV_VERSION)' "$$have" | sort -VC; then \
	  uv=.uv/bin/uv; \
	  [ -x $$uv ] || { echo 'Installing uv $(UV_VERSION) into .uv' && python3 -m venv .uv && \
	    .uv/bin/pip install --quiet 'uv==$(UV_VERSION)'; } || \
	    { printf '%s\n' $(NO_PYTHON) >&2; exit 1; }; \
	fi; \
	echo 'Installing what uv.lock names into .venv (some 180 MB the first time)'; \
	$$uv sync --locked --compile-bytecode --quiet || { \
	  $$uv python find >/dev/null 2>&1 || printf '%s\n' $(NO_PYTHON) >&2; exit 1; }
	@touch $@
