# One verb a line, for people and for CI. `make` alone lists them.

# What `make run` grades: a notebook, a Python file, or a folder of them.
FILE ?= examples/right.ipynb
# Options of `make test` (a file, -k, -x) and `make bench` (--quick).
ARGS ?=
# `make lock UPGRADE=--upgrade` moves to newer versions; else what is locked stays locked.
UPGRADE ?=

export FILE
LOCK := .venv/bin/uv pip compile pyproject.toml --extra bubblewrap --extra serve --universal --generate-hashes \
	--no-header --no-annotate -p 3.11 --quiet $(UPGRADE)

VERBS := help setup run test cover check format bench lock clean
ifneq ($(filter-out $(VERBS),$(MAKECMDGOALS)),)
$(error There is no `make $(firstword $(filter-out $(VERBS),$(MAKECMDGOALS)))`. To grade a file, write: make run FILE=that.ipynb)
endif

.DEFAULT_GOAL := help
.PHONY: $(VERBS)

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: ## make .venv with what the lock names, and find bubblewrap (done by the other verbs when it is needed)
	@sh setup/setup.sh

run: setup ## grade a submission: make run FILE=your.ipynb
	@sh setup/run.sh "$$FILE"

test: setup ## run the tests on all cores: make test ARGS="tests/oracle -x"
	@.venv/bin/pytest -n auto $(ARGS)

cover: setup ## run the tests on one core and say which branches none of them takes
	@.venv/bin/coverage run -m pytest -q $(ARGS) && .venv/bin/coverage report --show-missing --skip-covered

check: setup ## lint, format, types, import contracts
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

format: setup ## let ruff mend what it can
	@.venv/bin/ruff check --fix-only . && .venv/bin/ruff format .

bench: setup ## measure, side by side with the bare floor: make bench ARGS=--quick
	@.venv/bin/python -m bench $(ARGS)

lock: setup ## write locks/ anew from pyproject.toml
	@$(LOCK) -o locks/run.txt > /dev/null && $(LOCK) --group dev -o locks/dev.txt > /dev/null

clean: ## remove what the other verbs made
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage bench/results dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
