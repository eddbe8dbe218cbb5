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

if [[ $# -lt 4 || $1 == -* ]]; then
    usage
    [[ ${1:-} == -h || ${1:-} == --help ]] && exit 0 || exit 2
fi
need_srun
partition=$1 job_name=$2
shift 2
gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-8}
per_node=$((per_node < gpus ? per_node : gpus))
# shellcheck disable=SC2086  # SRUN_ARGS is a list of words
exec srun -p "$partition" --job-name="$job_name" --ntasks="$gpus" \
    --ntasks-per-node="$per_node" --gres="gpu:$per_node" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} "$py" -u "$root/tools/test.py" "$@" --launcher slurm
