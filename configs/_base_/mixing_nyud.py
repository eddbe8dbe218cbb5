# The head of MT-CP on another backbone, NYUD-v2. A config that uses this
# file sets `model.backbone`, maybe a neck.
_base_ = [
    'models/multi_task_estimator.py', 'datasets/nyud.py',
    'schedules/poly_100e.py', 'default_runtime.py'
]
model = dict(decode_head=dict(type='mtcp_mm.MTCPHead', channels=128))
