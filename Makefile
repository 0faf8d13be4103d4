# `make` lists what there is. Settings pass through: make run PORT=9000 WORKERS=4 DATA_DIR=/srv/shop
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ARGS   ?=
JOBS   ?= 2
PYTEST := $(BIN)/python -m pytest -n $(JOBS)

# Compiled kernels belong to the installation, not to the data.
NUMBA_CACHE_DIR ?= $(CURDIR)/$(VENV)/numba
export NUMBA_CACHE_DIR

.DEFAULT_GOAL := help
.PHONY: help run test coverage check format docs bench clean-venv

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-11s %s\n", $$1, $$2 }'

run: $(VENV)/.demo $(VENV)/.warm  ## start everything: http://127.0.0.1:8000 (PORT= WORKERS= DATA_DIR= DEMO=0 MONGO_URI=)
	@exec env ENVIRONMENT="$${ENVIRONMENT:-development}" $(BIN)/python -m app.serve

test: check $(VENV)/.demo  ## every check and every test (two at a time, or JOBS=; ARGS= goes to pytest)
	$(PYTEST) $(ARGS)

coverage: $(VENV)/.dev $(VENV)/.demo  ## which lines the tests reach (JOBS= likewise; ARGS= goes to pytest)
	$(PYTEST) --cov $(ARGS)

check: $(VENV)/.dev  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev  ## write what the docs show of the code: the table of settings
	$(BIN)/python -m tests.docs.make

bench: $(VENV)/.dev $(VENV)/.demo  ## measurements (ARGS= goes to them)
	$(BIN)/python -m benchmarks $(ARGS)

clean-venv:  ## remove the installed packages; data stay
	rm -rf $(VENV)

# One stamp a step: a step runs again when its requirements file has changed.
$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "There is no $(PYTHON). Install Python 3.11 or newer, or name one: PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Shelfwise needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Name another one: PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: requirements.txt $(VENV)/.made
	@echo "Installing Python packages into $(VENV); the first time this takes a few minutes."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.demo: requirements-demo.txt $(VENV)/.run
	@$(PIP) --no-deps -r requirements-demo.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements-evaluation.txt $(VENV)/.run
	@echo "Installing what checks and tests need."
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(VENV)/.warm: $(VENV)/.run $(shell find app/engine -name "*.py")
	@echo "Compiling the numeric kernels, once."
	@$(BIN)/python -m app.engine.warmup
	@touch $@
