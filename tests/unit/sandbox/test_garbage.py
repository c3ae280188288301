"""sandbox/garbage.py: one thread's copy of a table is not broken by another one that changes it meanwhile."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.patience import PATIENCE

# In a process of its own, whose garbage is then collected apart. Garbage that lets other threads on is made all the time.
COPIES = """
import gc, threading, time

class Yields:
    def __init__(self):
        self.itself = self

    def __del__(self):
        time.sleep(0.001)

def change():
    for number in range(10**9):
        table[number % 5000] = table.pop((number + 2500) % 5000, None)

table = dict.fromkeys(range(2500))
threading.Thread(target=change, daemon=True).start()
kept = []
for _ in range(300):
    Yields()
    kept.append(list(table.items()))
print("copied", gc.isenabled())
"""
GARBAGE = """
import gc, time

class Garbage:
    def __init__(self):
        self.itself = self

    def __del__(self):
        print("collected", flush=True)
"""
NEW = """
Garbage()
while True:
    time.sleep(1)
"""
# It is let go when it is among what has lived for long; what comes then stays.
OLD = """
once = Garbage()
while not any(each is once for each in gc.get_objects(2)):
    time.sleep(0.1)
del once
more = []
while True:
    more.extend([] for _ in range(20_000))
    time.sleep(0.1)
"""
APART = "from blazingtext_sandbox import garbage\ngarbage.collect_apart()\n"


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=PATIENCE)


def test_a_table_is_copied_in_one_step() -> None:
    assert run(APART + COPIES).stdout == "copied False\n"


@pytest.mark.parametrize("program", [NEW, OLD], ids=["new", "old"])
def test_garbage_is_collected_all_the_same(program: str) -> None:
    command = [sys.executable, "-c", APART + GARBAGE + program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        end = threading.Timer(PATIENCE, process.kill)
        end.start()
        said = process.stdout.readline()
        end.cancel()
        process.kill()

    assert said == "collected\n"


# No sandbox is in the folder: the server ends as soon as it has looked.
SERVER = """
import gc, os, sys
from blazingtext_sandbox import server
try:
    server.main(["--state-folder", os.environ["STATE_DIR"], *(f"--{name}=0" for name in ("socket", "proxy-socket", "authority-key"))])
except SystemExit as ended:
    print(ended, gc.isenabled())
"""


def test_the_server_has_it_collected_so(tmp_path: Path) -> None:
    environment = {**os.environ, "STATE_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}

    ran = subprocess.run([sys.executable, "-c", SERVER], env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert ran.stdout == "This sandbox was removed while its server started. False\n", ran.stderr
