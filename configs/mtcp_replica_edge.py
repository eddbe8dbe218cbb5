# Replica frames with edges as a fourth task, scored under all three protocols.
#   python tools/train.py configs/mtcp_replica_edge.py
# Ours: not run.
_base_ = 'mtcp_replica.py'

tasks = dict(edge=dict(
    type='mtcp_mm.EdgeTask',
    metric=dict(type='mtcp_mm.EdgeMetric', protocols='all')))
model = dict(tasks=tasks)
train_dataloader = dict(dataset=dict(tasks=tasks))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(tasks=tasks)
test_evaluator = val_evaluator
