# Everything a fresh machine with Python 3.11 or newer needs: `make demo`, `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slurm check format setup clean

demo: setup  ## set up, and train one model on the embedded data set (a few minutes on two cores)
	$(BIN)/mixtui run --alpha 0.1 --dataset synthetic

test: setup  ## set up, and run the tests
	$(BIN)/python -m pytest -n 3 --dist worksteal

test-slurm: setup  ## run the tests against a Slurm of our own (Debian, as root: installs slurm-wlm and munge)
	command -v slurmctld || (apt-get update -q && apt-get install -q -y --no-install-recommends slurm-wlm munge)
	$(BIN)/python -m pytest tests/slurm

check: setup  ## formatter, linter, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## mend what the formatter and the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
