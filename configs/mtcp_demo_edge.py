# The demo with edges as a fourth task, scored under all three protocols.
#   python tools/train.py configs/mtcp_demo_edge.py
# Ours after 5 epochs: odsF 48.19, docs/edges.md. 14 epochs: not run.
_base_ = 'mtcp_demo.py'

tasks = dict(edge=dict(
    type='mtcp_mm.EdgeTask',
    metric=dict(type='mtcp_mm.EdgeMetric', protocols='all')))
