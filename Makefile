# Needs make, and Python ≥ 3.11 with its venv module; everything else is fetched.

PYTHON ?= python3
PORT ?= 8000
ROWS ?=
QUICK ?=
JSON ?=
UV_VERSION := 0.13.9
UV := .uv/$(UV_VERSION)/bin/uv
BIN := .venv/bin

export UV_PYTHON_DOWNLOADS := never
# A network that signs with its own authority is known to the machine, not to uv.
export UV_SYSTEM_CERTS := true
# A virtual environment active in the caller's shell is not ours.
unexport VIRTUAL_ENV
# Without kept bytecode, each server that a test starts would compile Django again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test faults bench lint format clean browser nginx

help:
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: .venv/run ## lance la démonstration sur http://127.0.0.1:8000 (ou PORT=…)
	$(BIN)/python manage.py demo --port $(PORT)

test: .venv/dev browser nginx ## lance tous les tests : SQLite, PostgreSQL, navigateur
	$(BIN)/python -m tests

# ROWS=F1,F8 chooses, QUICK=1 runs a twentieth of it, JSON=1 ends with one line of JSON.
faults: .venv/dev browser ## casse tout exprès : processus tués, base arrêtée, réseau coupé
	@ROWS='$(ROWS)' QUICK='$(QUICK)' JSON='$(JSON)' $(BIN)/python -m tests.faults

# The same variables; the yardsticks need packages of their own.
bench: .venv/bench ## mesure, à côté de ce qui se fait de mieux et de plus simple
	@ROWS='$(ROWS)' QUICK='$(QUICK)' JSON='$(JSON)' $(BIN)/python -m tests.bench

lint: .venv/dev ## vérifie le style, les types, les gabarits, les migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/bandit --quiet --recursive --severity-level high sessions_app candidates incidents pix_surveillance
	$(BIN)/python manage.py makemigrations --check --dry-run
	@command -v node >/dev/null || { echo "node absent : scripts non vérifiés"; exit 0; }; \
	for file in $$(find static -name '*.js'); do \
		node --input-type=module --check < $$file || { echo "$$file" >&2; exit 1; }; \
	done

format: .venv/dev ## remet en forme le code Python
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: .venv/dev ## installe tout, outils de développement compris

clean: ## efface ce que make a fabriqué, sauf var/ (données locales)
	rm -rf .venv .uv .nginx .pytest_cache .mypy_cache .ruff_cache .hypothesis staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv has a folder of its own: a sync of .venv would remove it there.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Il faut Python 3.11 ou plus récent : make PYTHON=chemin/vers/python3 …" >&2; exit 1; }
	@$(PYTHON) -m venv .uv/$(UV_VERSION) \
		|| { echo "Il manque le module venv de Python (Debian : apt install python3-venv)." >&2; exit 1; }
	.uv/$(UV_VERSION)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# --inexact: preparing `run` must not uninstall the tools of `test`.
.venv/run: pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --frozen --inexact --no-dev --python $(PYTHON)
	@touch $@

.venv/dev: pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --frozen --inexact --python $(PYTHON)
	@touch $@ .venv/run

.venv/bench: pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --frozen --inexact --group bench --python $(PYTHON)
	@touch $@ .venv/dev .venv/run

# Before any PostgreSQL starts: apt may replace the very files that it runs.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	|| command -v google-chrome >/dev/null || { \
		as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		export DEBIAN_FRONTEND=noninteractive; \
		command -v apt-get >/dev/null && $$as_root apt-get -qq update \
		&& $$as_root apt-get -qq install --no-install-recommends chromium >/dev/null; \
	} || { echo "Il manque un navigateur pour les tests : installez Chromium." >&2; exit 1; }

# For the tests of deploy/: unpacked and not installed, so that no server starts on this machine.
# Where it cannot be had, they are left out.
nginx:
	@command -v nginx >/dev/null || test -x /usr/sbin/nginx || test -x .nginx/usr/sbin/nginx || { \
		mkdir -p .nginx && cd .nginx; \
		as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		get() { apt-get -qq download nginx 2>/dev/null; }; \
		{ get || { $$as_root apt-get -qq update && get; }; } && dpkg -x nginx_*.deb .; \
	} || echo "nginx absent : deploy/nginx.conf ne sera pas essayé"
