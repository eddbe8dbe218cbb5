# Copyright (c) mtcp_mm authors. All rights reserved.
import re

import pytest

from tests.doc_blocks import ROOT

PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
class TestPages:
    """Oracle: the file system."""

    def test_links_lead_somewhere(self, page):
        text = page.read_text(encoding='utf-8')
        links = re.findall(r'\]\(([^)#\s]+)(?:#[^)]*)?\)', text)
        lost = [
            link for link in links
            if '://' not in link and not (page.parent / link).exists()
        ]
        assert lost == []

    def test_named_files_exist(self, page):
        """Configs and tools that the page names in code."""
        text = page.read_text(encoding='utf-8')
        pattern = r'\b((?:configs|tools|demo)/[\w./-]+\.(?:py|sh|yml))'
        names = re.findall(pattern, text)
        lost = sorted({n for n in names if not (ROOT / n).exists()})
        assert lost == []
