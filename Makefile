# Needs Python 3.11 or newer, git and make; `make test` also fetches a Chromium with apt if there is none.
.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TEST_INSTALLED := $(VENV)/.installed-dev
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: help run test bench style browser clean

help: ## list what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(INSTALLED) ## the demo clinic with two phones, at http://127.0.0.1:8000 (PORT= changes it)
	@PORT=$(PORT) $(BIN)/aftercare demo

test: $(TEST_INSTALLED) browser style ## style, types, architecture, and all tests on SQLite, PostgreSQL and in a browser
	$(BIN)/pytest -n 2 --dist worksteal tests

style: $(TEST_INSTALLED) ## style, types and the direction of imports alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(TEST_INSTALLED) ## the benchmarks, as ratios within one run
	$(BIN)/python -m tests.bench

browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq chromium; }

clean: ## remove what the targets above have made
	rm -rf $(VENV) instance build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(TEST_INSTALLED): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(INSTALLED)
