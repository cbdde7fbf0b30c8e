# Two commands do the work: `make reports` and `make test`. Each sets up what it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all:

# Compiled once and kept: without bytecode every process compiles all it imports anew, four times as slow to start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: reports test test-long audit lab look clean

reports: $(STAMP)
	$(BIN)/python -m govkit report data/daoli

test: $(STAMP)
	$(BIN)/python tests/prepare_machine.py
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy govkit
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not long"

# What takes more than minutes: whole batches that are killed, five zones' overviews, kernels, browsers, clusters.
test-long: $(STAMP)
	$(BIN)/python tests/prepare_machine.py
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m long

# What the product is made of: imports and named parts agree, licences may be shipped, the list of parts (SBOM) is whole.
audit: $(STAMP)
	$(BIN)/deptry .
	$(BIN)/python docs/licences.py --check
	@mkdir -p build
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json $(BIN)/python
	@echo "build/sbom.json"

lab: $(STAMP)
	$(BIN)/jupyter lab notebooks/lab/00_开始.ipynb --ServerApp.root_dir=. --ServerApp.ip=127.0.0.1 \
		--LabApp.app_settings_dir=notebooks/lab/settings --LabApp.extra_labextensions_path=notebooks/lab/labextensions --LabApp.news_url=None \
		--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

# The page to look around in, without an editor and without a network.
look: $(STAMP)
	JUPYTER_PATH=notebooks/lab $(BIN)/voila --template=govkit --Voila.ip=127.0.0.1 notebooks/lab/explore.ipynb

# The lock names every package with its hashes; uv (several times quicker) and pip refuse anything else.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "需要 Python 3.11 或更新的版本（现在是 $$($(PYTHON) --version 2>&1)）。可这样指定：make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "这个 Python 缺少 venv 模块。Debian/Ubuntu 上请先安装 python3-venv。"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@awk '/^uv==/ {on = 1; print; next} /^[A-Za-z]/ {on = 0} on' requirements.lock > $(VENV)/uv.lock
	@if $(PIP) --require-hashes -r $(VENV)/uv.lock; then \
		$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --only-binary :all: -r requirements.lock; \
	else \
		echo "uv 装不上，改用 pip（慢一些，结果相同）"; $(PIP) --require-hashes -r requirements.lock; \
	fi
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

clean:
	rm -rf $(VENV) reports/*/
