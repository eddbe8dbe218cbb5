# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: what the folder holds afterwards."""
import errno
import os

import pytest

from mtcp_mm.utils.files import (
    replacing,
    replacing_folder,
    write_atomically,
)


class TestReplacing:

    def test_text(self, tmp_path):
        file = tmp_path / 'new' / 'a.json'
        write_atomically(file, 'old')
        write_atomically(file, '\u00b0')
        assert file.read_bytes() == b'\xc2\xb0'
        assert os.listdir(file.parent) == ['a.json']

    def test_a_broken_off_file_leaves_the_old_one(self, tmp_path):
        (tmp_path / 'a').write_bytes(b'old')
        with pytest.raises(OSError, match='full'), replacing(
                tmp_path / 'a') as file:
            file.write(b'ne')
            raise OSError('full')
        assert os.listdir(tmp_path) == ['a']
        assert (tmp_path / 'a').read_bytes() == b'old'

    def test_a_full_disk_has_a_name(self, tmp_path):
        with pytest.raises(OSError, match=f"No space.*'{tmp_path}/a'"):
            with replacing(tmp_path / 'a'):
                raise OSError(errno.ENOSPC, 'No space left')

    def test_flushed_before_it_has_its_name(self, tmp_path, monkeypatch):
        """Oracle: the order of the calls to the system."""
        calls = []
        for name in ('fsync', 'replace'):
            monkeypatch.setattr(os, name, lambda *args, name=name:
                                calls.append((name, os.listdir(tmp_path))))
        with replacing(tmp_path / 'a') as file:
            file.write(b'new')
        temporary = [f'.a.{os.getpid()}']
        assert calls == [('fsync', temporary), ('replace', temporary)]


class TestReplacingFolder:

    @pytest.mark.parametrize('there', [False, True])
    def test_takes_the_place(self, tmp_path, there):
        target = tmp_path / 'new' / 'data'
        if there:
            target.mkdir(parents=True)
            (target / 'old').touch()
        with replacing_folder(target) as folder:
            (folder / 'a').touch()
            assert os.path.lexists(target / 'old') == there
        assert os.listdir(target) == ['a']
        assert os.listdir(target.parent) == ['data']
        # as open as any other folder
        assert target.stat().st_mode == target.parent.stat().st_mode

    def test_a_broken_off_folder_leaves_the_old_one(self, tmp_path):
        (tmp_path / 'data').mkdir()
        (tmp_path / 'data' / 'old').touch()
        with pytest.raises(OSError, match='full'), replacing_folder(
                tmp_path / 'data'):
            raise OSError('full')
        assert os.listdir(tmp_path) == ['data']
        assert os.listdir(tmp_path / 'data') == ['old']
