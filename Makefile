# Every target makes the environment it needs (.venv, from exact pins) and reuses it while the pins are unchanged.
PROFILE ?= mini
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PYTHONUNBUFFERED = 1
export TOKENIZERS_PARALLELISM = false

.PHONY: help book evaluate train data notebooks record bench test test-slow test-site test-full lint check clean

help:  ## explain every target
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PROFILE=mini (default), open or paper; PYTHON=python3 names the interpreter for the environment"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "medte needs Python 3.11 or later; name one with PYTHON=…")'
	@echo "installing into $(VENV), a few minutes once"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

book: $(READY)  ## data, training, evaluation, notebooks and site of a profile; prints where the site is
	@$(BIN)/medte run --profile $(PROFILE)

data: $(READY)  ## build a profile's texts and say what is in them
	@$(BIN)/medte data report --profile $(PROFILE)

train: $(READY)  ## fine-tune a profile's base encoder
	@$(BIN)/medte train --profile $(PROFILE)

evaluate: $(READY)  ## score a profile's models on its tasks
	@$(BIN)/medte evaluate --profile $(PROFILE)

notebooks: $(READY)  ## make the .ipynb files from their percent scripts
	@$(BIN)/medte notebooks

record: $(READY)  ## keep a profile's results in the repository
	@$(BIN)/medte record --profile $(PROFILE)

table-%: $(READY)  ## one table of the book as HTML, CSV and LaTeX; `medte table` lists their names
	@$(BIN)/medte table $* --profile $(PROFILE)

figure-%: $(READY)  ## one figure of the book as SVG; `medte figure` lists their names
	@$(BIN)/medte figure $* --profile $(PROFILE)

bench: $(READY)  ## encoding and scoring on this machine against plain mteb, a quarter of an hour
	@$(BIN)/medte bench --profile $(PROFILE)

test: $(READY) lint  ## quick tests, at most five minutes, no network
	@$(BIN)/python -m pytest -m "not slow and not site and not full"

test-slow: $(READY)  ## tests that train a model or run a notebook
	@$(BIN)/python -m pytest -m slow

test-site: $(READY)  ## tests of the book's pages in a browser, on a small site built for them; needs chromium
	@$(BIN)/python -m pytest -m site

test-full: $(READY)  ## everything, with the tests that are too long for every change
	@$(BIN)/python -m pytest

lint: $(READY)  ## style of the code
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . || { echo "run: $(BIN)/ruff check --fix . && $(BIN)/ruff format ."; exit 1; }

check: $(READY)  ## check a finished run: results complete, links whole, nothing from another host
	@$(BIN)/medte check --profile $(PROFILE)

clean:  ## delete what runs have made (the environment stays)
	rm -rf runs
