# make run      the whole stack on this machine: simulator, SBS agents, edge (torch-free environment in .venv-serve)
# make test     linters, types, layers and tests (environment with everything in .venv-test)
# make ui       the dashboard's page, which `run` and `test` build too where they find npm (Node.js 20.19 or later)
# Both make their own virtual environment; all they need is Python 3.11 or later.

SBS ?= 3
SCENARIO ?=
POLICY ?=
MOBILITY ?=
HTTP_PORT ?=
SIM_PORT ?=
EDGE_PORT ?=
ARGS ?=
TEST_TIMEOUT_S ?= 1500

serve_python := .venv-serve/bin/python
test_bin := .venv-test/bin
ui := services/upper_edge/ui
ui_sources := $(wildcard $(addprefix $(ui)/,index.html *.json *.ts)) $(shell find $(ui)/src -type f ! -name schema.ts)

run_options = --sbs $(SBS) \
  $(if $(SCENARIO),--scenario $(SCENARIO)) \
  $(if $(POLICY),--policy $(POLICY)) \
  $(if $(MOBILITY),--mobility $(MOBILITY)) \
  $(if $(HTTP_PORT),--http-port $(HTTP_PORT)) \
  $(if $(SIM_PORT),--sim-port $(SIM_PORT)) \
  $(if $(EDGE_PORT),--edge-port $(EDGE_PORT)) \
  $(ARGS)

.PHONY: run test lint pytest ui ui-where-possible ui-test browser-test stubs train bench bench-check check-compose clean help
.DEFAULT_GOAL := help

help: ; @sed -n '1,/^$$/s/^# //p' Makefile

run: .venv-serve/ready ui-where-possible
	@exec $(serve_python) -m services $(run_options)

test: lint ui-test pytest

lint: .venv-test/ready
	$(test_bin)/ruff check .
	$(test_bin)/ruff format --check .
	$(test_bin)/mypy
	$(test_bin)/lint-imports
	$(test_bin)/buf lint proto

# Tests that start processes have the machine to themselves. A test that hangs ends its run after two minutes, with a traceback
# of where it stood.
pytest = timeout --kill-after=10 $(TEST_TIMEOUT_S) $(test_bin)/python -m pytest \
  -o faulthandler_timeout=120 -o faulthandler_exit_on_timeout=true
pytest: .venv-test/ready ui-where-possible
	$(pytest) -n 2 -m "not slow and not processes" $(ARGS)
	$(pytest) -m "processes and not slow" --durations 5 $(ARGS)

ui: $(ui)/dist/index.html

$(ui)/dist/index.html: $(ui)/node_modules/.package-lock.json $(ui_sources)
	@cd $(ui) && npm run --silent build -- --logLevel warn

$(ui)/node_modules/.package-lock.json: $(ui)/package.json $(ui)/package-lock.json
	@cd $(ui) && npm ci --no-audit --no-fund --loglevel error

# Without npm, or where the build fails, everything else goes on: the page then says how to build it.
ui-where-possible:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory ui || echo "hiercoop: the dashboard was not built; going on without it" >&2; fi

ui-test:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(ui)/node_modules/.package-lock.json && cd $(ui) && npm run --silent test; \
	else echo "hiercoop: no npm, so the dashboard's own tests are left out" >&2; fi

# The page in a real Chromium before a real stack; minutes, and a machine with nothing else to do.
browser-test: .venv-test/ready ui
	$(pytest) -m browser tests/ui --durations 5 $(ARGS)

stubs: .venv-test/ready
	PYTHON=$(test_bin)/python deploy/generate-stubs

train: .venv-test/ready
	$(test_bin)/hiercoop train hiercoop --preset fast $(ARGS)

bench: .venv-test/ready
	$(test_bin)/hiercoop bench all --json $(ARGS)

# Exit code 5 where a change made a message 10 % dearer to the edge, beside a bare echo in the same run.
bench-check: .venv-test/ready
	$(test_bin)/hiercoop bench load --check docs/results/load-baseline.json --json $(ARGS)

check-compose:
	deploy/check-compose $(ARGS)

# runs/ stays: it holds what was learnt.
clean:
	rm -rf $(ui)/dist $(ui)/node_modules .venv-serve .venv-test build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv-serve/ready: pyproject.toml constraints.txt deploy/make-venv
	@deploy/make-venv .venv-serve serve
	@touch $@

.venv-test/ready: pyproject.toml constraints.txt deploy/make-venv
	@deploy/make-venv .venv-test dev
	@touch $@
