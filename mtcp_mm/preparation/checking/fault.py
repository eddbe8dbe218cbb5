# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with a data set.

    Attributes:
        file (str): The file, relative to the data set.
        found (str): What it holds, or that it is not there.
        expected (str): What should be there.
        mend (str): What to do.
    """

    file: str
    found: str
    expected: str
    mend: str


def list_faults(faults: Iterable[Fault], most: int = 3) -> str:
    """Faults as text; those that are mended the same way stand together.

    Args:
        faults (Iterable[Fault]): The faults.
        most (int): Files to name of each group. Defaults to 3.
    """
    groups: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        groups.setdefault((fault.expected, fault.mend), []).append(fault)
    lines = []
    for (expected, mend), group in groups.items():
        lines += [f'  {f.file}: {f.found}' for f in group[:most]]
        if len(group) > most:
            lines.append(f'  ... and {len(group) - most} more like these')
        lines += [f'    expected: {expected}', f'    to mend:  {mend}']
    return '\n'.join(lines)
