# SPDX-License-Identifier: Apache-2.0
"""What the packets of floods say, as files for flood.c."""

import os
import struct
import subprocess

from . import FLOWMARK
from .said_names import made_client_hello, dns_answer, quic_initial

HALF_INITIALS = os.path.join(os.path.dirname(FLOWMARK), "../tests/names/half_initials")
INITIALS = 4096  # each with a connection ID of its own; the flows are new all the time
ANSWERS = 60_000  # names: more than any table has room for
SEGMENT = 1200  # of a hello that has its name behind a post-quantum share


def _write(path, payloads):
    with open(path, "wb") as file:
        for payload in payloads:
            file.write(struct.pack("!H", len(payload)) + payload)


def _half_hellos(path):
    """And whole ones, by turns: an even number of bytes, as flood.c wants them."""
    _write(path, [made_client_hello("half.example.test", share=SEGMENT + 16)[:SEGMENT],
                  made_client_hello("whole.tls.test")])


def _half_initials(path):
    with open(path, "wb") as file:
        subprocess.run([HALF_INITIALS, str(INITIALS)], stdout=file, check=True, timeout=60)


def _initials(path):
    """Half hellos, and as many whole ones."""
    _half_initials(path)
    with open(path, "ab") as file:
        file.write((struct.pack("!H", len(quic_initial())) + quic_initial()) * INITIALS)


def _answers(path):
    """Of an even length, as flood.c wants them."""
    _write(path, (dns_answer(f"n{number:06x}.answers.test", f"203.0.113.{number % 254 + 1}")
                  for number in range(ANSWERS)))


MAKERS = {"hello": _half_hellos, "quic": _initials, "fragments": _half_initials,
          "dns": _answers}


def payloads_for(kind, lab):
    """For Flooder.start()."""
    if kind not in MAKERS:
        return ()
    path = lab.path(f"{kind}.payloads")
    MAKERS[kind](path)
    return (path,)
