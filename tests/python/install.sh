#!/usr/bin/env bash
# Makes target/python: Python with what tests need of it, as tests/python/requirements.txt says. Done once for each
# state of that file; two that come at the same time wait for each other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mkdir -p target
exec 9>target/python.lock
flock 9
wanted=tests/python/requirements.txt
if ! cmp -s "$wanted" target/python/installed.txt; then
  rm -rf target/python
  python3 -m venv target/python
  target/python/bin/pip install --quiet --disable-pip-version-check --no-input -r "$wanted"
  cp "$wanted" target/python/installed.txt
fi
