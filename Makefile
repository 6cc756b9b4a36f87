# All that a newcomer types: `make run`, `make test`; `make help` lists the rest. Works with GNU make 3.81 (macOS).
SHELL := /bin/sh
BIN := .venv/bin
PY := $(BIN)/python
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; done)
DEMO ?= 1
WORKERS ?= 2
OUTREACH_SHARED ?= ../shared
LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-build

# The places of figures that exist in this checkout; a target without its file is not offered.
BENCHES := $(patsubst benchmarks/%.py,bench-%,$(wildcard $(foreach name,ledger search messages dispatch joint board oversight,benchmarks/$(name).py)))

ABSENT := $(foreach pair,judge=tests/judge chaos=tests/chaos story=tests/journeys pictures=tests/journeys,$(if $(wildcard $(word 2,$(subst =, ,$(pair)))),,$(word 1,$(subst =, ,$(pair)))))

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run demo migrate test lint fix lock story pictures journeys judge chaos $(BENCHES)

help:  ## list what can be made
	@awk -F ':.*## ' -v absent=" $(ABSENT) " '/^[a-z-]+:.*## / && !index(absent, " " $$1 " ") { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@for name in $(BENCHES); do printf '  make %-12s measure on an idle machine\n' "$$name"; done

setup:  ## install everything that running needs (DEV=1: testing too)
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed: 'sudo apt-get install -y python3' or 'brew install python'" >&2; exit 1; fi
	@"$(PYTHON)" .ci/bootstrap.py $(if $(DEV),--dev)

setup-dev:  ## install everything that testing needs
	@$(MAKE) --no-print-directory setup DEV=1

run: setup  ## serve web and worker with a demo district (DEMO=0: empty)
	@exec $(PY) -m outreach run $(if $(filter 0 no false,$(DEMO)),--no-demo,--demo)

demo: setup  ## reset the demo district
	@$(PY) -m outreach demo

migrate: setup  ## create or migrate the database of DATABASE_URL
	@$(PY) -m outreach init

test: setup-dev  ## run all tests: unit, both databases, browser (ARGS= for pytest)
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: setup-dev  ## check format, style, types and the direction of imports
	@failed=0; for check in "ruff format --check" "ruff check" mypy lint-imports; do $(BIN)/$$check || failed=1; done; exit $$failed

fix: setup-dev  ## mend format and style where a machine can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

lock: setup-dev  ## pin the requirements*.txt anew, with hashes
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt
	@$(LOCK) benchmarks/requirements.in -o benchmarks/requirements.txt

story: setup-dev  ## play the story in a browser and save its pictures into docs/
	@$(PY) -m pytest tests/journeys -k story --pictures docs/story $(ARGS)

pictures: setup-dev  ## look at every page of a full day and save the pictures into docs/
	@$(PY) -m pytest tests/journeys/test_pages_of_a_day.py --longer --pictures docs/pictures $(ARGS)

journeys: setup-dev  ## all journeys: every page of every role, each on either database
	@$(PY) -m pytest tests/journeys --longer $(ARGS)

judge: setup-dev  ## compare with published cases in OUTREACH_SHARED (../shared)
	@OUTREACH_SHARED="$(OUTREACH_SHARED)" $(PY) -m pytest tests/judge $(ARGS)

chaos: setup-dev  ## kill, stall and double processes while messages flow
	@$(PY) -m pytest tests/chaos --full-chaos -s $(ARGS)

ifneq ($(BENCHES),)
$(BENCHES): bench-%: setup-dev
	@OUTREACH_SHARED="$(OUTREACH_SHARED)" $(PY) -m benchmarks.$* $(ARGS)
endif
