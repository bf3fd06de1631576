# make demo    the service with its own database and sample data, on this machine
# make test    linters, type checker, import contracts, tests
# make bench   measurements
# make audit   what is known of the dependencies' weaknesses
# make lock    new locks from pyproject.toml
# make clean   away with all that make has made
#
# The environment is built once: stamps in $(VENV)/.stamps tell what has been done to it.

VENV ?= .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test bench audit lock clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

# The first Python that is new enough and can make environments.
$(STAMPS)/venv:
	@for python in python3.14 python3.13 python3.12 python3.11 python3; do \
		if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
			>/dev/null 2>&1; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Python 3.11 or newer, with venv, is needed; none was found on PATH." >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$found"; \
	$$found -m venv $(VENV)
	@mkdir -p $(STAMPS)
	@touch $@

$(STAMPS)/runtime: requirements/runtime.txt $(STAMPS)/venv
	@echo "Installing what the service needs (once)"
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@touch $@

$(STAMPS)/project: pyproject.toml $(STAMPS)/runtime
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/test: requirements/test.txt $(STAMPS)/project
	@echo "Installing what the tests need (once)"
	@$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

demo: $(STAMPS)/project
	@$(BIN)/capmap demo

test: $(STAMPS)/test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q -n 2 --dist worksteal  # each half with a PostgreSQL of its own

bench: $(STAMPS)/project
	$(BIN)/python -m bench

# In an environment of its own: what it needs is not what the service needs.
$(STAMPS)/audit: requirements/audit.txt $(STAMPS)/venv
	@echo "Installing what the audit needs (once)"
	@$(BIN)/python -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip --disable-pip-version-check install --quiet \
		--require-hashes -r requirements/audit.txt
	@touch $@

audit: $(STAMPS)/audit
	@$(BIN)/python .ci/audit.py $(VENV)/audit/bin/pip-audit requirements/test.txt

# uv is no dependency: it only writes the locks, which pip then reads.
lock: $(STAMPS)/venv
	@$(PIP) uv
	$(LOCK) pyproject.toml --extra build -o requirements/runtime.txt
	$(LOCK) pyproject.toml --extra build --extra test -c requirements/runtime.txt \
		-o requirements/test.txt
	$(LOCK) requirements/audit.in -o requirements/audit.txt

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		.import_linter_cache *.egg-info
