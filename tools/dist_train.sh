#!/usr/bin/env bash
# Copyright (c) mtcp_mm authors. All rights reserved.
# Train on several GPUs (or CPU processes, where there is no GPU):
#     bash tools/dist_train.sh CONFIG GPUS [...]
#     bash tools/dist_train.sh configs/mtcp_nyud.py 8 --amp
# [...] are further arguments of tools/train.py.
# Environment: VENV, OMP_NUM_THREADS; PORT (a free one by default); for
# several nodes NNODES, NODE_RANK and MASTER_ADDR, on every node.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
need 2 "$@"
config=$1 gpus=$2
shift 2
launch train.py "$gpus" "$config" "$@"
