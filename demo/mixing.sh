#!/usr/bin/env bash
# Copyright (c) mtcp_mm authors. All rights reserved.
# Both ways of mixing, from the command line, on a few made-up rooms:
#     bash demo/mixing.sh [WORK_DIR]
#   1. our head in mmseg's own EncoderDecoder (no other part of mtcp_mm)
#   2. mmseg's SegFormer head for one task of our estimator
# Trains one epoch each and tests; seconds, no numbers of interest. For those
# leave the options out, see docs/mixing.md.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/env.sh"
if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    usage
    exit 0
fi
work=$(realpath -m "${1:-$root/work_dirs/mixing}")
cd "$root"
export MTCP_REPLICA_ROOT=$work/data # the configs take their data from there
"$py" tools/dataset_converters/make_demo_data.py "$MTCP_REPLICA_ROOT" \
    --num-train 8 --num-val 4 --size 144 192
for name in encoder_decoder_replica mixed_heads_replica; do
    config=configs/mixing/$name.py
    "$py" tools/train.py "$config" --work-dir "$work/$name" --cfg-options \
        max_epochs=1 train_cfg.val_interval=1
    "$py" tools/test.py "$config" "$work/$name/epoch_1.pth" \
        --work-dir "$work/$name"
done
echo "Done: $work/*/metrics.json"
