# `make brief` and `make test` install what is missing and then do their work; a second run installs nothing.
BIN := .venv/bin

.PHONY: faults help setup brief test check nightly snapshots bench lock clean

help:
	@echo "make brief    a brief on the bundled simulated market, without a network"
	@echo "make test     the tests        make check    lint, format, types, import contracts"
	@echo "make setup    only install     make nightly  the long tests     make bench  measure against peers"

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh requirements.lock
	@touch $@

.venv/ready-dev: requirements-dev.lock pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh requirements-dev.lock
	@touch .venv/ready $@

.venv/ready-bench: requirements-bench.lock pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh requirements-bench.lock
	@touch .venv/ready .venv/ready-dev $@

brief: .venv/ready
	$(BIN)/reporter brief small-caps --source simulated

test: .venv/ready-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

nightly: .venv/ready-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -m nightly

# Accepts what the words of the real editions have become: read `git diff tests/snapshots` before it is committed.
snapshots: .venv/ready-dev
	ACCEPT_SNAPSHOTS=1 $(BIN)/python -m pytest -q tests/snapshots

# The table of faults in docs/operations.md, from the tests that pass.
faults: .venv/ready-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "fault and not nightly" --faults docs/operations.md

bench: .venv/ready-bench
	$(BIN)/python -m benchmarks

# Needs uv. The files hold versions and hashes and no address: packages come from wherever pip is told to look.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate pyproject.toml --group build -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate pyproject.toml --group dev -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate pyproject.toml --group bench -o requirements-bench.lock

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
