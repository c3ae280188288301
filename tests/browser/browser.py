"""A real browser, headless, for tests in Python: driver.mjs is its other end."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE

NODE = Path(sys.executable).with_name("node")
DRIVER = Path(__file__).with_name("driver.mjs")


class Browser:
    """One Chromium."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([NODE, DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def send(self, command: str, **told: Any) -> Any:
        """What the browser answers to a command; a failure of it fails the test."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command, **told}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            pytest.fail("the browser did not start, or ended: see what node wrote to stderr")
        answer = json.loads(line)
        if "error" in answer:
            pytest.fail(f"{command}: {answer['error']}")
        return answer["answer"]

    def open(self, path: Path, width: int = 1200, height: int = 800) -> "Page":
        return Page(self, self.send("open", path=str(path), width=width, height=height))

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE)


class Page:
    """One page in it."""

    def __init__(self, browser: Browser, number: int) -> None:
        self._browser = browser
        self._number = number

    def do(self, command: str, **told: Any) -> Any:
        return self._browser.send(command, page=self._number, **told)

    def js(self, code: str) -> Any:
        return self.do("evaluate", code=code)

    def text(self, selector: str) -> str:
        return str(self.js(f"document.querySelector({json.dumps(selector)}).innerText"))

    def texts(self, selector: str) -> list[str]:
        return list(self.js(f"[...document.querySelectorAll({json.dumps(selector)})].map(each => each.textContent)"))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.do("press", key=key)

    def click_nth(self, selector: str, number: int) -> None:
        """Clicks one of several elements."""
        self.js(f"document.querySelectorAll({json.dumps(selector)})[{number}].click()")

    def search(self, text: str) -> None:
        """Types into the emptied search box."""
        self.js("(() => { const box = document.getElementById('search'); box.value = ''; box.focus(); })()")
        self.do("type", text=text)

    def neighbors(self, side: int = 0) -> list[tuple[str, float]]:
        """The list of nearest words of a side, as it is read."""
        listed = f"document.querySelectorAll('#neighbors section')[{side}].querySelectorAll('li')"
        rows = self.js(f"[...{listed}].map(each => [each.querySelector('button').textContent, each.querySelector('.figure').textContent])")
        return [(word, float(figure)) for word, figure in rows]

    def view(self, side: int = 0) -> tuple[float, float, float]:
        """Where a map is: scale, left, top."""
        return tuple(self.js(f"(({{scale, left, top}}) => [scale, left, top])(maps[{side}])"))

    def at(self, word: str, side: int = 0) -> tuple[float, float]:
        """Where a word is in the window, in pixels."""
        code = f"""(() => {{
            const map = maps[{side}], box = map.canvas.getBoundingClientRect();
            const [x, y] = map.toScreen(models[{side}].rows.get({json.dumps(word)}));
            return [box.left + x, box.top + y];
        }})()"""
        return tuple(self.js(code))

    def problems(self) -> list[str]:
        """Errors on the console, violations of the policy, dialogs, and requests beside the page's own."""
        return list(self.do("problems"))

    def close(self) -> None:
        self.do("close")


def wait_until(state: Callable[[], bool], *, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not state():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not happen within {PATIENCE:g} s")
        time.sleep(0.02)
