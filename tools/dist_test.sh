#!/usr/bin/env bash
# Copyright (c) mtcp_mm authors. All rights reserved.
# Test on several GPUs (or CPU processes, where there is no GPU):
#     bash tools/dist_test.sh CONFIG CHECKPOINT GPUS [...]
#     bash tools/dist_test.sh configs/mtcp_nyud.py best.pth 8
# [...] are further arguments of tools/test.py.
# Environment: VENV, OMP_NUM_THREADS; PORT (a free one by default); for
# several nodes NNODES, NODE_RANK and MASTER_ADDR, on every node.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
need 3 "$@"
config=$1 checkpoint=$2 gpus=$3
shift 3
launch test.py "$gpus" "$config" "$checkpoint" "$@"
