# Everything that people, hooks and workflows run. Needs Python >= 3.11, git, make and pip; nothing is installed outside
# this folder (.venv, .tools).

VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/.tools:$(PATH)
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$python; break; fi; done)
CORES ?= 2
PYTEST ?= -n $(CORES)
# The order of the tests comes from the commit: what fails in CI fails here in the same order.
ORDER = --randomly-seed=$$(printf %d 0x$$(git rev-parse --short=7 HEAD 2>/dev/null || echo 1))
QUICK = -m "not slow and not cluster" --hypothesis-profile=unit
# Plugins of pytest that no unit test needs: a tenth of its time.
LEAN = $(addprefix -p no:,rerunfailures anyio logging doctest unittest junitxml pastebin)
UNIT = $(LEAN) $(QUICK) tests/core tests/rules/test_every_rule.py

.DEFAULT_GOAL := help
.PHONY: man docs unit coverage lock wheel-demo sample help demo test texts check fix lint format types layers dead dependencies spelling yaml workflows tools matrix benchmark benchmark-cluster benchmark-render benchmark-vendor benchmark-page clean rule set-up set-up-rule set-up-test set-up-dev

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: set-up ## the whole loop on the sample: vendor, render, upgrade, diff, commit
	@$(BIN)/python scripts/demo.py

unit: set-up-test ## the tests of core and rules that take no time: seconds, for each save
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n $(CORES) $(UNIT)

coverage: set-up-dev ## how much of core and rules the unit tests run, with a floor
	@$(BIN)/python -m coverage run -m pytest -q -p no:xdist $(QUICK) tests/core tests/rules tests/flows
	@$(BIN)/python -m coverage report

test: set-up-test ## every test
	@$(BIN)/python -m pytest -q $(PYTEST) $(ORDER)

rule: set-up-rule ## the cases of every rule, set up in under a minute
	@$(BIN)/python -m pytest -q $(PYTEST) tests/rules/test_every_rule.py

texts: set-up-rule ## write the pinned texts (tests/texts), the rulebook (docs/rules) and the list of modules again
	@$(BIN)/python -m pytest -q -p no:randomly -p no:xdist tests/test_texts.py --write-texts
	@$(BIN)/python -m scripts.rulebook
	@$(BIN)/python -m scripts.module_index

check: format lint types layers dead dependencies spelling yaml workflows docs sample coverage test ## everything that must hold before a merge

fix: set-up-dev ## format, and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

format: set-up-dev
	@$(BIN)/ruff format --check .

lint: set-up-dev
	@$(BIN)/ruff check .

types: set-up-dev
	@$(BIN)/mypy

layers: set-up-dev
	@$(BIN)/lint-imports

man: set-up ## the man pages, in .man/
	@$(BIN)/python -m scripts.man_pages .man

docs: set-up-dev ## the documentation as a site, in .site/html; fails on a link that leads nowhere
	@$(BIN)/python scripts/site.py

dead: set-up-dev
	@$(BIN)/vulture

dependencies: set-up-dev
	@$(BIN)/deptry .

spelling: set-up-dev
	@git ls-files -z | xargs -0 $(BIN)/codespell

yaml: set-up-dev
	@$(BIN)/yamllint --strict $(wildcard pipeline.yaml values overlays action.yml .github .pre-commit-config.yaml)
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml pipeline/data/github/*.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	@$(BIN)/check-jsonschema --check-metaschema $(wildcard pipeline/data/*.schema.json)
	@$(BIN)/check-jsonschema --schemafile pipeline/data/pipeline.schema.json $(wildcard pipeline.yaml)

sample: set-up
	@$(BIN)/pipeline --quiet vendor --locked
	@$(BIN)/pipeline --quiet render --check

workflows: set-up-dev
	@$(BIN)/zizmor --offline --quiet --strict-collection .github action.yml pipeline/data/github
	@if [ -x .tools/actionlint ]; then .tools/actionlint .github/workflows/*.yml pipeline/data/github/*.yml; \
	else echo "actionlint is not here (it is built with go): not run"; test "$$CI" != true; fi

matrix: ## the tests on every Python from 3.11 to 3.13 that is found
	@$(PYTHON) scripts/matrix.py $(PYTEST)

benchmark: set-up ## what --help costs, in bare Pythons
	@$(BIN)/python scripts/startup.py

benchmark-cluster: set-up-test ## what plan and apply cost on a real API server, in bare applies
	@$(BIN)/python -m scripts.cluster_speed

benchmark-render: set-up ## what renders of many releases cost, cold and warm: make benchmark-render CHARTS=FOLDER BASE=CHECKOUT
	@$(BIN)/python -m scripts.render_speed $(CHARTS) $(BASE)
	@$(BIN)/python -m scripts.warm_speed $(CHARTS)

benchmark-page: set-up-test ## how fast a page of 5 MB opens beside an empty one, and how fast a comment is made
	@$(BIN)/python -m scripts.page_speed

benchmark-vendor: set-up-test ## what vendoring costs beside helm pull: make benchmark-vendor CHARTS=FOLDER
	@$(BIN)/python -m scripts.vendor_speed $(CHARTS)

wheel-demo: ## build the wheel, install it into a fresh environment, run the demo and every format from it
	@$(PYTHON) scripts/wheel_demo.py

lock: set-up-dev ## write requirements-dev.lock again
	@$(BIN)/python scripts/lock.py

clean: ## remove what set-up installed
	rm -rf $(VENV) .venv-* .tools

# set-up does nothing when pyproject.toml is what it was.
set-up set-up-rule set-up-test set-up-dev:
	@test -n "$(PYTHON)" || { echo "No Python >= 3.11 found: install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@$(PYTHON) scripts/set_up.py $(VENV) $(patsubst set-up%,run%,$@)
