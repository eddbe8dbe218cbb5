# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: Chromium. It shows every part of a report, on a desk and on a
phone, without complaints, requests or anything that sticks out."""
import os

import pytest

from mtcp_mm.report.collect import collect
from mtcp_mm.report.write import write_report
from .chromium import Chromium, find_chromium

#: Does the text of an element stick out of the page? Boxes that scroll by
#: themselves are allowed to hide theirs.
WIDEST = """(() => {
  const inside = e => e.closest('.scroll, .skip');
  const boxes = [...document.body.querySelectorAll('*')];
  return Math.max(...boxes.filter(e => !inside(e) || e.matches('.scroll'))
    .map(e => e.getBoundingClientRect().right));
})()"""
LOADED = """[...document.images].every(
  i => i.complete && i.naturalWidth > 0 && i.getBoundingClientRect().width > 0)
"""
SHOWN = """[...document.querySelectorAll('section')].map(s => [s.id,
  s.getBoundingClientRect().height > 60 && s.innerText.length > 30])"""
TEXT_SIZE = """Math.min(...[...document.querySelectorAll('.chart text')].map(
  t => parseFloat(getComputedStyle(t).fontSize)
       * t.ownerSVGElement.getBoundingClientRect().width / 380))"""


@pytest.fixture(scope='module')
def report(finished, tmp_path_factory):
    out = tmp_path_factory.mktemp('report')
    run = collect(finished, num_images=2, device='cpu')
    run.name = 'a_run_with_a_rather_long_name_without_any_spaces_in_it'
    write_report([run], out, published='nyud')
    return out / 'report.html'


@pytest.fixture(scope='module')
def browser(tmp_path_factory):
    binary = find_chromium()
    if binary is None and os.environ.get('CI'):
        pytest.fail('CI needs Chromium: apt-get install chromium')
    if binary is None:
        pytest.skip('no Chromium here: apt-get install chromium')
    browser = Chromium(binary, tmp_path_factory.mktemp('profile'))
    yield browser
    browser.close()


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('width, height, mobile', [(1280, 900, False),
                                                   (390, 844, True)])
def test_shows_everything(browser, report, width, height, mobile, scheme):
    browser.call('Emulation.setEmulatedMedia', features=[
        dict(name='prefers-color-scheme', value=scheme)])
    browser.open(report.as_uri(), width, height, mobile)
    assert browser.messages() == []
    assert browser.requests() == [report.as_uri()]
    shown = dict(browser.evaluate(SHOWN))
    assert list(shown) == [
        'runs', 'scores', 'published', 'classes', 'curves', 'weights',
        'images', 'cost', 'config', 'origin']
    assert all(shown.values()), shown
    assert browser.evaluate('document.images.length') == 48
    assert browser.evaluate(LOADED)
    assert browser.evaluate('innerWidth') == width
    assert browser.evaluate('document.documentElement.scrollWidth') <= width
    assert browser.evaluate(WIDEST) <= width + .5
    assert browser.evaluate(TEXT_SIZE) > 9


def test_faults_are_noticed(browser, tmp_path):
    """The checks above can fail."""
    page = tmp_path / 'bad.html'
    page.write_text('<body><p style="width:3000px">x</p><img src="gone.png">'
                    '<script>console.error("oh"); no_such_thing()</script>')
    browser.open(page.as_uri(), 390, 844, True)
    messages = ' '.join(browser.messages())
    assert 'oh' in messages and 'Uncaught' in messages
    assert any('gone.png' in url for url in browser.requests())
    assert not browser.evaluate(LOADED)
    assert browser.evaluate(WIDEST) > 390
