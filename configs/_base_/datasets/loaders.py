# How images are drawn and who scores them: the same for all data sets. A
# config that uses this file sets `dataset` of the loaders and `tasks` of the
# evaluators.
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True))
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False))
test_dataloader = val_dataloader
val_evaluator = dict(type='mtcp_mm.MultiTaskEvaluator', metrics=None)
test_evaluator = val_evaluator
