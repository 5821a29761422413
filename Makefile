# headstart: everything a newcomer or a builder runs. `make help` lists the targets.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# What `make demo` needs: the base install and scikit-learn, whose pictures it takes.
LIGHT  := $(VENV)/.installed-light
PIP    := $(BIN)/python -m pip install --disable-pip-version-check
DEMO   ?= runs/demo
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
  --no-header pyproject.toml

.PHONY: help install demo test browsers check format docs dist bench gpu peers lock clean

help:            ## this list
	@grep -E '^[a-z]+: .*##|^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

install: $(STAMP) ## .venv with pinned dependencies and the package; nothing to do when all is in place

$(STAMP): requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	touch $(STAMP) $(LIGHT)

$(LIGHT): requirements-light.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements-light.lock
	$(PIP) --no-deps --no-build-isolation -e .
	touch $(LIGHT)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: Python 3.11 or newer is needed; name one with PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

demo: $(LIGHT)   ## the whole job on scikit-learn's handwritten digits; prints the report's path
	$(BIN)/headstart demo -o $(DEMO) --force

test: install    ## the test suite, a process for each core
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile --max-worker-restart 0

browsers: install ## the tests of the pages in Firefox and WebKit too, where they are there
	HEADSTART_BROWSERS=all OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/web/test_browsers.py

check: install   ## lint, format, types; the wheel, built and imported; the site, built
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/python -m tools.dist --light
	$(BIN)/python -m tools.site $(ZENSICAL)

format: install  ## rewrite the sources to the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: install    ## the documentation site in build/site; a link that leads nowhere is an error
	$(BIN)/python -m tools.site $(ZENSICAL)

dist: install    ## sdist and wheel in dist/, looked through, and used in an environment of their own
	$(BIN)/python -m tools.dist

bench: $(LIGHT)  ## the main job with the networks in the box, on digits and on what of DATA=DIR is there; see benchmarks/README.md
	$(BIN)/python benchmarks/main_job.py digits
	$(BIN)/python benchmarks/main_job.py headline $(if $(DATA),--data "$(DATA)")

gpu: install     ## benchmarks/gpu.py on a machine with CUDA: what runs there, how rightly and how fast; under 8 minutes
	$(BIN)/python benchmarks/gpu.py

peers: install   ## .venv-peers with fastai, for benchmarks/speed; the package itself never needs it
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	$(BIN)/python -m pip --python .venv-peers/bin/python install --disable-pip-version-check \
	  fastai==2.8.12 $$(grep -oE '^(torch|torchvision|timm)==[^ ]+' requirements.lock)

# The light set is a part of the whole: both have the same versions. What loggers write to is in neither.
EXTRAS := demo export parquet serve sklearn train
lock:            ## resolve the dependencies anew (needs uv)
	$(COMPILE) $(EXTRAS:%=--extra %) --group dev --group docs --constraint constraints.txt -o requirements.lock
	$(COMPILE) --extra demo --group build --constraint requirements.lock -o requirements-light.lock

clean:           ## remove the environment and the runs
	rm -rf $(VENV) .venv-peers runs dist build
