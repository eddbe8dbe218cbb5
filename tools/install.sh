#!/usr/bin/env bash
# Copyright (c) mtcp_mm authors. All rights reserved.
#
# Install mtcp_mm with its OpenMMLab stack:  bash tools/install.sh [--force]
#
# Makes .venv in the repository, or completes the active virtual or conda
# environment if that has a torch (which is then kept). Safe to repeat: a
# finished install is recognised in about a second, a broken-off one is
# continued. --force goes through all steps again.
#
#   PYTHON                Interpreter for a new .venv. Default: python3.11,
#                         else a python3 of 3.10 to 3.12.
#   VENV                  Environment to make or complete. Default: see above.
#   TORCH_SPEC            Replaces requirements/torch.txt, for instance
#                         'torch==2.6.0+cu124 torchvision==0.21.0+cu124'.
#   TORCH_INDEX_URL       Index for torch, for instance
#                         https://download.pytorch.org/whl/cu124
#   FORCE_CUDA=1          Build mmcv's CUDA ops although no GPU is here.
#   TORCH_CUDA_ARCH_LIST  Architectures for those, for instance '8.0;9.0'.
#   MAX_JOBS              Compilers at a time. Default: cores, if memory allows.
#   PIP_FIND_LINKS        Folders or pages with prebuilt wheels (of mmcv).
set -euo pipefail

here=$(pwd)
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
unset PYTHONPATH # what is imported must be what was installed
force=0
for arg in "$@"; do
    case $arg in
        -h | --help)
            sed -n '4,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        --force) force=1 ;;
        *)
            echo "install.sh: unknown argument '$arg' (see --help)" >&2
            exit 2
            ;;
    esac
done

# ------------------------------------------------------------------- speaking
log=/dev/null
heartbeat=
say() { echo "[install $((SECONDS / 60))m$((SECONDS % 60))s] $*" |
    tee -a "$log"; }
die() {
    echo "[install] FAILED: $*" | tee -a "$log" >&2
    exit 1
}
stop_heartbeat() {
    [[ -n $heartbeat ]] && kill "$heartbeat" 2>/dev/null || true
    heartbeat=
}
trap stop_heartbeat EXIT
# Run a command with its output in the log only; speak up every two minutes.
quietly() {
    local status=0
    echo "+ $*" >>"$log"
    # the last sleep outlives us, but holds no output open
    while sleep 120 >/dev/null 2>&1; do say "... still at it, see $log"; done &
    heartbeat=$!
    "$@" >>"$log" 2>&1 || status=$?
    stop_heartbeat
    return $status
}
step() { # step WHAT COMMAND...
    local what=$1
    shift
    say "$what"
    quietly "$@" || {
        tail -n 40 "$log" >&2
        die "$what. The lines above are the end of $log;" \
            "mend the cause and start again, finished steps are kept."
    }
}

# -------------------------------------------------------- which python, where
fits() { # a python that runs: pyenv's shims may not
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' \
        >/dev/null 2>&1
}
find_python() {
    local name
    if [[ -n ${PYTHON:-} ]]; then
        fits "$PYTHON" ||
            die "PYTHON=$PYTHON is no working Python of 3.10 to 3.12."
        python=$PYTHON
    else
        for name in python3.11 python3 python3.12 python3.10; do
            if fits "$name"; then
                python=$name
                break
            fi
        done
    fi
    [[ -n ${python:-} ]] || die "found no Python of 3.10 to 3.12 on PATH." \
        "Install python3.11 or name one with PYTHON=/path/to/python."
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        die "$("$python" -V) has no venv module. On Debian and Ubuntu:" \
            "apt-get install python3-venv (or python3.11-venv)."
}
VENV=$env_dir
py=$VENV/bin/python
adopted=0
[[ $VENV != "$active" || $VENV == "$root/.venv" ]] || adopted=1

# Relative links would be lost with the cd below.
links=
for link in ${PIP_FIND_LINKS:-}; do
    [[ $link != *://* && $link != /* && -e $here/$link ]] && link=$here/$link
    links="$links $link"
done
if [[ -n $links ]]; then export PIP_FIND_LINKS=${links# }; fi
export PIP_DISABLE_PIP_VERSION_CHECK=1
cd "$root"

# ---------------------------------------------------------- already finished?
# What the environment holds now is part of the stamp: a package that was
# removed or changed since then makes it void.
wanted="$root ${TORCH_SPEC:-} ${FORCE_CUDA:-0}"
fingerprint() {
    {
        echo "$wanted"
        cat requirements/*.txt setup.py mtcp_mm/version.py tools/install.sh
        "$py" -I - <<'PY'
import sys
from importlib.metadata import PackageNotFoundError, version
print(sys.version)
for name in ('torch torchvision mmengine mmcv mmdet mmsegmentation mmpretrain '
             'onedl-mmengine onedl-mmcv onedl-mmdetection onedl-mmpretrain '
             'onedl-mmsegmentation mtcp_mm ftfy regex pytest hypothesis ruff').split():
    try:
        print(name, version(name))
    except PackageNotFoundError:
        print(name, '-')
PY
    } | sha256sum
}
stamp=$VENV/install.stamp
if [[ $force = 0 && -f $stamp && $(fingerprint) == "$(cat "$stamp")" ]]; then
    echo "[install] up to date: $VENV (--force goes through it again)"
    exit 0
fi

# -------------------------------------------------------------- 1 environment
if [[ ! -x $py ]]; then
    if [[ -e $VENV && ! -f $VENV/pyvenv.cfg && -n $(ls -A "$VENV") ]]; then
        die "$VENV exists, but is no virtual environment. Name another VENV."
    fi
    find_python
    [[ -z $active ]] || say "the active $active has no torch: left alone"
    say "1/6 environment: new $VENV with $("$python" -V)"
    "$python" -m venv --clear "$VENV" ||
        die "$python -m venv $VENV. Is its venv package installed?"
else
    say "1/6 environment: $VENV ($("$py" -V))"
fi
"$py" -m pip --version >/dev/null 2>&1 || "$py" -m ensurepip >/dev/null ||
    die "$VENV has no pip. Install pip there or name another VENV."
rm -f "$stamp"
log=$VENV/install.log
echo "== $(date) $root" >>"$log"
"$py" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' ||
    die "$VENV has $("$py" -V), mtcp_mm needs 3.10 to 3.13. Remove it or name" \
        "another environment with VENV=."

pip() { "$py" -m pip "$@"; }
version_of() {
    "$py" -I -c 'import sys; from importlib.metadata import version as v
print(v(sys.argv[1]))' "$1" 2>/dev/null || true
}
mmcv_spec=$(sed -n 's/^\(mmcv==[^ #]*\).*/\1/p' requirements/mminstall.txt)
mmengine_spec=$(sed -n 's/^\(mmengine==[^ #]*\).*/\1/p' \
    requirements/mminstall.txt)

# Say what a build will lack now, not after gigabytes of torch.
tag=$("$py" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
wheel=
for link in ${PIP_FIND_LINKS:-}; do
    for found in "$link"/mmcv-"${mmcv_spec#*==}"*-"$tag"-*.whl; do
        [[ -e $found ]] && wheel=$found
    done
done
onedl=$(version_of onedl-mmcv)
if [[ -z $wheel && -z $onedl && -z $(version_of mmcv) ]]; then
    "${CXX:-c++}" --version >/dev/null 2>&1 ||
        die "mmcv has to be compiled and there is no C++ compiler" \
            "(${CXX:-c++}). On Debian and Ubuntu: apt-get install g++."
    "$py" - <<'PY' || die "mmcv has to be compiled and Python.h is missing." \
        "On Debian and Ubuntu: apt-get install python3-dev."
import os, sys, sysconfig
sys.exit(not os.path.exists(sysconfig.get_path('include') + '/Python.h'))
PY
fi
step '2/6 build tools: pip, setuptools<81, wheel, ninja, psutil' \
    pip install --upgrade pip 'setuptools<81' wheel ninja psutil

# -------------------------------------------------------------------- 3 torch
keep=$VENV/install.constraints
: >"$keep"
index=()
if [[ -n ${TORCH_INDEX_URL:-} ]]; then
    index=(--index-url "$TORCH_INDEX_URL" --extra-index-url
        https://pypi.org/simple)
fi
what='torch and torchvision (with CUDA: 5 GB, some minutes)'
spec=(-r requirements/torch.txt)
if [[ -n ${TORCH_SPEC:-} ]]; then
    what=$TORCH_SPEC
    # shellcheck disable=SC2206  # a list of words
    spec=($TORCH_SPEC)
elif [[ $adopted = 1 ]]; then
    echo "torch==$(version_of torch)" >"$keep"
    what="torch $(version_of torch): kept; torchvision to match"
    spec=(-c "$keep" torchvision)
fi
step "3/6 $what" pip install ${index[@]+"${index[@]}"} "${spec[@]}"
for name in torch torchvision; do
    [[ -z $(version_of $name) ]] || echo "$name==$(version_of $name)"
done >"$keep"

# --------------------------------------------------------------------- 4 mmcv
fix_opencv() { # bare machines have no libGL, which opencv-python links to
    local version
    "$py" -c 'import cv2' >>"$log" 2>&1 && return
    "$py" -c 'import cv2' 2>&1 | grep -qE 'lib(GL|gthread|glib|SM|X).*\.so' ||
        return 0
    version=$(version_of opencv-python)
    say "    opencv-python misses system libraries (libGL or the like):" \
        "opencv-python-headless $version takes its place"
    quietly pip uninstall -y opencv-python opencv-python-headless || true
    step '    opencv-python-headless' \
        pip install "opencv-python-headless==$version"
}
ops_work() {
    WANT_CUDA=$cuda "$py" - >>"$log" 2>&1 <<'PY'
import os, mmcv.ops
compiled = mmcv.ops.get_compiling_cuda_version()
print('mmcv.ops works, compiled for CUDA:', compiled)
assert os.environ['WANT_CUDA'] == '0' or compiled != 'not available'
PY
}

gpu=$("$py" -c 'import torch; print(int(torch.cuda.is_available()))' \
    2>>"$log") || die "torch does not import, see $log"
for folder in "${CUDA_HOME:-}" /usr/local/cuda; do
    if [[ -x $folder/bin/nvcc ]]; then
        export CUDA_HOME=$folder
        break
    fi
done
nvcc=$([[ -x ${CUDA_HOME:-}/bin/nvcc ]] && echo "$CUDA_HOME/bin/nvcc" ||
    command -v nvcc || true)
cuda=0
if [[ ${FORCE_CUDA:-0} = 1 && -z $nvcc && -z $wheel ]]; then
    die "FORCE_CUDA=1, but nvcc is not found. Install the CUDA toolkit of" \
        "torch's version and set CUDA_HOME."
elif [[ ${FORCE_CUDA:-0} = 1 || $gpu = 1 ]] && [[ -n $nvcc ]]; then
    cuda=1
elif [[ $gpu = 1 && -z $wheel ]]; then
    say "WARNING: a GPU, but no nvcc: mmcv gets CPU ops only and models with" \
        "deformable attention will not run on the GPU. Install the CUDA" \
        "toolkit of torch's version, set CUDA_HOME, and start again."
fi
if [[ -z ${MAX_JOBS:-} ]]; then # a compiler takes up to 3 GB
    MAX_JOBS=$(awk -v n="$(nproc)" '/MemAvailable/ {m = int($2 / 3e6)}
        END {m = m < n ? m : n; print m < 1 ? 1 : m}' /proc/meminfo)
fi
export MAX_JOBS MMCV_WITH_OPS=1
export FORCE_CUDA=$cuda
if [[ $cuda = 1 && ! -f ${CUDA_HOME:-}/include/cusparse.h ]]; then
    # A bare nvcc: the headers of its libraries come with torch's wheels.
    for folder in "$("$py" -c 'import sysconfig as s
print(s.get_path("purelib"))')"/nvidia/*/include; do
        export CPLUS_INCLUDE_PATH=$folder:${CPLUS_INCLUDE_PATH:-}
    done
fi
# Hide the GPU from a CPU build: mmcv would ask for nvcc.
build=("$py" -m pip install --no-build-isolation -c "$keep")
[[ $cuda = 1 ]] || build=(env CUDA_VISIBLE_DEVICES= "${build[@]}")

if [[ -n $onedl ]]; then
    stack=requirements/onedl.txt
    say "4/6 mmcv: keeping the onedl-* stack of this environment"
    fix_opencv
else
    stack=requirements/mminstall.txt
    note="seconds if pip kept its wheel of an earlier build, else compiled: \
$([[ $cuda = 1 ]] && echo '70 CPU minutes or more' || echo '36 CPU minutes'), \
$MAX_JOBS at a time"
    [[ -z $wheel ]] || note="from $wheel"
    [[ "mmcv==$(version_of mmcv)" != "$mmcv_spec" ]] || note='already here'
    ops=$([[ $cuda = 1 ]] && echo CUDA || echo CPU)
    step "4/6 $mmcv_spec with $ops ops ($note)" \
        "${build[@]}" "$mmengine_spec" "$mmcv_spec"
    fix_opencv
    if ! ops_work; then
        say '    its ops do not import here: away with it'
        quietly pip uninstall -y mmcv
        step "    $mmcv_spec from source (36 CPU minutes, with CUDA 70)" \
            "${build[@]}" --no-cache-dir --no-binary mmcv "$mmcv_spec"
        fix_opencv
    fi
fi
ops_work || {
    tail -n 15 "$log" >&2
    die "mmcv.ops does not import or has no CUDA ops, see above and $log." \
        "Does the compiler (or nvcc) fit this torch?"
}

# --------------------------------------------------------- 5 stack, 6 package
step "5/6 the OpenMMLab stack: $stack" "${build[@]}" -r "$stack"
step '6/6 mtcp_mm (editable), its requirements, pytest and ruff' \
    pip install -c "$keep" -r requirements/runtime.txt \
    -r requirements/tests.txt
quietly pip install --no-deps --no-build-isolation -e . ||
    die "pip install -e . failed, see the end of $log"
fix_opencv
step '    check: import mtcp_mm, mmseg.models, mmdet.models, mmpretrain.models' \
    "$py" -c 'import mtcp_mm, mmseg.models, mmdet.models, mmpretrain.models'
fingerprint >"$stamp"
say "done. Activate with:  source $VENV/bin/activate"
