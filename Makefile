# Two commands matter: `make run` and `make test`. Each sets up what it needs; nothing but Python 3.11 and make is assumed.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup run test prove lint types architecture unit bench lock docs clean

setup: $(STAMP)

$(STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Watchbill needs Python 3.11: install it, or run make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

run: export WATCHBILL_HOME ?= $(CURDIR)/var
run: setup
	$(BIN)/watchbill init --demo
	$(BIN)/watchbill serve --demo

test: lint types architecture unit

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

architecture: setup
	$(BIN)/lint-imports --no-cache

unit: setup
	$(BIN)/python -m pytest -n 3 -q -m "not proof"

prove: setup
	$(BIN)/python -m pytest -n 2 -q -m proof

bench: setup
	$(BIN)/python -m watchbill.bench

docs: setup
	$(BIN)/python -m tests.elements.support
	$(BIN)/python -m tests.people.rights_page

lock:
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra postgres pyproject.toml -o requirements.txt
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra postgres --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean:
	rm -rf $(VENV) var
