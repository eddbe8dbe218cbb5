# Copyright (c) mtcp_mm authors. All rights reserved.
"""What a report consists of, free of any markup: sections of blocks."""
from dataclasses import dataclass, field
from typing import Any

from .curves import Chart


@dataclass
class Charts:
    """Charts side by side."""

    charts: list[Chart]
    kind: str = 'charts'


@dataclass
class Picture:
    """A picture file.

    Attributes:
        label (str): 'input', 'ground truth', 'prediction', 'error'.
        file (Any): Its path.
        alt (str): What it shows, for who cannot see it.
        scale (dict, optional): See :func:`describe_scale`.
        caption (str): A few words more.
    """

    label: str
    file: Any
    alt: str
    scale: dict | None = None
    caption: str = ''


@dataclass
class Example:
    """One image of the test data, with its pictures.

    Attributes:
        title (str): Rank, name and score.
        pictures (list[Picture]): Input, ground truth, prediction, error.
        legend (list): Names and colours (RGB) of its classes.
    """

    title: str
    pictures: list[Picture]
    legend: list = field(default_factory=list)


@dataclass
class Gallery:
    """Examples below a heading."""

    title: str
    examples: list[Example]
    kind: str = 'gallery'


@dataclass
class Folded:
    """Long text that is opened by a click."""

    title: str
    text: str
    kind: str = 'folded'


@dataclass
class Text:
    """A sentence; ``absent``: about something that is not there."""

    text: str
    absent: bool = False
    heading: bool = False
    kind: str = 'text'


@dataclass
class Section:
    """A part of a report; blocks are those above and tables."""

    id: str
    title: str
    blocks: list = field(default_factory=list)
