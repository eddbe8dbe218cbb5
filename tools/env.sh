# Copyright (c) mtcp_mm authors. All rights reserved.
# shellcheck shell=bash
# Sourced by the scripts beside it. Sets
#   root     the checkout, which also goes to PYTHONPATH
#   env_dir  the environment: VENV, else the active virtual or conda
#            environment if that has a torch, else .venv in the checkout
#   py       its python; python3 where there is none
has_torch() {
    "$1/bin/python" -I -c 'from importlib.metadata import version as v
v("torch")' >/dev/null 2>&1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
active=${VIRTUAL_ENV:-${CONDA_PREFIX:-}}
if [[ -n ${VENV:-} ]]; then
    env_dir=$VENV
    [[ $VENV == /* ]] || env_dir=$PWD/$VENV
elif [[ -n $active && $active != "$root/.venv" ]] && has_torch "$active"; then
    env_dir=$active
else
    env_dir=$root/.venv
fi
py=$env_dir/bin/python
[[ -x $py ]] || py=python3
export PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH}

# Print the leading comment of the calling script, without its '# '.
usage() { sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# need COUNT ARGS...: print the usage and leave if there are fewer ARGS.
need() {
    [[ $# -le $1 || $2 == -* ]] || return 0
    usage
    [[ ${2:-} == -h || ${2:-} == --help ]] && exit 0 || exit 2
}

has_gpu() {
    [[ -n ${CUDA_VISIBLE_DEVICES-all} && ${CUDA_VISIBLE_DEVICES-} != -1 ]] &&
        nvidia-smi -L >/dev/null 2>&1
}

# launch SCRIPT RANKS ARGS...: start SCRIPT RANKS times with torchrun.
launch() {
    local script=$1 ranks=$2 threads
    shift 2
    if [[ ! $ranks =~ ^[1-9][0-9]*$ ]]; then
        echo "error: the number of GPUs is '$ranks', a number >= 1 is" \
            'expected. See --help.' >&2
        exit 2
    fi
    if ! has_gpu && [[ " $* " == *' --amp '* ]]; then
        echo 'error: --amp needs a GPU and none is seen here.' >&2
        exit 2
    fi
    if ! has_gpu && [[ -z ${OMP_NUM_THREADS:-} ]]; then
        threads=$(($(nproc) / ranks))
        export OMP_NUM_THREADS=$((threads > 0 ? threads : 1))
    fi
    if [[ -z ${PORT:-} && ${NNODES:-1} = 1 ]]; then
        PORT=$("$py" -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    fi
    exec "$py" -m torch.distributed.run --nnodes="${NNODES:-1}" \
        --node-rank="${NODE_RANK:-0}" --nproc-per-node="$ranks" \
        --master-addr="${MASTER_ADDR:-127.0.0.1}" \
        --master-port="${PORT:-29500}" "$root/tools/$script" "$@" \
        --launcher pytorch
}

# slurm SCRIPT PARTITION JOB_NAME ARGS...: start SCRIPT on a Slurm cluster.
slurm() {
    local script=$1 partition=$2 job_name=$3 gpus=${GPUS:-8}
    local per_node=${GPUS_PER_NODE:-8}
    if ! command -v srun >/dev/null; then
        echo 'error: srun is not found: this is no node of a Slurm cluster.' \
            'Use dist_train.sh or dist_test.sh here.' >&2
        exit 2
    fi
    shift 3
    per_node=$((per_node < gpus ? per_node : gpus))
    # shellcheck disable=SC2086  # SRUN_ARGS is a list of words
    exec srun -p "$partition" --job-name="$job_name" --ntasks="$gpus" \
        --ntasks-per-node="$per_node" --gres="gpu:$per_node" \
        --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 \
        ${SRUN_ARGS:-} "$py" -u "$root/tools/$script" "$@" --launcher slurm
}
