# `make` lists the targets. Everything happens in .venv; pip's environment variables are honoured.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# A worker for each core, each with a database of its own; in which order is said in tests/conftest.py.
# The operations that are fuzzed have one name between them, by which workers could not be told which to run.
SIDE_BY_SIDE := -n auto --dist loadgroup --no-loadscope-reorder --ignore=tests/rest/test_fuzz.py

.PHONY: help install demo test check fuzz screenshots bench format messages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/installed ## make .venv and install what the demo needs

demo: .venv/installed ## seed the reference shop with real orders, learn from them, start web server and worker
	@$(BIN)/python -m config.demo

test: .venv/installed-dev ## run the whole suite: on SQLite, then what SQL does again on PostgreSQL
	$(PYTEST) $(SIDE_BY_SIDE) --cov
	$(PYTEST) $(SIDE_BY_SIDE) -p tests.postgres -m sql
	$(PYTEST) -p tests.postgres tests/rest/test_fuzz.py

check: .venv/installed-dev ## what CI runs: style, types, layers, migrations, settings, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(MAKE) test

fuzz: .venv/installed-dev ## send the API thousands of generated requests, on PostgreSQL
	FUZZ_CASES=60 $(PYTEST) -p tests.postgres -s tests/rest/test_fuzz.py

screenshots: .venv/installed-dev ## photograph each page of shop and admin into the folder BASKETRY_SCREENSHOTS, and the docs' pictures anew
	@test -n "$(BASKETRY_SCREENSHOTS)" || { echo "Name a folder outside the repository: make screenshots BASKETRY_SCREENSHOTS=FOLDER"; exit 1; }
	BASKETRY_SCREENSHOTS="$(BASKETRY_SCREENSHOTS)" $(PYTEST) tests/storefront/test_pages.py tests/desk
	cp "$(BASKETRY_SCREENSHOTS)/product-en-1280.png" docs/product.png
	for picture in docs/admin/*.png; do \
		name="$(BASKETRY_SCREENSHOTS)/$$(basename $$picture .png)-en"; \
		if [ -f "$$name-1280.png" ]; then cp "$$name-1280.png" $$picture; else cp "$$name.png" $$picture; fi; \
	done

bench: .venv/installed-dev ## say how to run the benchmarks
	@echo "Each benchmark is a module: $(BIN)/python -m benchmarks.NAME --help"; grep -l __main__ benchmarks/*.py benchmarks/*/__main__.py

format: .venv/installed-dev ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: .venv/installed-dev ## collect the plugin's strings, and compile their translations (needs gettext)
	cd recommendations && ../$(BIN)/python ../manage.py makemessages -l zh_Hans --no-location --no-wrap --no-obsolete
	cd recommendations && ../$(BIN)/python ../manage.py compilemessages

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt .venv/bin/python
	@echo "Installing packages; the first time this takes some minutes ..."
	$(BIN)/python -m pip install -q -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt requirements.txt .venv/bin/python
	@echo "Installing packages; the first time this takes some minutes ..."
	$(BIN)/python -m pip install -q -r requirements-dev.txt
	@touch $@ .venv/installed
