# How images are drawn and who scores them: the same for all data sets. A
# config that uses this file sets `tasks` and `dataset` of the loaders. What
# the test lacks it takes from the validation.
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
val_evaluator = dict(type='mtcp_mm.MultiTaskEvaluator', metrics=None)
