# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
from scipy.io import savemat

from mtcp_mm.datasets.nyud import CLASSES
from mtcp_mm.preparation.nyud_mat import load_mapping, load_split

OWN_LABEL = [c for c in CLASSES if not c.startswith('other')]


class TestMapping:
    """Oracle: the names of the 40 classes, and labels known by number."""

    def test_size(self):
        table, names = load_mapping()
        assert table.shape == (895,) and table.dtype == np.uint8
        assert table[0] == 0 and table[1:].min() == 1 and table.max() == 40
        assert len(names) == len(set(names)) == 894

    @pytest.mark.parametrize('name', OWN_LABEL)
    def test_class_of_its_own_label(self, name):
        table, names = load_mapping()
        label = 1 + names.index(name.replace('refrig', 'refridg'))
        assert table[label] == 1 + CLASSES.index(name)
        assert (table == table[label]).sum() == 1

    @pytest.mark.parametrize('label, name, number', [
        (1, 'book', 40), (5, 'chair', 5), (11, 'floor', 2), (21, 'wall', 1),
        (157, 'bed', 4), (331, 'person', 31), (770, 'clothing hamper', 39),
        (778, 'window box', 38), (894, 'torah', 40)])
    def test_numbers(self, label, name, number):
        table, names = load_mapping()
        assert (names[label - 1], table[label]) == (name, number)

    def test_from_mat(self, tables):
        table, names = load_mapping(tables['mapping'])
        assert table.tolist() == [0, 23, 1, 40, 2, 35]
        assert names[:3] == ['book', 'wall', 'door  window']

    def test_mat_lacks_a_key(self, tables):
        with pytest.raises(ValueError, match='splits.mat has no mapClass and '
                           'no allClassName, only trainNdxs, testNdxs'):
            load_mapping(tables['splits'])

    def test_classes_out_of_range(self, tmp_path):
        path = tmp_path / 'm.mat'
        savemat(path, dict(mapClass=[[41, 1]], allClassName=np.array(
            [['a', 'b']], object)))
        with pytest.raises(ValueError, match=r'1\.\.41, expected 0\.\.40'):
            load_mapping(str(path))

    @pytest.mark.parametrize('name', ['none.mat', 'broken.mat'])
    def test_no_mat(self, tmp_path, name):
        (tmp_path / 'broken.mat').write_text('<html>404</html>' * 20)
        with pytest.raises(ValueError, match=f'{name}.*nyuv2-meta-data'):
            load_mapping(str(tmp_path / name))


class TestSplit:
    """Oracle: the counts of the benchmark and its first images."""

    def test_official(self):
        split = load_split()
        assert list(map(len, split.values())) == [795, 654]
        assert split['val'][:8] == [1, 2, 9, 14, 15, 16, 17, 18]
        assert split['train'][:6] == [3, 4, 5, 6, 7, 8]
        assert not set(split['train']) & set(split['val'])
        assert max(split['train'] + split['val']) == 1449

    def test_from_mat(self, tables):
        assert load_split(tables['splits']) == dict(
            train=[2, 3, 5], val=[1, 4])

    def test_image_in_no_list(self, tmp_path):
        path = tmp_path / 's.mat'
        savemat(path, dict(trainNdxs=[1, 4], testNdxs=[2]))
        with pytest.raises(ValueError, match=r'each of 1\.\.3 once'):
            load_split(str(path))
