# `make` lists the targets. Each that needs the environment creates it first.
PYTHON ?=
TESTS ?= tests
WORKERS ?= auto
FAULTS ?=
export PYTHON

BIN := .venv/bin
STAMP := .venv/.installed
MANIFESTS := pyproject.toml shared/pyproject.toml $(wildcard services/*/pyproject.toml)

.DEFAULT_GOAL := help
.PHONY: help setup run demo test faults lint bench truth coverage schemas mapping secrets dashboards docs page screenshots lock sbom licences compose-test clean

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## creates .venv and installs everything, with hashes

$(STAMP): requirements-dev.lock $(MANIFESTS) deploy/local/setup.sh
	@deploy/local/setup.sh

run: setup ## starts nats-server and the four services, watching examples/
	@exec deploy/local/run.sh

demo: setup ## posts the example day's Falco alerts to the running pipeline
	@$(BIN)/python examples/play.py

test: setup ## runs every test, two processes a core; TESTS=tests/shared narrows it, WORKERS=0 runs all in one process
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(TESTS)

faults: setup ## inflicts faults on a cluster of three nodes and two replicas of each service; FAULTS=leader-killed names one
	@$(BIN)/python -m tests.faults $(FAULTS)

lint: setup ## ruff, mypy and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy examples deploy/local
	@$(BIN)/mypy -p deploy.grafana
	@$(BIN)/lint-imports

bench: setup ## runs the benchmarks, prints their figures and writes them to bench/results
	@$(BIN)/python -m bench

truth: setup ## measures the detector over the real logs and states of DRIFT_CORPUS
	@$(BIN)/python -m bench.truth

coverage: setup ## writes docs/coverage.md from the mapping
	@$(BIN)/python -m mapping_generator.coverage docs/coverage.md

schemas: setup ## writes docs/schemas, docs/asyncapi.yaml and, with npm, the TypeScript client's types from the payload models
	@$(BIN)/python -m tfdrift.schemas docs/schemas
	@$(BIN)/python -m sse_gateway.contract.asyncapi docs/asyncapi.yaml
	@! command -v npm >/dev/null || (cd clients/typescript && npm ci --silent --ignore-scripts && npm run --silent types)

mapping: setup ## generates the detector's mapping/auto.json; PROVIDER=latest takes the provider's newest schema
	@$(BIN)/python -m mapping_generator $(if $(PROVIDER),--provider $(PROVIDER))

secrets: setup ## generates the lists of secret members and token formats from botocore and detect-secrets
	@$(BIN)/python -m mapping_generator.secrets.sensitive_members
	@$(BIN)/python -m mapping_generator.secrets.token_formats

dashboards: setup ## writes the JSON of Grafana's dashboards from deploy/grafana
	@$(BIN)/python -m deploy.grafana

docs: setup ## builds the documents as a site in dist/docs; a link that leads nowhere fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

page: ## builds the dashboard's static files from services/sse-gateway/dashboard; needs npm
	@cd services/sse-gateway/dashboard && npm ci --silent && npm run --silent build

lock: setup ## resolves both lock files; LOCK=--upgrade takes newer versions
	@deploy/local/lock.sh $(LOCK)

screenshots: setup ## takes pictures of every view of the page, into dist/screenshots; needs Chromium
	@$(BIN)/python -m tests.browser.screenshots dist/screenshots

sbom: setup ## writes dist/sbom.cdx.json: the packages of an image, as CycloneDX
	@deploy/images/sbom.sh

licences: setup ## writes docs/licences.md from the lock file
	@$(BIN)/python deploy/local/licences.py

compose-test: setup ## builds the images and sends one drift through the published ports; needs Docker
	@tests/compose/run.sh

clean: ## removes the environment, the caches and the local ledger
	rm -rf .venv .data .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
