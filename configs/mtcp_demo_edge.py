# The demo with edges as a fourth task, scored under all three protocols.
#   python tools/train.py configs/mtcp_demo_edge.py
# Ours after 5 epochs: odsF 48.19, docs/edges.md. 14 epochs: not run.
_base_ = 'mtcp_demo.py'

tasks = dict(edge=dict(
    type='mtcp_mm.EdgeTask',
    metric=dict(type='mtcp_mm.EdgeMetric', protocols='all')))
model = dict(tasks=tasks)
train_dataloader = dict(dataset=dict(tasks=tasks))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(tasks=tasks)
test_evaluator = val_evaluator
