# Two commands do everything from nothing, on any machine with `make` and Python 3.11 or newer:
#   make lab     sets up and opens the lessons        (make lab ARGS=--no-browser on a server)
#   make test    sets up and runs every check and test
# The rest is for those who work on the kit; `make help` lists it.

SHELL := /bin/sh
export UV_PYTHON_DOWNLOADS := never

BIN := .venv/bin
ARGS ?=
WORKERS ?= 2

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup dev chromium lab test check lint format types floors unit lessons browser notebooks bench frontend \
	constraints newest clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

setup:
	@PYTHON="$(PYTHON)" tools/setup.sh lab

dev:
	@PYTHON="$(PYTHON)" tools/setup.sh dev

lab: setup ## Open the lessons in JupyterLab; ARGS=--no-browser on a server
	@$(BIN)/python -m iamlab start $(ARGS)

test: chromium dev check unit lessons browser ## Run every check and test

check: lint types floors ## Everything that reads the code without running it

lint: dev ## Style: ruff, spelling, and the notebooks' normal form
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/python tools/notebooks.py --check

types: dev ## Types: mypy, strict
	$(BIN)/mypy

floors: dev ## Architecture: import-linter
	$(BIN)/lint-imports

# Each kind of test in a run of its own: what drives a kernel or a browser must not fight over the cores with the rest.
unit: dev ## Tests of the package
	$(BIN)/pytest -n $(WORKERS) --dist loadscope -m "not browser" $(ARGS)

lessons: dev ## Run every notebook and compare its outputs with the stored ones
	$(BIN)/python tools/notebooks.py --compare -n $(WORKERS) --dist loadscope $(ARGS)

chromium:
	@tools/chromium.sh

browser: chromium dev ## Journeys through JupyterLab in a real Chromium
	$(BIN)/pytest -m browser tests/browser $(ARGS)

format: dev ## Format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

notebooks: dev ## Run the notebooks and store their outputs in normal form
	$(BIN)/python tools/notebooks.py $(ARGS)

bench: dev ## Benchmarks; their figures are in benchmarks/README.md
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file"; done

frontend: ## Build the widgets' front end (needs Node.js and npm)
	cd iamlab/widgets/frontend && npm ci && npm run build

constraints: dev ## Compile constraints.txt from pyproject.toml (needs uv)
	tools/constraints.sh

newest: ## Run the tests against the newest versions of everything, our upper bounds ignored
	PYTHON="$(PYTHON)" tools/newest.sh

clean: ## Remove what the targets above made; workspaces of learners are elsewhere and stay
	rm -rf .venv .venv-newest build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
