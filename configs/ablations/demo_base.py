# MT-CP on the demo, still smaller: 96 images of 72x96, 10 epochs. The base
# of the measurement in docs/ablations.md.
#   python tools/dataset_converters/make_demo_data.py data/demo
#   python tools/run_experiments.py configs/ablations/nyud.yml \
#       --base configs/ablations/demo_base.py --seeds 0 1 2
_base_ = '../mtcp_demo.py'

image_scale, crop_size = (96, 72), (72, 96)  # (w, h) and (h, w)
train_dataloader = dict(
    num_workers=0, persistent_workers=False, dataset=dict(indices=96))
val_dataloader = dict(num_workers=0, persistent_workers=False)
max_epochs = 10
train_cfg = dict(val_interval=10)
