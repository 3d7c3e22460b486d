# Two commands matter: `make demo` and `make test`. Both set up what is missing; afterwards both work offline.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.set-up
# Two for each core: tests of real processes wait for half of their time.
WORKERS ?= $(shell echo $$((2 * $$(nproc))))
# Some container images forbid bytecode; then each of the thousand processes that the tests start compiles the product anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## .venv with dock-agent, dock-central and dock-sim, and all that tests need from Python

$(STAMP): requirements-dev.txt pyproject.toml scripts/setup
	@scripts/setup $(VENV)
	@touch $@

parts: $(STAMP) ## the real parts that tests use (umockdev, fuse, ffmpeg, foreign tus servers), where this machine allows it
	@scripts/parts

demo: $(STAMP) ## a complete small world: central, three stations, five cameras, a mailbox; leaves a web page open
	@$(VENV)/bin/dock-sim demo

demo-once: $(STAMP) ## play the story once, check every promise from outside, exit 0 only if all held
	@$(VENV)/bin/dock-sim demo --once

test: $(STAMP) ## all tests that need no virtual machine
	@scripts/parts --quiet
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal -q $(PYTEST_ARGS)

test-vm: $(STAMP) ## the package on a real dock PC: a Debian guest in qemu, USB cameras plugged and pulled (half an hour and more; needs root)
	@scripts/parts-vm
	@$(PY) -m pytest -q -p no:xdist --durations=10 $(PYTEST_ARGS) $(or $(TESTS),tests/vm)

test-vm-once: $(STAMP) ## one of its stories: plugged, copied, receipted, erased, seen empty (a few minutes)
	@scripts/parts-vm
	@$(PY) -m pytest -q -p no:xdist -k fat32 tests/vm/test_docked_to_erased.py

soak: $(STAMP) ## the roaming tests at their full length (hours); prints its seed, `SEED=… make soak` repeats it
	@scripts/parts --quiet
	@seed=$${SEED:-$$RANDOM}; echo "soak: SEED=$$seed"; SCALE=soak SEED=$$seed $(PY) -m pytest -n $(WORKERS) --dist worksteal -q \
	  -m soak --timeout 43200 $(PYTEST_ARGS) || { echo "soak: failed with SEED=$$seed"; exit 1; }

bench: $(STAMP) ## race staging, uploads and central against cp, rsync, rclone, curl, tuspy and two servers (docs/performance.md)
	@scripts/parts-bench
	@$(PY) -m tests.bench --json bench.json --svg bench.svg $(BENCH_ARGS)

bench-compare: $(STAMP) ## the same, and name every ratio that became worse than docs/performance.json
	@scripts/parts-bench
	@$(PY) -m tests.bench --json bench.json --svg bench.svg --compare docs/performance.json $(BENCH_ARGS)

conformance: $(STAMP) ## ask our central and four foreign tus servers the same questions; writes docs/conformance.md
	@scripts/parts-conformance
	@$(PY) -m tests.conformance

mutation: $(STAMP) ## change the rules that protect footage in every small way; does a test notice? (docs/mutation.md)
	@$(PY) scripts/mutation

deb: $(STAMP) ## dist/dock-agent_*.deb, the agent's package for Debian 12 and Ubuntu 24.04 (needs the network; ARCH=arm64 for others)
	@$(PY) -m debian.build --arch $(or $(ARCH),amd64)

wheel: $(STAMP) ## dist/bwc_dock-*.whl with the whole distribution: how central is installed (docs/installing.md)
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(PY) -m hatchling build -t wheel

test-deb: $(STAMP) ## install, upgrade, remove and purge the package on a real Debian 12 in a container (root; ROOT= for another system)
	@scripts/parts-deb
	@DOCK_TEST_ROOT=$(ROOT) $(PY) -m pytest -q --timeout 1200 tests/deb/on_debian.py tests/deb/on_debian_central.py $(PYTEST_ARGS)

check: $(STAMP) ## format, lint, types, import contracts: everything CI asks before the tests
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m protocol --check

format: $(STAMP) ## let ruff put everything in order
	@$(VENV)/bin/ruff format . && $(VENV)/bin/ruff check --fix .

lock: $(STAMP) ## compile the hashed requirements anew (needs the network)
	@$(VENV)/bin/uv pip compile -q pyproject.toml --universal --generate-hashes --no-header --no-annotate \
	  --python-version 3.11 -o requirements-agent.txt
	@$(VENV)/bin/uv pip compile -q pyproject.toml --extra central --universal --generate-hashes --no-header --no-annotate \
	  --python-version 3.11 -o requirements-central.txt
	@$(VENV)/bin/uv pip compile -q pyproject.toml --extra central --extra dev --universal --generate-hashes \
	  --no-header --no-annotate --python-version 3.11 -o requirements-dev.txt

clean: ## remove everything that setup made
	@rm -rf $(VENV) .parts .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.PHONY: help setup parts demo demo-once test test-vm test-vm-once soak bench bench-compare conformance mutation deb wheel test-deb check format lock clean
