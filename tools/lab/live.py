# SPDX-License-Identifier: Apache-2.0
"""`flowmark top` below lines of ours that stay on the screen."""

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios

HOME, CLEAR = b"\x1b[H", b"\x1b[2J"
RESTORE = b"\x1b[?7h\x1b[?25h"  # what top would send: wrapping and cursor on
UNFINISHED = re.compile(rb"\x1b(\[[0-9;?]*)?$")  # an escape sequence cut in two


class PrintedTable:
    """Where there is no terminal: a table of rates every few seconds."""

    SECONDS = 5

    def __init__(self, agent):
        self._top = subprocess.Popen([agent.binary, "top", "--control", agent.control,
                                      "--interval", str(self.SECONDS)], start_new_session=True)

    def update(self):
        """Waits a moment. False once the table has ended by itself."""
        try:
            self._top.wait(0.2)
            return False
        except subprocess.TimeoutExpired:
            return True

    def close(self):
        self._top.terminate()
        self._top.wait()


class LiveTable:
    """Runs top in a terminal of its own that is as many lines shorter as our
    heading is long, and moves what it draws below that heading."""

    def __init__(self, agent, heading):
        self._heading = heading.strip("\n").split("\n") + [""]
        self._ours, theirs = pty.openpty()
        self._cut = b""
        self._size = None
        self._resize()
        self._top = subprocess.Popen([agent.binary, "top", "--control", agent.control],
                                     stdin=theirs, stdout=theirs, start_new_session=True)
        os.close(theirs)

    def _resize(self):
        size = shutil.get_terminal_size()
        if size == self._size:
            return
        self._size = size
        rows = max(1, size.lines - len(self._heading))
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, size.columns, 0, 0))
        lines = (line[:size.columns] for line in self._heading)
        self._show(CLEAR + HOME + "\n".join(lines).encode())

    @staticmethod
    def _show(raw):
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()

    def update(self):
        """Shows what top has drawn. False once it has ended by itself."""
        self._resize()
        ready, _, _ = select.select([self._ours], [], [], 0.2)
        if ready:
            try:
                drawn = self._cut + os.read(self._ours, 65536)
            except OSError:  # the far end is closed
                return False
            cut = UNFINISHED.search(drawn)
            self._cut = drawn[cut.start():] if cut else b""
            drawn = drawn[:cut.start()] if cut else drawn
            below = b"\x1b[%dH" % (len(self._heading) + 1)
            self._show(drawn.replace(HOME, below).replace(CLEAR, b""))
        return self._top.poll() is None

    def close(self):
        self._top.terminate()
        self._top.wait()
        os.close(self._ours)
        self._show(RESTORE + b"\n")
