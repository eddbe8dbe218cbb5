# configs/comparison/replica.py, trained on one floor of the flat and scored
# on the other: what carries over to rooms that were not seen.
_base_ = 'replica.py'

train_dataloader = dict(dataset=dict(split='train_floors'))
val_dataloader = dict(batch_size=20, dataset=dict(split='val_floors'))
max_epochs = 15  # of 23 steps
train_cfg = dict(val_interval=3)
