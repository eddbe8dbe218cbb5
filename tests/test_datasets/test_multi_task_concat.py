# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest

from mtcp_mm.datasets import MultiTaskConcatDataset, NYUDMultiTaskDataset
from .conftest import TASKS


@pytest.fixture
def parts(tmp_path, make_nyud, task_cfg):
    """A data set with two semantic images, and one with three depth maps."""
    make_nyud(tmp_path / 's', {'1': (), '2': ()})
    make_nyud(tmp_path / 'd', {'1': (), '2': (), '3': ()})

    def build(root, *names, **kwargs):
        return NYUDMultiTaskDataset(
            str(tmp_path / root), {n: dict(task_cfg[n]) for n in names},
            pipeline=[dict(type='mtcp_mm.LoadMultiTaskAnnotations')],
            **kwargs)

    return build


class TestMultiTaskConcatDataset:
    """Oracle: what each part holds."""

    def test_joins_what_the_parts_have(self, parts):
        dataset = MultiTaskConcatDataset(
            [parts('d', 'depth'), parts('s', 'semseg')])
        labels = [sorted(k for k in item if k.startswith('gt_'))
                  for item in dataset]
        assert labels == 3 * [['gt_depth']] + 2 * [['gt_semseg']]
        # the classes come from the second one
        assert len(dataset.metainfo['task_meta']['semseg']['classes']) == 40
        assert dataset.metainfo['tasks'] == {
            name: TASKS[name] for name in ('depth', 'semseg')
        }

    def test_builds_parts_from_configs(self, tmp_path, make_nyud, task_cfg):
        make_nyud(tmp_path, {'1': ()})
        cfg = dict(
            type='mtcp_mm.NYUDMultiTaskDataset',
            data_root=str(tmp_path),
            tasks=task_cfg)
        assert len(MultiTaskConcatDataset([cfg, cfg])) == 2

    def test_contradicting_classes(self, parts, task_cfg):
        task_cfg['semseg']['num_classes'] = 50
        with pytest.raises(ValueError, match=r'0 and 1.*task `semseg`: 40 '
                           r'classes \(wall.*50 classes \(c0'):
            first = parts('s', 'depth')
            first._metainfo['task_meta'] = dict(
                semseg=dict(classes=('wall', ) * 40))
            MultiTaskConcatDataset([
                first,
                parts(
                    's',
                    'semseg',
                    metainfo=dict(
                        classes=[f'c{i}' for i in range(50)],
                        palette=[[i, i, i] for i in range(50)]))
            ])

    def test_nothing_to_join(self):
        with pytest.raises(ValueError, match='`datasets` is empty'):
            MultiTaskConcatDataset([])
