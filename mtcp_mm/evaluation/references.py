# Copyright (c) mtcp_mm authors. All rights reserved.
"""Scores of single-task networks that a multi-task network is held against."""
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .score_keys import split_key


@dataclass(frozen=True)
class Reference:
    """Where the scores of one single-task run are, and what makes them.

    Attributes:
        config (str): Its config.
        file (Path): The metrics.json that ``tools/test.py`` wrote for it.
    """
    config: str
    file: Path

    @classmethod
    def from_cfg(cls, cfg: str | Mapping) -> 'Reference':
        """Read a reference of a config.

        Args:
            cfg (str | Mapping): Path of the single-task config, or
                ``dict(config=..., file=...)``. ``file`` defaults to the
                metrics.json in the work dir of that config,
                work_dirs/<config>.
        """
        cfg = dict(config=cfg) if isinstance(cfg, str) else dict(cfg)
        config = cfg.pop('config')
        file = cfg.pop('file', f'work_dirs/{Path(config).stem}/metrics.json')
        if cfg:
            raise ValueError(f'A reference has `config` and `file`, but this '
                             f'one also has {sorted(cfg)}.')
        return cls(config, Path(file))

    @property
    def command(self) -> str:
        """str: Shell command that makes :attr:`file`."""
        folder = self.file.parent
        default = Path('work_dirs', Path(self.config).stem)
        place = '' if folder == default else f' --work-dir {folder}'
        train = f'python tools/train.py {self.config}{place}'
        test = (f'python tools/test.py {self.config} '
                f'"$(cat {folder}/last_checkpoint)"{place}')
        if (folder / 'last_checkpoint').is_file():
            return test
        return f'{train} && {test}'

    def score(self, key: str) -> float:
        """Read one score.

        Args:
            key (str): E.g. 'depth/rmse'.

        Raises:
            FileNotFoundError: There is no such file; the message has the
                command that makes it.
            ValueError: The file has no such score, or one that nothing can
                be related to.
        """
        if not self.file.is_file():
            raise FileNotFoundError(
                f'delta_MTL needs the single-task score {key!r} from '
                f'{self.file}, which does not exist. Make it with\n'
                f'    {self.command}')
        try:
            scores = json.loads(self.file.read_text(encoding='utf-8'))
        except json.JSONDecodeError as error:
            raise ValueError(f'{self.file} is no JSON file ({error}). Make '
                             f'it anew with\n    {self.command}') from error
        if key not in scores:
            protocol = split_key(key).protocol
            ask = f' --protocols {protocol}' if protocol else ''
            raise ValueError(
                f'{self.file} has no {key!r}, it has {sorted(scores)}. If '
                'the key is right, make the file anew with\n'
                f'    {self.command}{ask}')
        value = scores[key]
        if value is None or not math.isfinite(value) or not value:
            raise ValueError(f'{key!r} in {self.file} is {value}, nothing '
                             'can be related to that.')
        return value
