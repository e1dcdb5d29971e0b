# Everything that a person needs: `make up`, `make test`, `make long`. All set-up goes into .venv.
# Each step leaves a stamp in .venv/.setup and runs again only when what it was made from has changed.

SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules --no-print-directory

UV_VERSION := 0.13.8

STAMPS := .venv/.setup
# Debian's Python is optimised: some 25 % faster than one built without further ado.
PYTHON := $(shell for p in /usr/bin/python3 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$p"; break; }; done)
UV := UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv .venv/bin/uv --quiet
NPM := npm_config_update_notifier=false PATH="$(CURDIR)/.venv/bin:$$PATH" npm
# Tests make networks of their own; who is not root gets a namespace in which they may.
ROOTLESS := unshare --map-root-user --net sh -c 'PATH="$$PATH:/usr/sbin" && ip link set lo up && exec "$$@"' tests
PYTEST := PATH="$(CURDIR)/.venv/bin:$$PATH" $(if $(filter 0,$(shell id -u)),,$(ROOTLESS)) .venv/bin/pytest
# These start servers and browsers, which have more to do than one core can. What they do is judged, and seldom when:
# two at a time, since they mostly wait. All others share the machine as they like.
STARTING := tests/browser tests/hostile tests/interop tests/api/test_up.py tests/api/test_clinic_up.py tests/api/test_status_up.py tests/api/test_tour_up.py
# Of these, what is judged by the clock, or by what the machine can do, has it to itself.
ALONE := tests/hostile $(addprefix tests/browser/test_,impaired.py network.py quality.py switches.py workers.py) \
	$(addprefix tests/interop/test_,crowd.py hostile.py hot.py joins.py kills.py soak.py stall.py still_reader.py workers.py)
SYSTEM_PACKAGES := chromium firefox-esr iproute2 nftables fonts-liberation coturn libnss3-tools postgresql

PAGE := api/pages
PAGE_SOURCES := $(filter-out $(PAGE)/README.md, $(shell find $(PAGE) \
	-path $(PAGE)/node_modules -prune -o -path $(PAGE)/built -prune -o -path $(PAGE)/test -prune -o -type f -print))

.PHONY: setup setup-tests up test check long clean

setup: $(STAMPS)/python $(STAMPS)/loops $(PAGE)/built/index.html

# Beside `setup`: what tests need and a server does not.
setup-tests: setup $(STAMPS)/python-tests $(STAMPS)/loops-tests $(STAMPS)/agents $(STAMPS)/node-tests $(STAMPS)/browser-tests $(STAMPS)/system

up: setup
	@.venv/bin/housecall up $(ARGS)

test: setup-tests check
	@failed=0; \
	$(PYTEST) -m "not long" --durations=10 -n auto --dist loadfile $(addprefix --ignore=,$(STARTING)) || failed=1; \
	$(PYTEST) -m "not long" --durations=10 -n 2 --dist loadfile $(filter-out $(ALONE),$(STARTING)) $(addprefix --ignore=,$(ALONE)) || failed=1; \
	$(PYTEST) -m "not long" --durations=10 $(ALONE) || failed=1; \
	exit $$failed

# Format, lint and types of all languages, and the page's own tests: seconds, for every change.
check: setup-tests
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	$(NPM) --prefix $(PAGE) --silent test
	$(NPM) --prefix tests/browser --silent run check

# The checks that are long by nature, at their full size; each prints a line of JSON.
long: setup-tests
	$(PYTEST) -m long -s

clean:
	rm -rf .venv build dist $(PAGE)/built $(PAGE)/test/built $(PAGE)/node_modules tests/browser/built tests/browser/node_modules
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/uv-$(UV_VERSION):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "a package is missing: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/python: pyproject.toml uv.lock | $(STAMPS)/uv-$(UV_VERSION)
	@echo "Installing the server's Python packages …"
	@$(UV) sync --compile-bytecode --locked --no-dev --inexact
	@touch $@

# What forwards packets is compiled once for a machine: nobody should wait for that in a call.
$(STAMPS)/loops: $(wildcard turn/*.py turn/*/*.py sfu/*.py sfu/*/*.py) | $(STAMPS)/python
	@echo "Compiling the loops for packets …"
	@.venv/bin/python -P -m sfu.aio.rehearsal
	@touch $@

$(STAMPS)/loops-tests: $(wildcard api/loadtest/*.py) $(STAMPS)/loops
	@echo "Compiling the load test's loops …"
	@.venv/bin/python -P -m api.loadtest.rehearsal
	@touch $@

$(STAMPS)/python-tests: pyproject.toml uv.lock | $(STAMPS)/python
	@echo "Installing the tests' Python packages …"
	@$(UV) sync --compile-bytecode --locked --inexact
	@touch $@

# livekit-agents brings another `livekit` than the one under test.
$(STAMPS)/agents: tests/agents/pyproject.toml tests/agents/uv.lock | $(STAMPS)/uv-$(UV_VERSION)
	@echo "Installing the test agent's Python packages …"
	@UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$(CURDIR)/.venv/agents" .venv/bin/uv --quiet \
		sync --compile-bytecode --locked --project tests/agents --python .venv/bin/python
	@touch $@

# Debian 12's own Node is too old for Vite; PyPI has a newer one.
$(STAMPS)/node: uv.lock | $(STAMPS)/python
	@if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null \
		&& command -v npm >/dev/null; \
	then :; else echo "Installing Node …"; $(UV) sync --compile-bytecode --locked --no-dev --group node --inexact; fi
	@touch $@

$(STAMPS)/page: $(PAGE)/package.json $(PAGE)/package-lock.json | $(STAMPS)/node
	@echo "Installing the page's packages …"
	@$(NPM) --prefix $(PAGE) ci --silent --no-audit --no-fund
	@touch $@

$(PAGE)/built/index.html: $(PAGE_SOURCES) $(STAMPS)/page
	@echo "Building the page …"
	@$(NPM) --prefix $(PAGE) run --silent build -- --logLevel warn
	@touch $@

$(STAMPS)/browser-tests: tests/browser/package.json tests/browser/package-lock.json | $(STAMPS)/node
	@echo "Installing the test page's packages …"
	@$(NPM) --prefix tests/browser ci --silent --no-audit --no-fund
	@touch $@

$(STAMPS)/node-tests: tests/node/package.json tests/node/package-lock.json | $(STAMPS)/node
	@echo "Installing Node's packages for the tests …"
	@$(NPM) --prefix tests/node ci --silent --no-audit --no-fund
	@touch $@

# Browsers, network tools, another TURN client and a database server for the tests. As root they are installed, else the line is told.
$(STAMPS)/system: Makefile | $(STAMPS)/uv-$(UV_VERSION)
	@command -v dpkg >/dev/null || { echo "the tests need: $(SYSTEM_PACKAGES)" >&2; touch $@; exit 0; }; \
	missing=; for package in $(SYSTEM_PACKAGES); do \
		dpkg -s "$$package" >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -z "$$missing" ]; then touch $@; \
	elif [ "$$(id -u)" = 0 ]; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing && touch $@; \
	else echo "the tests need: sudo apt-get install$$missing" >&2; exit 1; fi
