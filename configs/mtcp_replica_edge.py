# Replica frames with edges as a fourth task, scored under all three protocols.
#   python tools/train.py configs/mtcp_replica_edge.py
# Ours: not run.
_base_ = 'mtcp_replica.py'

tasks = dict(edge=dict(
    type='mtcp_mm.EdgeTask',
    metric=dict(type='mtcp_mm.EdgeMetric', protocols='all')))
