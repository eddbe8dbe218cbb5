#!/usr/bin/env bash
# Copyright (c) mtcp_mm authors. All rights reserved.
# Lint and test, in the environment of tools/install.sh (made if missing):
#     bash tools/run_tests.sh [arguments of pytest]
#     bash tools/run_tests.sh tests/test_utils -x
# Two processes of one thread each; TEST_WORKERS=0 for one, e.g. for --pdb.
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
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
exec "$py" -m pytest -q -n "${TEST_WORKERS:-2}" --dist loadfile "$@"
