# Everything here works in a folder with a space in its path: only relative names are used.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
DID := requirements up to date

# What a user set for other projects must not reach this one's environment.
export PIP_USER := 0
export PIP_CONSTRAINT := /dev/null
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
unexport PIP_TARGET PIP_PREFIX PYTHONPATH PYTHONHOME UV_CONSTRAINT UV_TARGET

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test check bench test-networks test-production check-descriptions moved

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{ printf "make %-20s %s\n", $$1, $$2 }'

setup: .venv/base.stamp ## prepare .venv and build the front end
	@built=$$($(BIN)/python -m cmhub.frontend) && echo "setup: $(DID); $$built"

run: setup ## serve on port 8000 (PORT=), with demo data on first use
	@$(BIN)/cmhub migrate
	@$(BIN)/cmhub demo
	@exec $(BIN)/cmhub serve --port $(PORT)

test: setup .venv/dev.stamp ## run the tests, or some of them: T=tests/services
	@$(BIN)/python -m tests.support.browser
	@$(BIN)/python -m pytest $(T)

check: setup .venv/dev.stamp ## format, lint, types, imports, migrations, lock file, tests
	@$(BIN)/ruff format --check --quiet || { echo "ruff format would change these files"; exit 1; }
	@$(BIN)/ruff check --quiet
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@folder=$$(mktemp -d) && chmod 755 "$$folder" && export CMHUB_DATA_DIR="$$folder" && \
		$(BIN)/cmhub migrate && $(BIN)/cmhub migrate --check; code=$$?; rm -rf "$$folder"; exit $$code
	@git diff --exit-code reflex.lock/bun.lock
	@$(BIN)/python -m tests.support.browser
	@$(BIN)/python -m pytest

bench: setup .venv/dev.stamp ## measure
	@for file in bench/*.py; do $(BIN)/python "$$file" || exit 1; done

test-networks: setup .venv/dev.stamp ## contract tests of the networks against real servers
	@$(BIN)/python -m pytest tests/contract

test-production: setup .venv/dev.stamp ## the same promises on your own PostgreSQL and Redis: PG=, REDIS=
	@$(BIN)/python -m tests.support.browser
	@CMHUB_TEST_OWNER_URL="$(PG)" CMHUB_TEST_REDIS_URL="$(REDIS)" \
		$(BIN)/python -m pytest -m production tests/production
	@CMHUB_TEST_OWNER_URL="$(PG)" $(BIN)/python -m pytest tests/test_architecture.py \
		tests/test_isolation.py tests/test_queue.py tests/services --ignore tests/services/test_ingest.py

check-descriptions: setup .venv/dev.stamp ## compare our stand-ins with published descriptions: DIR=
	@test -n "$(DIR)" || { echo "say where they are: make check-descriptions DIR=folder" >&2; exit 2; }
	@$(BIN)/python -m pytest -p tests.support.descriptions tests/descriptions.py --descriptions "$(DIR)"

# Programs of an environment name their own path, so a moved one is made anew.
ifneq ($(wildcard .venv/setup.stamp),)
ifneq ($(shell cat .venv/setup.stamp),$(CURDIR))
.venv/setup.stamp: moved
endif
endif

.venv/setup.stamp: requirements/setup.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "CMHub needs Python 3.11 or newer as $(PYTHON); name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) --require-hashes --requirement requirements/setup.txt
	@echo "$(CURDIR)" > $@

.venv/base.stamp: .venv/setup.stamp requirements/base.txt pyproject.toml
	@$(UV) --require-hashes --requirement requirements/base.txt 2> .venv/uv.log || \
		$(PIP) --require-hashes --requirement requirements/base.txt
	@$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@
	$(eval DID := requirements installed)

.venv/dev.stamp: .venv/base.stamp requirements/dev.txt
	@$(UV) --require-hashes --requirement requirements/dev.txt 2> .venv/uv.log || \
		$(PIP) --require-hashes --requirement requirements/dev.txt
	@touch $@
