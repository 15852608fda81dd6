# 同心 Tongxin. `make help` lists the commands.

SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
WORKERS ?= 3
# On a busy machine a test may run into the time limit: only then is it tried once more.
LATE := --reruns 1 --only-rerun "Timeout .>"

export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Bytecode is kept: without it every test process compiles the house anew, a third of a minute each.
unexport PYTHONDONTWRITEBYTECODE

SET_UP := $(VENV)/.set-up
PACKAGES := node_modules/.package-lock.json
ASSETS := tongxin/ui/static/ui/dist/manifest.json
WORDS := $(patsubst %.po,%.mo,$(wildcard tongxin/locale/*/LC_MESSAGES/django.po))
COMPILE := pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header

.DEFAULT_GOAL := help
.PHONY: help setup assets demo test test-full lint fix openapi types mission words shots lock clean

help:  ## 列出所有命令 list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(SET_UP)  ## 建立 .venv，安装依赖 make the virtual environment

$(SET_UP): requirements-dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

assets: $(ASSETS) $(WORDS)  ## 安装并构建前端资源 build the front end

$(PACKAGES): package.json package-lock.json .npmrc | $(SET_UP)
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(ASSETS): $(PACKAGES) vite.config.js $(shell find frontend -type f)
	npx vite build --logLevel warn
	@touch $@

%.mo: %.po | $(SET_UP)
	python -m tools.words compile

words: $(SET_UP)  ## 更新英文词表 bring the English catalogue up to date
	python -m tools.words update

shots: $(ASSETS) $(WORDS)  ## 给正在运行的演示逐页截图（PORT=8000）pictures of a running demo
	python -m tools.shots http://127.0.0.1:$(PORT)

demo: $(SET_UP) $(ASSETS) $(WORDS)  ## 启动演示（PORT=8000）start the demo world
	@exec tongxin demo --port $(PORT)

test: lint $(ASSETS) $(WORDS)  ## 检查和测试 all checks, tests on SQLite but the slow ones, races on PostgreSQL
ifeq ($(TONGXIN_FULL),1)
	pytest -n $(WORKERS) -m "not browser" $(LATE)
	pytest -n $(WORKERS) -m browser --reruns 2  # a browser on a busy machine may be late; what is wrong stays wrong
	TEST_DATABASE=postgres pytest -n $(WORKERS) -m "not browser" $(LATE)
else
	pytest -n $(WORKERS) -m "not browser and not slow" $(LATE)
	@if python -m tests.components; then set -x; TEST_DATABASE=postgres pytest -n $(WORKERS) -m "postgres and not slow"; fi
endif

test-full: ; TONGXIN_FULL=1 $(MAKE) test  ## 再加慢的、浏览器和整套 PostgreSQL all of it: the slow ones, pages in a browser too

lint: $(SET_UP)  ## 代码风格、层次、类型、迁移 style, floors, types, migrations
	ruff check .
	ruff format --check .
	lint-imports
	mypy tongxin
	tongxin django makemigrations --check --dry-run

fix: $(SET_UP)  ## 自动整理代码 let ruff mend what it can
	ruff check --fix .
	ruff format .

openapi: $(SET_UP)  ## 导出接口契约 write down the API's schema (docs/openapi.json)
	tongxin django export_openapi_schema --api tongxin.api.api --indent 1 --sorted --output docs/openapi.json

types: $(SET_UP)  ## 类型检查 check types
	mypy tongxin

mission: $(ASSETS)  ## 使命逐条核对 which lines of the mission are shown by tests
	TEST_DATABASE=$${TEST_DATABASE-postgres} pytest -n $(WORKERS) -m mission --mission build/mission.json

lock: $(SET_UP)  ## 重新锁定依赖 pin every dependency with its hashes
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	! grep -nE '://|--(index|extra-index|find-links|trusted)' requirements.txt requirements-dev.txt

clean:  ## 删除构建产物（不动数据）remove what was built, keep the data
	rm -rf build $(VENV) node_modules tongxin/ui/static/ui/dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
