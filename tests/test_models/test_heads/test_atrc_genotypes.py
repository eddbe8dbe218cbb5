# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest

from mtcp_mm.models.heads.atrc_genotypes import GENOTYPES, parse_genotype

ROWS = dict(tasks=['a', 'b'], rows=[[0, 1], [2, 3]])
NAMES = dict(a=dict(a='none', b='global'), b=dict(a='local',
                                                  b='target_label'))


class TestPublished:
    """Oracle: what the paper's figures and the files of the authors say."""

    def test_local_contexts_were_never_chosen(self):
        for name, genotype in GENOTYPES.items():
            found = parse_genotype(name, genotype['tasks'])
            kinds = {k for row in found.values() for k in row.values()}
            assert kinds == {'global', 'target_label', 'source_label'}

    def test_rows_are_targets(self):
        found = parse_genotype('nyud_w48', GENOTYPES['nyud_w48']['tasks'])
        assert found == dict(
            depth=dict(depth='global', edge='source_label', normals='global',
                       semseg='source_label'),
            edge=dict.fromkeys(['depth', 'edge', 'normals', 'semseg'],
                               'target_label'),
            normals=dict(depth='global', edge='source_label',
                         normals='global', semseg='source_label'),
            semseg=dict(edge='source_label', semseg='target_label'))


class TestParseGenotype:

    def test_forms_say_the_same(self):
        """Names or numbers, rows or names of sources."""
        mixed = dict(a=dict(a=0, b='global'), b=dict(a=2, b=3))
        expected = dict(a=dict(b='global'), b=dict(a='local',
                                                   b='target_label'))
        for genotype in (ROWS, NAMES, mixed):
            assert parse_genotype(genotype, ['b', 'a']) == expected

    def test_order_of_keys_means_nothing(self):
        """mmengine sorts them when it dumps a config."""
        turned = {t: dict(reversed(NAMES[t].items())) for t in 'ba'}
        found, expected = (parse_genotype(g, ['a', 'b'])
                           for g in (turned, NAMES))
        assert [list(row) for row in found.values()] == [
            list(row) for row in expected.values()]
        assert list(found) == list(expected)

    def test_some_tasks_take_their_part(self):
        assert parse_genotype(ROWS, ['b']) == dict(b=dict(b='target_label'))
        found = parse_genotype('nyud_w18', ['edge', 'normals'])
        assert found == dict(
            edge=dict(edge='target_label', normals='global'),
            normals=dict(edge='source_label', normals='target_label'))

    @pytest.mark.parametrize('genotype, tasks, message', [
        ('nyud', ['depth'], "'nyud'.*nyud_w18, nyud_w48, pascal_w18"),
        ('nyud_w18', ['depth', 'saliency'],
         'nothing of saliency.*semseg, depth, normals, edge'),
        (dict(a=dict(a=1), b=dict(b=1)), ['a', 'b'],
         '`a` takes from b.*none'),
        (dict(a=dict(a=5)), ['a'], '`a`.*`a`.*source_label.*0 to 4.*is 5'),
        (dict(a=dict(a='all')), ['a'], "'all'"),
        (dict(tasks=['a', 'b'], rows=[[1, 2], [3]]), ['a'],
         r'2 rows of 2 kinds.*\[2, 1\]'),
        ([[3]], ['a'], r'is a name, .*but is \[\[3\]\]'),
        (dict(a=dict(a=3, b=1)), ['a'], 'takes from b, but its tasks are a'),
        (dict(a=3), ['a'], r'for `a` what.*but has 3'),
        (dict(a=dict(a=True)), ['a'], 'must be one of.*but is True')])
    def test_mistakes(self, genotype, tasks, message):
        with pytest.raises(ValueError, match=message):
            parse_genotype(genotype, tasks)
