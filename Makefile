# Every command of this project. `make` alone lists them.
PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=
SEED ?=
BOOT = @MAKECMDGOALS='$(firstword $(MAKECMDGOALS))' $(PYTHON) -m scripts.bootstrap
export SEED

.DEFAULT_GOAL := help
.PHONY: help run test long chaos check bench sbom install lock clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

run: install ## Install what is missing, start sandbox and dashboard, print address and logins
	@$(PY) -m messages_app.demo.tether $(PY) manage.py demo $(ARGS)

test: ## Install what tests need and run them all, on SQLite and on PostgreSQL
	$(BOOT) testing $(ARGS)

long: ## The same with the full counts of what `make test` samples
	@CAMPAIGN=long $(PYTHON) -m scripts.bootstrap testing $(ARGS)

chaos: ## Schedules of faults at random: N=500 on SQLite, a fifth of them on PostgreSQL
	$(BOOT) install requirements-dev.txt
	@$(PY) -m tests.chaos $(N)

check: ## Lint, format, types, migrations, production settings, translations, reliability, documentation
	$(BOOT) checking

bench: ## Measure the archive and its pages against yardsticks; ROWS=10000000 for more
	$(BOOT) install requirements-dev.txt
	@ROWS='$(ROWS)' DATABASES='$(DATABASES)' $(PY) -m bench $(ARGS)

sbom: ## Print every package with its version and hash, as CycloneDX
	@$(PYTHON) -m scripts.sbom

install: ## Install what the dashboard runs on
	$(BOOT) install

lock: ## Write the lock files anew from requirements*.in and package.json
	$(BOOT) locking

clean: ## Remove what was built; keeps the database, .env and the keys in .state
	@rm -rf .venv node_modules staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name '*.mo' -path './locale/*' -delete
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
