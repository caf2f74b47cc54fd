# make demo   the web chat on http://127.0.0.1:8080 (PORT=9000 overrides), no token and no key needed
# make test   everything a change must pass; installs what it needs
# make bench  measurements, as ratios against a floor in the same run

PYTHON ?= python3.11
PORT ?= 8080
BIN := .venv/bin

.PHONY: demo test check bench clean

demo: .venv/.installed
	@$(BIN)/retouch demo --port $(PORT)

test: .venv/.installed-test tests/peers/node_modules/.installed peers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadfile

bench: .venv/.installed-test
	$(BIN)/pytest -m bench -s --timeout 0

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: .venv/bin/python pyproject.toml constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/.installed-test: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch .venv/.installed $@

tests/peers/node_modules/.installed: tests/peers/package.json tests/peers/package-lock.json
	@if command -v npm >/dev/null; then cd tests/peers && npm ci --silent --no-audit --no-fund; \
	 else echo 'no npm: tests against the Slack emulator will be skipped'; mkdir -p tests/peers/node_modules; fi
	@touch $@

# Chromium comes from the system's packages; in CI it is installed, elsewhere its tests are skipped without it.
.PHONY: peers
peers:
	@if [ -n "$$CI" ] && ! command -v chromium >/dev/null; then \
	 apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-core fonts-noto-cjk >/dev/null; fi

clean:
	rm -rf .venv tests/peers/node_modules build *.egg-info
