# Each target sets up what it needs; on a fresh machine `make site` and `make test` are all there is to know.

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys, venv, ensurepip; print("$(name)") if sys.version_info >= (3, 11) else None' 2>/dev/null)))
BIN := .venv/bin
SIDE_BY_SIDE := $(BIN)/pytest --numprocesses logical
RESULTS := .pytest_cache/results.xml

# What one Python has compiled is there for the hundreds that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: site execute test quick fuzz faults prove-busy preview check bench screenshots clean lock quarto

site: .venv/ready  ## Build the site into _site/.
	@$(BIN)/awaited build

execute: .venv/ready  ## Run the articles' cells, or a part of them: make execute SHARD=2/5
	@$(BIN)/awaited execute $(if $(SHARD),--shard $(SHARD))

test: .venv/ready  ## Check the scripts against the articles, build the site, prove the scripts, and run every test.
	@echo '1/4  scripts against articles'
	@$(BIN)/awaited tangle --check
	@echo '2/4  the site, and what the scripts print against what the pages show'
	@$(BIN)/awaited build
	@echo '3/4  every test'
	@$(SIDE_BY_SIDE) --cov --cov-report= --junitxml=$(RESULTS)
	@echo '4/4  how much of the code the tests have run'
	@$(BIN)/coverage report --include='examples/*' --fail-under=100
	@$(BIN)/coverage report --include='awaited/*' --fail-under=95 --skip-covered
	@$(BIN)/python tests/proven.py $(RESULTS)

quick: .venv/ready  ## Run the tests of the tool and of the scripts, in less than a minute: no browser, no faults, no waiting.
	@$(SIDE_BY_SIDE) -m 'not alone and not slow' tests/awaited tests/examples

fuzz: .venv/ready  ## Try 100,000 articles and records at random; FUZZ= says how many.
	@FUZZ=$${FUZZ:-100000} $(BIN)/pytest tests/faults/test_fuzz.py tests/security/test_output.py

preview: .venv/ready  ## Serve the site on 127.0.0.1, and build it again on each change.
	@$(BIN)/awaited preview

check: .venv/ready  ## Check the style, types and layers of the code, all spelling, and the form of the articles.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows $$(git ls-files ".github/workflows")
	@$(BIN)/zizmor --quiet --offline .github/workflows
	@$(BIN)/codespell $$(git ls-files)
	@$(BIN)/panache lint --no-cache $$(git ls-files "*.qmd" ":!tests")

bench: .venv/ready  ## Measure builds of 10 and 100 articles, and peers, into bench/README.md; ARTICLES="10 100 1000" for more
	@$(BIN)/python bench/speed.py $(if $(ARTICLES),--articles $(ARTICLES))

prove-busy: .venv/ready  ## Prove all scripts ten times while every processor is kept busy; ROUNDS= says how often.
	@$(BIN)/python bench/busy.py --rounds $${ROUNDS:-10}

faults: .venv/ready  ## Inject every fault, and write down what happens then.
	@$(BIN)/python tests/faults/table.py

screenshots: site  ## Take the pictures of the README anew.
	@$(BIN)/python tests/site/take_screenshots.py

clean:  ## Remove all that was made but the environment.
	rm -rf _site _freeze .awaited .quarto .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

lock: .venv/ready  ## Write requirements.txt anew from pyproject.toml, with the newest versions.
	@$(BIN)/python -m pip install --quiet uv
	@echo '# The lock: exact versions and hashes of all that the project needs. Written by `make lock`.' > requirements.new
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--group site --group dev pyproject.toml >> requirements.new
	@mv requirements.new requirements.txt

quarto: .venv/ready  ## Install Quarto into the environment, where its download can be reached.
	@$(BIN)/python -m pip install --quiet quarto-cli || { \
		echo 'make quarto: the download of Quarto failed; the site builds without it, or see https://quarto.org' >&2; exit 1; }

.venv/ready: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { \
		echo 'make: no Python 3.11 or later with venv was found; install it (on Debian: python3 and python3-venv),' \
		'or name one with PYTHON=' >&2; exit 1; }
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'make: $(PYTHON) is no Python 3.11 or later with venv; name another with PYTHON=' >&2; exit 1; }
	@echo 'setting up .venv (once) …'
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
