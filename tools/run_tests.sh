#!/usr/bin/env bash
# Copyright (c) mtcp_mm authors. All rights reserved.
# Lint and test, in the environment of tools/install.sh (made if missing):
#     bash tools/run_tests.sh [arguments of pytest]
#     bash tools/run_tests.sh tests/test_utils -x
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    usage
    exit 0
fi
cd "$root"
bash tools/install.sh
py=$env_dir/bin/python # may be new
"$py" -m ruff check .
exec "$py" -m pytest -q "$@"
