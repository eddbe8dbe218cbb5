# Copyright (c) mtcp_mm authors. All rights reserved.
"""A headless Chromium, driven over the pipe of its DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/; the browser reads
commands from file descriptor 3 and answers on 4, JSON between zero bytes.
Nothing has to be installed but the browser.
"""
import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'chrome')
FLAGS = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
         '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync',
         '--disable-dev-shm-usage', '--remote-debugging-pipe')


def find_chromium():
    """Path of the browser, None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """A browser with one page; close it with :meth:`close`.

    Args:
        binary (str): Path of the browser.
        profile (Path): New empty folder.
    """

    def __init__(self, binary, profile, timeout=60):
        self.timeout, self.number, self.events = timeout, 0, []
        self.buffer, self.session = b'', None
        command_read, self.command = os.pipe()
        self.answer, answer_write = os.pipe()
        # the shell moves the pipes to where the browser expects them
        script = f'exec "$@" 3<&{command_read} 4>&{answer_write}'
        self.process = subprocess.Popen(
            ['bash', '-c', script, 'bash', binary, *FLAGS,
             f'--user-data-dir={profile}', 'about:blank'],
            pass_fds=(command_read, answer_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(command_read)
        os.close(answer_write)
        targets = self.call('Target.getTargets')['targetInfos']
        page = next(t for t in targets if t['type'] == 'page')
        self.session = self.call(
            'Target.attachToTarget', targetId=page['targetId'],
            flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.call(f'{domain}.enable')
        self.call('Page.setLifecycleEventsEnabled', enabled=True)

    def close(self):
        os.close(self.command)  # the browser ends with its pipe
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.answer)

    def call(self, method, **params):
        """Send a command and wait for its answer; events are kept."""
        self.number += 1
        message = dict(id=self.number, method=method, params=params)
        if self.session:
            message['sessionId'] = self.session
        os.write(self.command, json.dumps(message).encode() + b'\0')
        while True:
            answer = self._read()
            if answer.get('id') == self.number:
                assert 'error' not in answer, (method, answer)
                return answer['result']
            self.events.append(answer)

    def _read(self):
        deadline = time.monotonic() + self.timeout
        while b'\0' not in self.buffer:
            left = deadline - time.monotonic()
            assert left > 0, f'Chromium is silent for {self.timeout} s'
            if select.select([self.answer], [], [], left)[0]:
                part = os.read(self.answer, 1 << 20)
                assert part, 'Chromium has ended'
                self.buffer += part
        message, self.buffer = self.buffer.split(b'\0', 1)
        return json.loads(message)

    def open(self, url, width, height, mobile=False):
        """Load a page in a window of some size; forgets old events."""
        self.call(
            'Emulation.setDeviceMetricsOverride',
            width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.events.clear()
        loader = self.call('Page.navigate', url=url)['loaderId']
        while not any(
                e.get('method') == 'Page.lifecycleEvent'
                and e['params']['name'] == 'load'
                and e['params']['loaderId'] == loader for e in self.events):
            self.events.append(self._read())

    def evaluate(self, expression):
        """Value of a JavaScript expression, which may be a promise."""
        answer = self.call(
            'Runtime.evaluate', expression=expression, returnByValue=True,
            awaitPromise=True)
        assert 'exceptionDetails' not in answer, answer
        return answer['result'].get('value')

    def messages(self):
        """What the console says: errors, warnings, violations."""
        texts = []
        for event in self.events:
            params = event.get('params', {})
            if event.get('method') == 'Log.entryAdded':
                texts.append(params['entry']['text'])
            elif event.get('method') == 'Runtime.consoleAPICalled':
                texts.append(str(params['args']))
            elif event.get('method') == 'Runtime.exceptionThrown':
                texts.append(params['exceptionDetails']['text'])
        return texts

    def requests(self):
        """Addresses of all requests, those of data: left out."""
        urls = [e['params']['request']['url'] for e in self.events
                if e.get('method') == 'Network.requestWillBeSent']
        return [url for url in urls if not url.startswith('data:')]

    def screenshot(self, file, **clip):
        """Write a PNG or JPEG of the page, or of a clip of it."""
        kind = 'png' if Path(file).suffix == '.png' else 'jpeg'
        options = dict(format=kind, captureBeyondViewport=True)
        if kind == 'jpeg':
            options['quality'] = 80
        if clip:
            options['clip'] = dict(dict(x=0, y=0, scale=1), **clip)
        data = self.call('Page.captureScreenshot', **options)['data']
        Path(file).write_bytes(base64.b64decode(data))
