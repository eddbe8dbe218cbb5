#!/usr/bin/env bash
# Copyright (c) mtcp_mm authors. All rights reserved.
# Test on a Slurm cluster:
#     bash tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [...]
#     GPUS=16 bash tools/slurm_test.sh gpu nyud configs/mtcp_nyud.py best.pth
# [...] are further arguments of tools/test.py.
# Environment: GPUS (8 in all), GPUS_PER_NODE (8), CPUS_PER_TASK (5),
# SRUN_ARGS (further options of srun), VENV.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
need 4 "$@"
slurm test.py "$@"
