# Two commands for a newcomer: `make repro` and `make test`. The README spells out the plain lines each stands for.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro test lint lock

repro: .venv/ready  ## build the environment, run the pipeline as params.yaml says
	guidedseg check
	dvc repro

# No worker is started anew: after a crash xdist would wait for ever. In their order: the long files of tests/pipeline first.
test: .venv/ready  ## build the environment, run the tests but the slow ones, a file per core at a time
	OMP_NUM_THREADS=1 pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

lint: .venv/ready  ## style and types
	ruff check
	ruff format --check
	mypy

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

lock: .venv/ready  ## pin all packages anew after a change of pyproject.toml
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet --output-file requirements.lock
