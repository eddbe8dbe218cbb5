# configs/comparison/mtcp_plus.py with a fusion on maps of half the size, past
# which the decoder's map goes on, and whose gate starts at 0 (ours).
#   python tools/train.py configs/comparison/mtcp_plus_fused.py
_base_ = '{{$MTCP_BASE:../mtcp_lite_replica.py}}'
model = dict(
    decode_head=dict(
        cfm=dict(shortcut='gated', stride=2),
        shrink_targets=True,
        trace_back=dict(shortcut=True)))
