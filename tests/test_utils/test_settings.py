# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: configs whose faults are known, and values written by hand."""
import copy
import logging
import shlex

import pytest
from mmengine.config import Config
from mmengine.logging import MMLogger

from mtcp_mm.utils.config_tree import plain
from mtcp_mm.utils.settings import apply_settings, load_config_file, tasks_of

TASKS = dict(depth=dict(type='mtcp_mm.DepthTask'))
SPLITS = ('train', 'val', 'test')


def config(**changes):
    """A whole config that says everything once."""
    cfg = dict(
        data_root='data/a',
        tasks=TASKS,
        image_scale=(64, 48),
        crop_size=(48, 64),
        dataset=dict(type='Folder', suffix='.png'),
        train_pipeline=[
            dict(type='LoadImageFromFile'),
            dict(
                type='RandomChoice',
                transforms=[[dict(type='mtcp_mm.MultiTaskRandomResize')],
                            [dict(type='mmseg.Resize', scale_factor=2.)]]),
            dict(type='mtcp_mm.MultiTaskRandomCrop')
        ],
        test_pipeline=[dict(type='Resize', keep_ratio=False)],
        max_epochs=30,
        model=dict(type='mtcp_mm.MultiTaskEstimator'),
        train_dataloader=dict(
            dataset=dict(
                type='RepeatDataset', times=2, dataset=dict(split='train'))),
        val_dataloader=dict(
            batch_size=3,
            sampler=dict(type='DefaultSampler'),
            dataset=dict(split='val', test_mode=True)),
        val_evaluator=dict(type='mtcp_mm.MultiTaskEvaluator', metrics=None),
        train_cfg=dict(type='EpochBasedTrainLoop', val_interval=10))
    return Config(dict(cfg, **changes))


def leaf(cfg, split):
    dataset = cfg[f'{split}_dataloader'].dataset
    return dataset.get('dataset', dataset)


@pytest.fixture
def told(caplog):
    """What is logged, a line each."""
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    with caplog.at_level(logging.INFO):
        yield lambda: [r.getMessage() for r in caplog.records]
    logger.removeHandler(caplog.handler)


class TestFills:

    def test_everything_in_its_place(self, told):
        cfg = apply_settings(config())
        for split in SPLITS:
            data = leaf(cfg, split)
            assert (data.data_root, data.type, data.suffix) == ('data/a',
                                                                'Folder',
                                                                '.png')
            assert data.tasks == TASKS
        assert leaf(cfg, 'train').pipeline == [
            dict(type='LoadImageFromFile'),
            dict(
                type='RandomChoice',
                transforms=[[
                    dict(type='mtcp_mm.MultiTaskRandomResize', scale=(64, 48))
                ], [dict(type='mmseg.Resize', scale_factor=2.)]]),
            dict(type='mtcp_mm.MultiTaskRandomCrop', crop_size=(48, 64))
        ]
        for split in ('val', 'test'):
            assert leaf(cfg, split).pipeline == [
                dict(type='Resize', keep_ratio=False, scale=(64, 48))
            ]
        assert cfg.model.tasks == TASKS
        assert cfg.train_cfg.max_epochs == 30
        assert cfg.test_dataloader == cfg.val_dataloader
        assert cfg.test_evaluator == cfg.val_evaluator
        assert cfg.test_cfg == dict(type='TestLoop')
        assert told() == []

    def test_twice_is_once(self):
        once = apply_settings(config())
        twice = apply_settings(copy.deepcopy(once))
        assert twice.to_dict() == once.to_dict()
        read = Config.fromstring(once.pretty_text, '.py')
        assert plain(apply_settings(read).to_dict()) == plain(once.to_dict())

    def test_places_do_not_share_values(self):
        cfg = apply_settings(config())
        leaf(cfg, 'val').pipeline[0].scale = (1, 1)
        cfg.model.tasks.depth.type = 'X'
        assert leaf(cfg, 'test').pipeline[0].scale == (64, 48)
        assert leaf(cfg, 'val').tasks == TASKS

    def test_plain_dict(self):
        cfg = apply_settings(plain(config().to_dict()))
        assert cfg['train_dataloader']['dataset']['dataset']['tasks'] == TASKS

    def test_other_models_get_no_tasks(self):
        cfg = apply_settings(config(model=dict(type='EncoderDecoder')))
        assert 'tasks' not in cfg.model

    def test_data_set_of_another_type_shares_nothing(self, told):
        both = dict(
            type='mtcp_mm.MultiTaskConcatDataset',
            datasets=[dict(split='a'), dict(type='Other', split='b')])
        cfg = apply_settings(config(train_dataloader=dict(dataset=both)))
        first, second = cfg.train_dataloader.dataset.datasets
        assert first.suffix == '.png' and 'suffix' not in second
        line, = told()
        assert "train_dataloader.dataset.datasets.1.type = 'Other'" in line

    def test_shared_values_without_a_type(self):
        data = dict(type='Folder', split='train')
        cfg = config(
            dataset=dict(label_files=dict(a='b')),
            train_dataloader=dict(dataset=data))
        assert leaf(apply_settings(cfg), 'train').label_files == dict(a='b')

    def test_test_is_completed_from_the_validation(self):
        cfg = config(
            test_dataloader=dict(batch_size=1, dataset=dict(split='test')),
            test_evaluator=dict(protocols={'*': 'all'}))
        apply_settings(cfg)
        assert cfg.test_dataloader.batch_size == 1
        assert cfg.test_dataloader.sampler.type == 'DefaultSampler'
        assert leaf(cfg, 'test').split == 'test'
        assert leaf(cfg, 'test').test_mode and not cfg.get('dataset')
        assert cfg.test_evaluator.type == 'mtcp_mm.MultiTaskEvaluator'

    def test_no_test_at_all(self):
        cfg = apply_settings(config(test_cfg=None))
        assert 'test_dataloader' not in cfg

    def test_whole_test_loader_stays_as_it_is(self):
        test = dict(sampler=dict(type='S'), dataset=dict(split='test'))
        cfg = apply_settings(config(test_dataloader=test))
        assert 'batch_size' not in cfg.test_dataloader
        assert 'test_mode' not in leaf(cfg, 'test')

    @pytest.mark.parametrize('name', ['max_epochs', 'crop_size', 'data_root'])
    def test_none_is_not_set(self, name):
        cfg = config(**{name: None})
        apply_settings(cfg)
        assert f"'{name}'" not in repr(cfg.to_dict())


@pytest.mark.parametrize('name, near', [
    ('cropsize', 'crop_size'), ('max_epoch', 'max_epochs'),
    ('img_scale', 'image_scale'), ('task', 'tasks'),
    ('tta_pipeline', None), ('model', None)
])
def test_misspelt_setting_is_told(told, name, near):
    apply_settings(config(**{name: {}}))
    lines = [line for line in told() if 'goes nowhere' in line]
    assert [f'`{near}`' in line for line in lines] == [True] * bool(near)


@pytest.mark.parametrize('scale, crop, is_told', [
    ((320, 240), (480, 640), True), ((640, 360), (480, 640), True),
    ((640, 480), (480, 640), False), ((2048, 512), (512, 512), False),
    ((480, 640), (480, 640), False)])
def test_images_below_the_crop_are_told(told, scale, crop, is_told):
    cfg = apply_settings(config(image_scale=scale, crop_size=crop))
    said = [t for t in told() if f'crop_size = {scale[::-1]} meant?' in t]
    assert len(said) == is_told
    apply_settings(cfg)
    assert len(told()) == is_told


class TestOwnValuesWin:

    def test_one_of_three_is_told(self, told):
        cfg = config()
        cfg.val_dataloader.dataset.data_root = 'data/b'
        cfg.test_dataloader = dict(dataset=dict(data_root='data/a'))
        apply_settings(cfg)
        assert [leaf(cfg, s).data_root for s in SPLITS] == [
            'data/a', 'data/b', 'data/a']
        line, = told()
        assert "`data_root` = 'data/a'" in line
        assert "val_dataloader.dataset.data_root = 'data/b'" in line

    def test_all_of_them_stop(self):
        cfg = config()
        cfg.train_cfg.max_epochs = 3
        with pytest.raises(ValueError) as error:
            apply_settings(cfg)
        text = str(error.value)
        assert '`max_epochs` = 30' in text and 'no effect' in text
        assert 'train_cfg.max_epochs = 3' in text
        assert 'train_cfg = dict(max_epochs=30)' in text
        assert '--cfg-options train_cfg.max_epochs=30' in text
        assert '`max_epochs = 3` or `max_epochs = None`' in text

    @pytest.mark.parametrize('name, value, line', [
        ('data_root', 'data/b', "    val_dataloader = dict(dataset=dict("
         "data_root='data/b'))"),
        ('image_scale', (32, 24), "    --cfg-options 'train_dataloader."
         "dataset.dataset.pipeline.1.transforms.0.0.scale=(32,24)' "
         "'val_dataloader.dataset.pipeline.0.scale=(32,24)' "),
        ('crop_size', (9, 9), "    --cfg-options 'train_dataloader.dataset."
         "dataset.pipeline.2.crop_size=(9,9)'"),
        ('tasks', dict(a=dict(type='T')), '    model = dict(tasks=tasks)'),
        ('max_epochs', 3, '    --cfg-options train_cfg.max_epochs=3'),
    ])
    def test_dumped_config(self, tmp_path, name, value, line):
        """Nothing is ignored, and the line that is given works."""
        path = tmp_path / 'dumped.py'
        apply_settings(config()).dump(path)
        with pytest.raises(ValueError) as error:
            load_config_file(path, {name: value})
        text = str(error.value)
        assert f'`{name}` = ' in text and line in text
        if '--cfg-options' in line:
            options = next(t for t in text.splitlines() if '--cfg' in t)
            pairs = (o.partition('=') for o in shlex.split(options)[1:])
            options = {k: eval(v) for k, _, v in pairs}
            cfg = load_config_file(path, options)
            assert all(v == value for v in options.values())
            both = load_config_file(path, dict(options, **{name: value}))
            assert cfg.to_dict() == both.to_dict()

    def test_command_line_wins_without_a_stop(self, tmp_path, told):
        path = tmp_path / 'once.py'
        config().dump(path)
        cfg = load_config_file(path, {'train_cfg.max_epochs': 3})
        assert cfg.train_cfg.max_epochs == 3
        assert '`max_epochs` = 30' in told()[0]
        with pytest.raises(ValueError, match='`max_epochs` = 30'):
            load_config_file(path, {
                'train_cfg.max_epochs': 3, 'max_epochs': 30})

    def test_leftovers_of_a_dumped_config(self, tmp_path):
        """Runs of earlier versions left what they had overridden."""
        cfg = apply_settings(config())
        cfg.data_root = 'data/old'
        cfg.dump(tmp_path / 'old.py')
        read = load_config_file(tmp_path / 'old.py', dumped=True)
        assert leaf(read, 'test').data_root == 'data/a'
        with pytest.raises(ValueError, match='`data_root`'):
            load_config_file(tmp_path / 'old.py')

    def test_definition_with_a_root_of_its_own(self):
        cfg = config(dataset=dict(type='Folder', data_root='data/b'))
        with pytest.raises(
                ValueError, match=r"dataset = dict\(data_root='data/a'\)"):
            apply_settings(cfg)


class TestNobodyTakesIt:

    @pytest.mark.parametrize('changes, match', [
        (dict(train_pipeline=[dict(type='mtcp_mm.MultiTaskRandomResize')]),
         r'`crop_size` = \(48, 64\).*MultiTaskRandomCrop.*crop_size = None'),
        (dict(train_pipeline=[dict(type='RandomCrop')], test_pipeline=[]),
         r'`image_scale` = \(64, 48\).*Resize'),
        (dict(train_cfg=dict(type='IterBasedTrainLoop', max_iters=9)),
         '`max_epochs` = 30.*counts epochs'),
    ])
    def test_stops(self, changes, match):
        with pytest.raises(ValueError, match=match):
            apply_settings(config(**changes))

    def test_no_training_needs_no_epochs(self):
        cfg = apply_settings(config(train_cfg=None, train_dataloader=None))
        assert 'max_epochs' not in cfg

    def test_transform_by_index_of_a_pipeline_of_the_top_level(self):
        cfg = config()
        cfg.merge_from_dict(
            {'val_dataloader.dataset.pipeline.0.scale': (8, 8)})
        with pytest.raises(ValueError, match=r'Write test_pipeline\.0'):
            apply_settings(cfg)
        cfg = config()
        cfg.merge_from_dict({'test_pipeline.0.scale': (8, 8)})
        assert leaf(apply_settings(cfg), 'val').pipeline[0].scale == (8, 8)


def test_tasks_of_all_parts():
    dataset = dict(
        type='Concat', datasets=[
            dict(tasks=dict(a=1)), dict(type='R', dataset=dict(tasks=TASKS))])
    cfg = dict(test_dataloader=dict(dataset=dataset))
    assert tasks_of(cfg) == dict(a=1, **TASKS)
    assert tasks_of(cfg, 'val_dataloader') == {}
