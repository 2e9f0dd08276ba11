# Every target first sets up what it needs (config/setup), then runs in .venv. `make help` lists them.
PYTHON ?= python3
SETUP = @$(PYTHON) config/setup
# More options for pytest, for example: make test PYTEST=tests/core/queues or PYTEST="-n 0 -x"
PYTEST ?=
# Python keeps what it compiled, whatever the shell says: a run of the tests starts hundreds of processes.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check bench lock upgrade fresh

help:  ## this list
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

setup:  ## set up what a demo needs, and stop
	$(SETUP) demo

demo:  ## a demo company with callers, in the browser; ONCE=1 places one call and ends
	$(SETUP) demo
	@.venv/bin/sentralbord demo $(if $(ONCE),--once)

run:  ## Sentralbord on this machine
	$(SETUP) run
	@.venv/bin/sentralbord up

test:  ## the whole test suite
	$(SETUP) test
	@.venv/bin/python -m pytest -n 3 --hypothesis-profile=ci $(PYTEST)

check:  ## ruff, mypy, import arrows, migrations, translations
	$(SETUP) check
	@.venv/bin/python -m config.check

bench:  ## measure and write bench.json
	$(SETUP) bench
	@.venv/bin/python -m tests.bench

lock:  ## write the lock files anew after a change of pyproject.toml
	$(SETUP) lock

upgrade:  ## the same, with the newest versions that pyproject.toml allows
	$(SETUP) upgrade

fresh:  ## forget .venv and everything built
	$(SETUP) fresh
