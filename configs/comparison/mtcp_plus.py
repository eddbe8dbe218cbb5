# MT-CP with what pays at small scale (ours, docs/diagnosis.md): trace-back
# with a short way for the decoder's map to the final logits, intermediate
# logits trained at their own size, no fusion.
#   python tools/train.py configs/comparison/mtcp_plus.py
# On another base: MTCP_BASE=../mtcp_nyud.py. Numbers: docs/comparison.md.
_base_ = '{{$MTCP_BASE:../mtcp_lite_replica.py}}'
model = dict(
    decode_head=dict(
        with_cfm=False,
        shrink_targets=True,
        trace_back=dict(shortcut=True)))
