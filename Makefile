# Gapwatch. `make run` and `make test` set up what they need; `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# An ordinary user's PATH on Debian lacks where mkfs and losetup lie; the tests look for them.
export PATH := $(PATH):/usr/sbin:/sbin
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := packaging/lock/all.txt

.PHONY: help env run test prerequisites guest-image accuracy bench lint generate lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

env: $(VENV)/.ready ## Build .venv from the lock (and bring the browser assets)

$(VENV)/.ready: $(LOCK) pyproject.toml packaging/console/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make env PYTHON=/path/to/python3" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(LOCK)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python packaging/console/fetch_assets.py
	touch $@

generate: env ## Generate the wire's Python from proto/gapwatch_proto/v1/*.proto
	$(BIN)/python -m grpc_tools.protoc -Iproto --python_out=proto --pyi_out=proto proto/gapwatch_proto/v1/*.proto

UV_COMPILE = uv pip compile pyproject.toml --generate-hashes --universal --python-version 3.11 --no-header \
  --no-emit-index-url --override packaging/lock/overrides.txt --quiet

lock: ## Resolve the locks anew from pyproject.toml (needs uv)
	$(UV_COMPILE) --extra agent --extra ocr --extra collector --extra dev --output-file $(LOCK)
	$(UV_COMPILE) --extra agent --constraint $(LOCK) --output-file packaging/lock/agent.txt
	$(UV_COMPILE) --extra agent --extra ocr --constraint $(LOCK) --output-file packaging/lock/ocr.txt \
	  $(addprefix --no-emit-package ,pyyaml requests certifi charset-normalizer idna urllib3)
	$(UV_COMPILE) --extra collector --constraint $(LOCK) --output-file packaging/lock/collector.txt
	$(UV_COMPILE) --extra bench --constraint $(LOCK) --output-file packaging/lock/bench.txt

run: env ## A collector, its console and an agent watching this machine (EXTRA_MEDIA=/dev/loop0 adds media, PORT=7540 moves it)
	@$(BIN)/python packaging/development/run.py $(if $(PORT),--port $(PORT)) $(if $(EXTRA_MEDIA),--extra-media $(EXTRA_MEDIA)) $(RUN_FLAGS)

lint: env ## Lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: env prerequisites guest-image ## Everything continuous integration runs
	$(BIN)/pytest --ignore=tests/e2e
	$(BIN)/pytest tests/e2e  # apart: its browser lives as long as the guest and holds the event loop

prerequisites: ## Install what the tests need of the system (root), or say what is missing
	packaging/development/prerequisites.sh

guest-image: prerequisites ## Build the guest the end-to-end tests boot (once; about two minutes)
	packaging/development/guest-image.sh

accuracy: env prerequisites ## Precision and recall of the inspector on a generated corpus (RECORD=1 to keep, CORPUS=DIR to keep the files)
	$(BIN)/python tests/corpus/measure.py $(if $(CORPUS),--keep $(CORPUS)) $(if $(RECORD),--record)

bench: env ## Measure beside the budgets (ONLY="spool store", RECORD=1 to keep)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r packaging/lock/bench.txt
	$(BIN)/python tests/bench/run.py $(if $(ONLY),--only $(ONLY)) $(if $(RECORD),--record)

clean: ## Remove what the targets made (not .state)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist
