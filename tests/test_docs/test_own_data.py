# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import re

from tests.doc_blocks import follow


def test_own_data(tmp_path):
    """Oracle: what the page promises, counted by hand from its script."""
    _, training, two_sets = follow('own_data.md', tmp_path)
    # ids 0..7 train: 2 and 5 lack semseg, 3 and 7 lack depth
    assert '6 of the 8 images of split `train` have a label for task `semseg`'\
        in training
    assert '6 of the 8 images of split `train` have a label for task `depth`' \
        in training
    metrics = json.loads((tmp_path / 'work_dirs/own_data/metrics.json'
                          ).read_text())
    assert 0 <= metrics['semseg/mIoU'] <= 100
    assert metrics['depth/rmse'] > 0
    pictures = list((tmp_path / 'work_dirs/own_data/pictures').iterdir())
    assert len(pictures) == 4
    # 8 + 4 images in batches of 4
    assert re.search(r'Epoch\(train\) +\[1\]\[ *3/3\]', two_sets)
