#!/usr/bin/env bash
# Copyright (c) mtcp_mm authors. All rights reserved.
# From a bare checkout to a table, without any data of yours:
#     bash tools/quickstart.sh
# installs (tools/install.sh), makes rooms with exact labels (data/demo),
# trains and tests configs/mtcp_demo.py on them, draws pictures and weights,
# sets the scores beside those of the best constant answers, and makes a
# report of it all, a page for the browser. What is done is not done again; a
# broken-off training goes on. A changed config or model starts a new one and
# keeps the old folder under another name.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

if [[ $# -gt 0 ]]; then
    usage
    [[ $1 == -h || $1 == --help ]] && exit 0 || exit 2
fi
cd "$root"
config=configs/mtcp_demo.py
work=work_dirs/mtcp_demo
step=0
say() {
    step=$((step + 1))
    echo "[quickstart $((SECONDS / 60))m$((SECONDS % 60))s] $step/6 $*"
}

say 'install'
bash tools/install.sh
py=$env_dir/bin/python # may be new

say 'data: data/demo'
"$py" tools/dataset_converters/make_demo_data.py data/demo

# A training belongs to the files that shaped it, a report also to its own.
hash_of() { # hash_of ARGUMENTS OF find...
    find "$@" -type f -not -name '*.pyc' -not -path '*/.mim/*' -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum
}
key=$({
    hash_of configs/mtcp_demo.py configs/_base_ mtcp_mm -name '*.py' \
        -not -path 'mtcp_mm/report/*'
    cat data/demo/demo.json
} | sha256sum | cut -d' ' -f1)
made_by() { # made_by MARK [KEY]: was it made by these files?
    [[ -f $work/.$1 && $(cat "$work/.$1") == "${2:-$key}" ]]
}

if made_by trained && [[ -f $work/last_checkpoint ]]; then
    say "train: $work is complete, kept"
else
    if [[ -d $work ]] && ! made_by started; then
        old=$work.$(date +%Y%m%d_%H%M%S)
        mv "$work" "$old"
        echo "$work was made with other code, config or data: now in $old"
    fi
    mkdir -p "$work"
    echo "$key" >"$work/.started"
    say "train: $config"
    "$py" tools/train.py "$config" --work-dir "$work" --resume
    echo "$key" >"$work/.trained"
fi
# The folder may have been moved: only the name counts.
checkpoint=$work/$(basename "$(cat "$work/last_checkpoint")")

if made_by tested && [[ -f $work/metrics.json && -d $work/pictures ]]; then
    say "test: $work/metrics.json, kept"
else
    say "test: $checkpoint"
    "$py" tools/test.py "$config" "$checkpoint" --work-dir "$work" \
        --show-dir "$work/pictures" --protocols all
    "$py" tools/analysis_tools/plot_lps.py "$work" \
        --out "$work/lps_weights.png"
    echo "$key" >"$work/.tested"
fi

say 'the scores, beside the best constant answers'
"$py" tools/analysis_tools/trivial_baselines.py "$config" \
    --metrics "$work/metrics.json" --out "$work/table.md"

report_key=$({
    echo "$key"
    hash_of mtcp_mm/report tools/analysis_tools/report.py
    sha256sum "$work/metrics.json"
} | sha256sum | cut -d' ' -f1)
if made_by reported "$report_key" && [[ -f $work/report/report.html ]]; then
    say "report: $work/report/report.html, kept"
else
    say "report: $work/report/report.html"
    "$py" tools/analysis_tools/report.py "$work" --out "$work/report"
    echo "$report_key" >"$work/.reported"
fi
echo
echo "Done in $((SECONDS / 60))m$((SECONDS % 60))s:"
echo "  table     $root/$work/table.md"
echo "  scores    $root/$work/metrics.json"
echo "  pictures  $root/$work/pictures/"
echo "  weights   $root/$work/lps_weights.png"
echo "  report    $root/$work/report/report.html"
