# SPDX-License-Identifier: Apache-2.0
"""What a shell offers when somebody types a line and presses the tabulator: the real shell, at a
terminal, with the completions that are installed where it looks for them."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

from lab.processes import LabError

SHELLS = {
    # Shows all at the first tabulator, however many they are.
    "bash": (("bash", "--norc", "--noprofile", "-i"),
             "source /usr/share/bash-completion/bash_completion; "
             "bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; "
             "bind 'set completion-query-items 0'; bind 'set enable-bracketed-paste off'"),
    "zsh": (("zsh", "-f", "-i"),
            "unsetopt zle_bracketed_paste prompt_sp; autoload -Uz compinit; compinit -u -D; "
            "LISTMAX=9999; bindkey '^I' list-choices"),
}
ENVIRONMENT = {"TERM": "xterm", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
               "LC_ALL": "C.UTF-8", "PS1": "", "INPUTRC": "/dev/null"}
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[a-zA-Z]|[=>])|\r|\x07")


class Shell:
    """An interactive shell; `enter` makes the command line that runs a command on the host."""

    def __init__(self, name, enter):
        command, setup = SHELLS[name]
        variables = [f"{key}={value}" for key, value in ENVIRONMENT.items()]
        self._terminal, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 500, 200, 0, 0))
        self._process = subprocess.Popen(enter("env", "-i", *variables, *command), stdin=theirs,
                                         stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        # The prompt says that the line editor has the terminal. What is awaited is never what was
        # typed, which is shown too.
        self._ask(f"{setup}; PS1='RE''ADY '\n", "READY")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.write(self._terminal, b"exit\n")
        try:
            self._process.wait(30)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._terminal)

    def offers(self, line):
        """The words that it shows behind the line."""
        os.write(self._terminal, f"{line}\t".encode())
        # To the line's beginning, so that what was typed is gone.
        shown = self._ask("\x15echo DO''NE\n", "DONE")
        if "READY" not in shown.split("DONE")[1]:
            self._ask("", "READY")
        # Of a table of choices, with or without descriptions.
        return set(re.findall(r"[^\s,]+", shown.split("echo DO''NE")[0]))

    def _ask(self, text, until):
        """Types `text`; what is shown then, up to the word that it waits for."""
        os.write(self._terminal, text.encode())
        shown = b""
        while until.encode() not in shown:
            chunk = os.read(self._terminal, 65536)
            shown += chunk
            if not chunk:
                break
        return ESCAPES.sub(" ", shown.decode(errors="replace"))


class Fish:
    """It says what it would offer."""

    def __init__(self, enter):
        self._enter = enter

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def offers(self, line):
        done = subprocess.run(self._enter("env", "HOME=/root", "fish", "--command",
                                          f"complete --do-complete '{line}'"),
                              capture_output=True, text=True, timeout=60, check=True)
        if done.stderr:
            raise LabError(f"fish: {done.stderr}")
        return {row.split("\t")[0] for row in done.stdout.splitlines()}


def open_shell(name, enter):
    return Fish(enter) if name == "fish" else Shell(name, enter)
