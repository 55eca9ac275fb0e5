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


def offers(shell, line, enter):
    """The words that `shell` shows behind `line`. `enter` makes a command run on the host."""
    if shell == "fish":
        said = subprocess.run(enter("env", "HOME=/root", "fish", "--command",
                                    f"complete --do-complete '{line}'"),
                              capture_output=True, text=True, timeout=60, check=True).stdout
        return {row.split("\t")[0] for row in said.splitlines()}
    return words_of(typed(shell, line, enter))


def words_of(text):
    """Of a table of choices, with or without descriptions."""
    return set(re.findall(r"[^\s,]+", text))


def typed(shell, line, enter):
    command, setup = SHELLS[shell]
    variables = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 500, 200, 0, 0))
    process = subprocess.Popen(enter("env", "-i", *variables, *command), stdin=theirs,
                               stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    try:
        # The prompt says that the line editor has the terminal. What is awaited is never what was
        # typed, which is shown too.
        ask(ours, f"{setup}; PS1='RE''ADY '\n", "READY")
        os.write(ours, f"{line}\t".encode())
        # To the line's beginning, so that what was typed is gone; the end of the choices is marked.
        shown = ask(ours, "\x15echo DO''NE\n", "DONE")
        os.write(ours, b"exit\n")
        process.wait(30)
        return shown
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def ask(terminal, text, until):
    """Types `text`; what is shown then, up to the word that it waits for."""
    os.write(terminal, text.encode())
    shown = b""
    while until.encode() not in shown:
        chunk = os.read(terminal, 65536)
        shown += chunk
        if not chunk:
            break
    return ESCAPES.sub("", shown.decode(errors="replace"))
