# One verb a line, for people and for CI. `make` alone lists them.

# A process that is done takes over what still waits for another.
PYTEST := .venv/bin/pytest -n auto --durations 25 --dist worksteal
# What `make run` grades: a notebook, a Python file, or a folder of them. This one has a mistake.
FILE ?= examples/no_relu_derivative.ipynb
# Options of `make test` (a file, -k, -x) and `make bench` (--quick).
ARGS ?=
# Whose share of the nightly tests `make test` runs.
COMMIT := $(shell git rev-parse HEAD 2> /dev/null || echo 0)
# `make lock UPGRADE=--upgrade` moves to newer versions; else what is locked stays locked.
UPGRADE ?=

export FILE
COMPILE := .venv/bin/uv pip compile --universal --generate-hashes --no-header --no-annotate -p 3.11 --quiet
# What a checkout holds: to grade, to serve as well, to develop as well. `setup/setup.sh` installs one on top of another.
DEV := $(COMPILE) pyproject.toml --extra bubblewrap --extra serve --group dev $(UPGRADE)
STAGE := $(COMPILE) pyproject.toml -c locks/dev.txt --extra bubblewrap --group build
# What an image of one role holds, at the versions of the one lock; grading needs NumPy and Hypothesis, nothing else does.
ROLE := $(COMPILE) pyproject.toml -c locks/dev.txt
WITHOUT_NUMPY := --no-emit-package numpy --no-emit-package hypothesis --no-emit-package sortedcontainers

# Bytecode is kept while a verb runs: else each of the thousand processes that the tests start compiles what it imports.
unexport PYTHONDONTWRITEBYTECODE

VERBS := help setup run serve test test-fast test-versions night cover mutate check format bench bench-peers compose-test gradescope-test screenshots docs kits release lock clean
ifneq ($(filter-out $(VERBS),$(MAKECMDGOALS)),)
$(error There is no `make $(firstword $(filter-out $(VERBS),$(MAKECMDGOALS)))`. To grade a file, write: make run FILE=that.ipynb)
endif

.DEFAULT_GOAL := help
.PHONY: $(VERBS) tools

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

setup: ## make .venv with all that the locks name, and find bubblewrap (done by the other verbs when it is needed)
	@sh setup/setup.sh

tools:
	@sh setup/setup.sh tools

run: ## grade a submission: make run FILE=your.ipynb
	@sh setup/run.sh "$$FILE"

serve: ## run the whole service on this machine: make serve ARGS="--bind 127.0.0.1:8080"
	@sh setup/setup.sh serve && { sh setup/docs.sh || true; }
	@.venv/bin/backmark serve $(ARGS)

test: tools ## run the tests on all cores: make test ARGS="tests/contracts/rows -x"
	@$(PYTEST) --nightly-share $(COMMIT) -m "not nightly or in_share" $(ARGS)

test-fast: setup ## run what takes less than a minute, while you write: neither a service nor a browser
	@$(PYTEST) -m "not slow and not nightly" $(ARGS)

night: tools ## run what is left to the night: all tests with more examples, coverage, and the speed of the last release
	@sh setup/night.sh

test-versions: setup ## run the jail's tests and the examples on the oldest and the newest Python, and on the oldest NumPy
	@sh setup/versions.sh

cover: setup ## run the fast tests and show which branches none of them takes; fails below the floor in pyproject.toml
	@rm -f .coverage.*
	@.venv/bin/coverage run -m $(notdir $(PYTEST)) -m "not slow and not nightly" $(ARGS)
	@.venv/bin/coverage combine --quiet && .venv/bin/coverage report

mutate: setup ## change what judges and discloses, a line at a time: does a test notice? make mutate ARGS=grader/contracts/rows/agreement.py
	@sh setup/mutate.sh $(ARGS)

check: setup ## lint, format, types, import contracts
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

format: setup ## let ruff mend what it can
	@.venv/bin/ruff check --fix-only . && .venv/bin/ruff format .

bench: setup ## measure graders, the service and publishing, side by side with the bare floor: make bench ARGS=--quick
	@.venv/bin/python -m bench $(ARGS)

bench-peers: setup ## install what `make bench` compares with, in .peers (all: some 2 GB): make bench-peers ARGS=nbgrader
	@sh setup/peers.sh $(ARGS)

compose-test: setup ## bring docker-compose.yml up for real, with an engine of its own where there is none, and try it
	@sh setup/compose-test.sh $(ARGS)

gradescope-test: setup ## build Gradescope's image from an exported ZIP file, and grade in it, likewise
	@sh setup/gradescope-test.sh $(ARGS)

screenshots: tools ## take every page's picture, light and dark, wide and narrow (in screenshots/; wants chromium)
	@.venv/bin/python -m tests.pages.screenshots $(ARGS)

docs: setup ## build docs/ as a site with a search (in grader/web/site), which the service serves under /docs
	@sh setup/docs.sh $(ARGS)

kits: setup ## draw the gallery and write its kits, which the wheels ship: make kits ARGS=udl-7.2
	@sh setup/kits.sh $(ARGS)

release: setup ## build both distributions and try them as others get them; make release ARGS=0.3.0 cuts that version first
	@sh setup/release.sh $(ARGS)

lock: setup ## write locks/ anew from pyproject.toml, and the digests of the base images
	@$(DEV) -o locks/dev.txt > /dev/null
	@$(STAGE) -o locks/run.txt > /dev/null && $(STAGE) --extra serve -o locks/serve.txt > /dev/null
	@$(ROLE) --extra worker -o locks/worker.txt > /dev/null
	@$(ROLE) --extra web $(WITHOUT_NUMPY) -o locks/web.txt > /dev/null
	@$(ROLE) --extra worker $(WITHOUT_NUMPY) -o locks/sweeper.txt > /dev/null
	@$(COMPILE) --group docs -c locks/dev.txt $(UPGRADE) -o locks/docs.txt > /dev/null
	@echo hatchling | $(COMPILE) - -c locks/dev.txt -o locks/build.txt > /dev/null
	@sh setup/images.sh $(UPGRADE)

clean: ## remove what the other verbs made
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* bench/results .peers .history screenshots dist mutants grader/web/site
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
