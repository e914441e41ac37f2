# Two commands for a new user: `make demo` and `make test`. Both do all the set-up.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements.lock
# on top of it, for who tests and changes Slipway
DEV_LOCK := requirements-dev.lock
# the set-up is done again when lock or packaging changed, and when the folder was moved or the
# environment's Python is gone; else not even a Python is started
STAMP := $(VENV)/.ready-$(shell [ -x $(BIN)/python ] || rm -f $(VENV)/.ready-*; \
  { cat $(LOCK) pyproject.toml; pwd; } | cksum | cut -d' ' -f1)
DEV_STAMP := $(VENV)/.ready-dev-$(shell { cat $(LOCK) $(DEV_LOCK) pyproject.toml; pwd; } | \
  cksum | cut -d' ' -f1)

.PHONY: setup setup-dev demo up down test check audit sbom pictures bench clean

setup: $(STAMP)

setup-dev: $(DEV_STAMP)

$(DEV_STAMP): SET_UP = $(LOCK) $(DEV_LOCK) $(STAMP) $@
$(STAMP): SET_UP = $(LOCK) $@

$(STAMP) $(DEV_STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "PYTHON == '$$($(PYTHON) -V 2>&1 | tail -n 1)', must be Python >= 3.11: run make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@PYTHONPATH=pipeline $(PYTHON) -m slipway.stack.setup_environment $(VENV) $(SET_UP)

demo: setup
	@$(BIN)/slipway demo $(if $(LINE),--line $(LINE)) $(if $(DATA),--data $(DATA)) $(if $(KEEP),--keep)

up: setup
	@$(BIN)/slipway up

down: setup
	@$(BIN)/slipway down

test: setup-dev
	@# real servers wait a lot: beside them the other tests use the second core
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 $(TESTS)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate -c pyproject.toml tests
	@$(BIN)/python -m slipway.stack.supply audit $(LOCK) $(DEV_LOCK)

# what is installed against what is known to be vulnerable; without network it says that it was not done
audit: setup
	@$(BIN)/python -m slipway.stack.supply audit $(LOCK)

# the software bill of materials (CycloneDX) of what the lock installs here
sbom: setup
	@$(BIN)/python -m slipway.stack.supply sbom $(LOCK) > sbom.cdx.json
	@echo "sbom.cdx.json"

# the pictures of the README, from a demo that they are taken of
pictures: setup-dev
	@$(BIN)/slipway demo --keep --home .slipway-pictures
	@$(BIN)/python tests/benchmarks/pictures.py .slipway-pictures; \
	  made=$$?; SLIPWAY_HOME=.slipway-pictures $(BIN)/slipway down; rm -rf .slipway-pictures; exit $$made

# those that need a running stack or take hours are left out
NO_BENCH := demo pages pictures readiness
bench: setup-dev
	@missed=; for b in $(filter-out $(NO_BENCH:%=tests/benchmarks/%.py),$(wildcard tests/benchmarks/*.py)); do \
	  echo "== $$b"; $(BIN)/python $$b || missed="$$missed $$b"; done; \
	echo "== clusters"; $(BIN)/python -m tests.benchmarks.clusters || missed="$$missed clusters"; \
	echo "== decisions: hours; it goes on where it was stopped"; \
	$(BIN)/python -m tests.benchmarks.decisions || missed="$$missed decisions"; \
	[ -z "$$missed" ] || { echo "ended early or missed a goal:$$missed"; exit 1; }

constraints.txt: $(LOCK) $(DEV_LOCK)
	@cat $(LOCK) $(DEV_LOCK) | sed -nE 's/^([^ ]+==[^ ]+)( ;.*[^ \\])? \\$$/\1\2/p' | LC_ALL=C sort > $@

clean:
	@rm -rf $(VENV)
