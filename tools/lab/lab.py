# SPDX-License-Identifier: Apache-2.0
"""What every lab is: namespaces, processes and a folder that end together."""

import contextlib
import os
import shutil
import tempfile

from .agent import Agent
from .netns import Namespace
from .processes import LabError


class Lab:
    """Ends everything that it started on leaving the `with` block. Its names carry
    the title and the process id, so labs do not meet."""

    _number = 0

    def __init__(self, title):
        if os.geteuid() != 0:
            raise LabError("network namespaces need root")
        Lab._number += 1
        self.prefix = f"fm{os.getpid()}" + (f"-{Lab._number}" if Lab._number > 1 else "")
        self.directory = tempfile.mkdtemp(prefix=f"flowmark-{title}-{os.getpid()}-")
        self._ends = contextlib.ExitStack()  # what was made last ends first
        self._ends.callback(shutil.rmtree, self.directory, ignore_errors=True)

    def build(self):
        """Lays the network out; for the lab at hand to fill in."""

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def namespace(self, role):
        namespace = Namespace(self.prefix, role, self.directory)
        self._ends.callback(namespace.remove)
        return namespace

    def start(self, namespace, name, *command, **options):
        """A background process that ends with the lab."""
        return self.keep(namespace.start(name, *command, **options))

    def keep(self, process):
        self._ends.callback(process.stop)
        return process

    def at_end(self, function, *arguments):
        """Calls it when the lab ends: after the end of what is started later, and
        while what was made earlier is there."""
        self._ends.callback(function, *arguments)

    def agent(self, namespace, binary, policy, **options):
        """Flowmark in `namespace`, ready, with the text of its policy."""
        agent = Agent(namespace, binary, self.directory, policy, **options)
        self._ends.callback(agent.stop)  # the process that it has by then
        return agent

    def path(self, name):
        """A path in the lab's own folder, which goes with the lab."""
        return os.path.join(self.directory, name)

    def close(self):
        self._ends.close()
