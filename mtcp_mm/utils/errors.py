# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Collection, Iterable
from difflib import get_close_matches


class UsageError(ValueError):
    """A wrong argument: one line for the user, exit code 2."""


class DataNotFoundError(UsageError, FileNotFoundError):
    """Data that do not lie where the config says."""


def nearest(name: str, known: Iterable[str], cutoff: float = .7) -> str:
    """' Did you mean ...?', or nothing if nothing is near."""
    near = get_close_matches(name, list(known), 1, cutoff)
    return f' Did you mean `{near[0]}`?' if near else ''


def refuse_unknown(place: str, keys: Iterable[str],
                   known: Collection[str]) -> None:
    """Refuse the first key that nothing reads.

    Args:
        place (str): Dotted key of what has them, for the message.
        keys (Iterable[str]): What is there.
        known (Collection[str]): What may be there.

    Raises:
        UsageError: Names the key, the nearest one and all that are known.
    """
    for key in sorted(set(keys).difference(known)):
        raise UsageError(
            f'nothing reads the key `{place}.{key}` of the config.'
            f'{nearest(key, known, .6)} Known: {", ".join(known)}.')
