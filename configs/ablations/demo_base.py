# MT-CP on the demo, still smaller: 96 images of 72x96, 10 epochs. The base
# of the measurement in docs/ablations.md.
#   python tools/dataset_converters/make_demo_data.py data/demo
#   python tools/run_experiments.py configs/ablations/nyud.yml \
#       --base configs/ablations/demo_base.py --seeds 0 1 2
_base_ = '../mtcp_demo.py'

image_scale, crop_size = (96, 72), (72, 96)  # (w, h) and (h, w)
train_pipeline, test_pipeline = _base_.train_pipeline, _base_.test_pipeline
train_pipeline[2].update(scale=image_scale)
train_pipeline[3].update(crop_size=crop_size)
test_pipeline[1].update(scale=image_scale)
train_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(pipeline=train_pipeline, indices=96))
val_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

max_epochs = 10
param_scheduler = _base_.param_scheduler
param_scheduler[1].update(end=max_epochs)
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
