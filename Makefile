# Everything a newcomer needs: `make run` to see it, `make test` to trust it, `make check` before a commit.
SHELL := /bin/bash
PATH := $(CURDIR)/.venv/bin:$(PATH)
export PATH
WORKERS ?= 2
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)

.PHONY: run setup system-packages web test test-python test-web test-system-postgres check bench wheel clean

run: setup web  ## the whole of Uzel on this machine, with people and tickets to try it on
	@exec uzel up --demo

setup:  ## .venv with exactly what requirements.lock names
	@scripts/setup

system-packages:  ## what only tests need: a browser, a mail server
	@scripts/system-packages

web: web/dist/.built  ## the pages, when they are older than their sources

web/dist/.built: $(WEB_SOURCES) | setup
	@scripts/build-web
	@touch $@

test: setup system-packages web test-web test-python

test-web:
	@scripts/npm test --silent

test-python:
	@pytest -n $(WORKERS)

test-system-postgres: setup  ## the same on the system's PostgreSQL (Debian 12: 15)
	@UZEL_TEST_PG=system pytest -n $(WORKERS)

check: setup  ## format, lint, types, imports, sizes; under a minute
	@ruff format --check --output-format concise . || { echo "ruff format would change files: run ruff format"; exit 1; }
	@ruff check --quiet --output-format concise .
	@lint-imports --no-logo
	@python scripts/check_sizes.py
	@DATABASE_URL=postgresql:///only-types mypy
	@if [ -f web/package.json ]; then scripts/npm run --silent lint && scripts/npm run --silent types; fi

bench: setup web
	@uzel bench all

wheel: setup web  ## one file that needs neither node nor PostgreSQL where it is installed
	@uv build --wheel --quiet && ls -l dist/*.whl

clean:
	rm -rf .venv dist web/dist web/node_modules
