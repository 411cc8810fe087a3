# A machine needs make and a Python with pip; everything else comes into this folder (.uv, .venv).

UV := $(shell command -v uv || echo .uv/bin/uv)
PYTHON := .venv/bin/python
INSTALLED := .venv/installed
VALIDATE := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .venv/bin/sam validate --lint
CHECKOV := 3.3.30
EMULATOR := .ministack/installed
EMULATOR_PACKAGES := ministack==1.5.33 aws-sam-translator==1.115.0 cryptography==50.0.2
PIP_PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help run token test test-all check scan format migrate revision lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) ## the whole API on this machine, live: Ctrl-C stops it
	@exec $(PYTHON) -m infra.local

token: $(INSTALLED) ## an access token for the running API (USER=name)
	@$(PYTHON) -m infra.local.token $(if $(filter command line,$(origin USER)),$(USER))

test: $(INSTALLED) ## all tests that a change needs
	$(PYTHON) -m pytest

test-all: $(INSTALLED) $(EMULATOR) ## the same and a deployment into an emulator
	$(PYTHON) -m pytest -m ""

check: $(INSTALLED) ## lint, format, types, templates
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	@for template in template.yaml infra/*.yaml; do $(VALIDATE) --template $$template || exit 1; done

scan: $(UV) ## look for insecure settings in the templates (.checkov.yaml says which are meant)
	$(UV) tool run --quiet --python $(PYTHON) checkov@$(CHECKOV) --config-file .checkov.yaml -d . \
	    --skip-path '\.(venv|aws-sam|uv|local)'

format: $(INSTALLED) ## put the code into shape
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

migrate: $(INSTALLED) ## bring the database of DATABASE_URL to the newest revision
	$(PYTHON) -m infra.migrations upgrade

revision: $(INSTALLED) ## write a migration from the models' changes (MESSAGE=...), against DATABASE_URL
	$(PYTHON) -m infra.migrations revision "$(MESSAGE)"

lock: $(UV) ## choose the newest allowed versions and write requirements.lock
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.13 --group runtime --group local --group test -o requirements.lock

clean: ## remove what was installed and built; data in .local stays
	rm -rf .venv .uv .ministack .aws-sam .mypy_cache .pytest_cache .ruff_cache

$(INSTALLED): requirements.lock .python-version | $(UV)
	$(UV) venv --quiet --clear .venv
	$(UV) pip sync --quiet --require-hashes requirements.lock
	@touch $@

# In an environment of its own, since ministack wants other versions.
$(EMULATOR): Makefile $(INSTALLED)
	$(UV) venv --quiet --clear --python $(PYTHON) .ministack
	$(UV) pip install --quiet --python .ministack $(EMULATOR_PACKAGES)
	@touch $@

.uv/bin/uv:
	$(PIP_PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .uv uv
