# SPDX-License-Identifier: Apache-2.0
"""The few bpf(2) commands that bpftool of Debian 12 does not know (tcx), or not
without a side effect (which maps there are); and what `ip` knows of XDP."""

import contextlib
import ctypes
import json
import os
import platform
import re
import struct

_SYSCALL = {"x86_64": 321, "aarch64": 280}[platform.machine()]
_PROG_GET_NEXT_ID, _MAP_GET_NEXT_ID, _PROG_GET_FD_BY_ID = 11, 12, 13
_PROG_QUERY, _LINK_CREATE, _LINK_GET_NEXT_ID = 16, 28, 31
_ENABLE_STATS, _STATS_RUN_TIME = 32, 0
TCX = {"ingress": 46, "egress": 47}
MOST = 64  # programs on one hook
_libc = ctypes.CDLL(None, use_errno=True)


def _bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, max(len(attributes), 128))
    result = _libc.syscall(_SYSCALL, command, buffer, len(buffer))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result, buffer.raw


def _all_ids(command):
    ids, last = set(), 0
    while True:
        try:
            _, answer = _bpf(command, struct.pack("=II", last, 0))
        except FileNotFoundError:
            return ids
        last, = struct.unpack_from("=I", answer, 4)
        ids.add(last)


def map_ids():
    """The ids of all maps of the system. bpftool opens each map that it lists; to
    open a program table that is being freed can keep it for ever (the kernel counts
    its clearing twice and runs it once)."""
    return _all_ids(_MAP_GET_NEXT_ID)


def object_ids():
    """{(kind, id)} of every map, program and link of the system."""
    kinds = (("map", _MAP_GET_NEXT_ID), ("prog", _PROG_GET_NEXT_ID), ("link", _LINK_GET_NEXT_ID))
    return {(kind, number) for kind, command in kinds for number in _all_ids(command)}


def held_objects(pid):
    """Those that a process has descriptors of; none if there is no such process."""
    held = set()
    try:
        for fd in os.listdir(f"/proc/{pid}/fdinfo"):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as info:
                    held |= {(kind, int(number)) for kind, number in
                             re.findall(r"^(map|prog|link)_id:\s+(\d+)", info.read(), re.M)}
    except (FileNotFoundError, ProcessLookupError):
        pass
    return held


def tcx_programs(namespace, interface, direction):
    """The ids of the programs on a tcx hook, in the order they run."""
    ids = (ctypes.c_uint32 * MOST)()

    def query():
        index = namespace.ifindex(interface)
        return _bpf(_PROG_QUERY, struct.pack("=IIIIQI", index, TCX[direction], 0, 0,
                                             ctypes.addressof(ids), MOST))[1]
    count, = struct.unpack_from("=I", namespace.call(query), 24)
    return list(ids[:count])


def tcx_link(namespace, interface, direction, program_id):
    """Attaches a loaded program; returns the file descriptor that keeps it there."""
    def link():
        program, _ = _bpf(_PROG_GET_FD_BY_ID, struct.pack("=I", program_id))
        try:
            index = namespace.ifindex(interface)
            return _bpf(_LINK_CREATE, struct.pack("=IIII", program, index, TCX[direction], 0))[0]
        finally:
            os.close(program)
    return namespace.call(link)


def xdp_program(namespace, interface):
    """The id and the name of the program at XDP; (0, "") if there is none."""
    link = json.loads(namespace.run("ip", "-j", "link", "show", "dev", interface))[0]
    program = link.get("xdp", {}).get("prog", {})
    return program.get("id", 0), program.get("name", "")


@contextlib.contextmanager
def program_stats():
    """Runs and time of programs are counted as with kernel.bpf_stats_enabled, but by a
    descriptor: others that want them are not disturbed, and it ends with us."""
    fd, _ = _bpf(_ENABLE_STATS, struct.pack("=I", _STATS_RUN_TIME))
    try:
        yield
    finally:
        os.close(fd)
