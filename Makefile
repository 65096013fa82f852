# The commands. Continuous integration calls the same ones.
PYTHON ?= python3
APP := .venv/bin/python
BRAIN := .venv-brain/bin/python
export RASA_TELEMETRY_ENABLED := false
unexport PYTHONDONTWRITEBYTECODE  # set in many containers: each of the many processes would compile everything again

.DEFAULT_GOAL := help
.PHONY: help install dev run test lint types model live-tests apart-tests browser-tests telegram-tests policy-tests \
	app-tests brain-tests check train evaluate tune bench faults lock clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install:
	@$(PYTHON) bot/install.py

dev:
	@$(PYTHON) bot/install.py --dev

run: install ## Set everything up and start Saywhy; Ctrl-C stops it
	@exec $(APP) -m bot run

# Every part runs, three at a time since most of them wait, so that one failure does not hide another. What needs the
# model begins when it is there, the longest first. Short parts come last, so that none runs alone at the end. Each part
# shows when it has ended.
PARTS := model browser-tests telegram-tests live-tests apart-tests brain-tests app-tests policy-tests types lint
test: dev ## Set up what the tests need and run them all: lint, types, tests
	@$(MAKE) --no-print-directory --keep-going --jobs=3 --output-sync=target $(PARTS)

lint:
	@printf '\n== lint\n'; $(APP) -m ruff check . && $(APP) -m ruff format --check .

types:
	@printf '\n== types\n'; $(APP) -m mypy && $(APP) -m mypy --config-file bot/brain/mypy.toml

model: # trained once for all parts, and the vectors of its sentences kept for the brain tests
	@printf '\n== model\n'; $(APP) -m bot train

LIVE := tests/dialogue tests/faults tests/journeys
# Of these, what starts programs of its own or none; all the others share one Saywhy.
APART := tests/journeys/test_learning.py $(patsubst %,tests/faults/test_%.py,actions_fail every_question two_gateways)
live-tests: model # what talks to the real Rasa
	@printf '\n== live tests\n'; $(APP) -m pytest $(LIVE) $(APART:%=--ignore=%)

apart-tests: model
	@printf '\n== live tests with programs of their own\n'; $(APP) -m pytest $(APART)

BROWSER := tests/web tests/widget
browser-tests: # the pages in a real browser
	@printf '\n== browser tests\n'; $(APP) -m pytest $(BROWSER)

telegram-tests:
	@printf '\n== Telegram tests\n'; $(APP) -m pytest tests/telegram

POLICY := tests/policy tests/actions tests/knowledge tests/text
policy-tests: # the policies, and what is said in a chat
	@printf '\n== policy tests\n'; $(APP) -m pytest $(POLICY)

ELSEWHERE := $(LIVE) $(BROWSER) $(POLICY) tests/telegram
app-tests: # all the rest
	@printf '\n== application tests\n'; $(APP) -m pytest $(ELSEWHERE:%=--ignore=%)

brain-tests: model
	@printf '\n== brain tests\n'; $(BRAIN) -m pytest --confcutdir=tests/brain tests/brain

check: install ## Check the answers, the policies and the dialogue files
	@$(APP) -m bot check

train: install ## Train the model when its inputs changed
	@$(APP) -m bot train

evaluate: dev ## Measure how well citizens are understood, and write docs/understanding-figures.md
	@$(BRAIN) -m bot.brain.evaluate

tune: install ## Tune the encoder to the examples: when some thousand are new
	@$(BRAIN) -m bot.brain.tune

bench: dev ## Measure
	@$(APP) -m bench

faults: dev ## Break things on purpose and see that nothing is lost
	@FULL=1 $(APP) -m pytest tests/faults tests/telegram

LOCK := pip compile --quiet --universal --generate-hashes --no-header $(UPGRADE)
UV ?= $(firstword $(wildcard .venv/bin/uv) uv)
lock: ## Make the lock files anew (UPGRADE=--upgrade for newer versions)
	@$(UV) $(LOCK) --python-version 3.11 requirements.in -o requirements.txt \
		--no-emit-package django --no-emit-package asgiref --no-emit-package sqlparse >/dev/null
	@$(UV) $(LOCK) --python-version 3.11 requirements-dev.in -o requirements-dev.txt >/dev/null
	@$(UV) --directory bot/brain $(LOCK) --python-version 3.10 requirements.in -o requirements.txt \
		--override requirements-override.in >/dev/null
	@$(UV) --directory bot/brain $(LOCK) --python-version 3.10 --no-deps requirements-model.in \
		-o requirements-model.txt >/dev/null
	@$(UV) --directory bot/brain $(LOCK) --python-version 3.10 requirements-dev.in -o requirements-dev.txt >/dev/null
	@git diff --stat -- '*requirements*.txt'

clean: ## Remove the environments and the caches; the data folder stays
	@rm -rf .venv .venv-brain .mypy_cache .ruff_cache .pytest_cache .hypothesis .rasa
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
