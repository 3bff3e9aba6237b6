# What people and machines type. Every target installs the system packages it needs first and says so.

SWIFT ?= swift
# Arrows between rooms are those of the manifest, and no others.
FLAGS := -c release --explicit-target-dependency-import-check error
BRAID := .build/release/braid
FAMILY := Fixtures/families/a
PROMPTS := $(wildcard $(FAMILY)/prompts/*.heldout.jsonl)
EXPERTS := $(wildcard $(FAMILY)/expert-*)

.PHONY: demo test bench fuzz build packages format lint clean

# Merges the example specs over the real models in Fixtures, scores them on held-out prompts, prints the leaderboard.
demo: build
	@rm -rf runs
	$(BRAID) batch merges/*.yml -o runs --prompts $(PROMPTS) --against $(FAMILY)/base \
	  $(foreach expert,$(EXPERTS),--model $(expert))

# Builds and runs every test. One configuration for everything: the loops are slow without optimisation.
test: packages
	$(SWIFT) build $(FLAGS) --build-tests
	$(SWIFT) test -c release --skip-build

# Measures merging, converting and scoring against floors of their own, in one run; makes about 7 GB of random models once.
bench: build
	.build/release/braid-bench merge
	.build/release/braid-bench formats
	.build/release/braid-bench eval
	.build/release/braid-bench sources

SECONDS := 600
SEED := 1

# Damages valid weight files in random ways for so many SECONDS and checks that no reader crashes, hangs or strays.
fuzz: build
	.build/release/braid-fuzz --seconds $(SECONDS) --seed $(SEED)

build: packages
	$(SWIFT) build $(FLAGS)

format:
	$(SWIFT) format --in-place --recursive --parallel Sources Tests Package.swift

lint:
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Package.swift

clean:
	rm -rf .build runs out bench-data

# HDF5, oneDNN, PCRE2, xxHash, zlib, zstd, LZ4, Snappy and OpenSSL with their headers. Nothing is installed if all are there.
APT := libhdf5-dev libdnnl-dev libpcre2-dev libxxhash-dev zlib1g-dev libzstd-dev liblz4-dev libsnappy-dev libssl-dev pkg-config
BREW := hdf5 onednn pcre2 xxhash zlib zstd lz4 snappy openssl pkgconf

packages:
	@if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then \
	  missing=""; \
	  for package in $(APT); do \
	    dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	  done; \
	  if [ -n "$$missing" ]; then \
	    echo "installing$$missing"; \
	    if [ "$$(id -u)" = 0 ]; then sudo=""; elif command -v sudo >/dev/null; then sudo="sudo"; else \
	      echo "error: not root and no sudo; please install$$missing" >&2; exit 1; fi; \
	    $$sudo env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update -qq && apt-get install -y -qq $$missing >/dev/null" \
	      || { echo "error: could not install$$missing" >&2; exit 1; }; \
	  fi; \
	elif command -v brew >/dev/null; then \
	  for package in $(BREW); do brew list --versions $$package >/dev/null || { echo "installing $$package"; brew install $$package; }; done; \
	elif ! { command -v pkg-config >/dev/null && pkg-config --exists hdf5 libpcre2-8 libxxhash zlib libzstd liblz4 snappy libcrypto && [ -e /usr/include/dnnl.h ]; }; then \
	  echo "error: please install HDF5, oneDNN, PCRE2, xxHash, zlib, zstd, LZ4, Snappy and OpenSSL with their headers (on Debian: $(APT))" >&2; exit 1; \
	fi
	@command -v $(SWIFT) >/dev/null || { echo "error: no Swift toolchain; see https://www.swift.org/install (6.2 or later)" >&2; exit 1; }
