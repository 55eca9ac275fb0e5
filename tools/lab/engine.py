# SPDX-License-Identifier: Apache-2.0
"""A Docker engine of our own: Debian's newer one, unpacked and not installed, in mount, process
and cgroup namespaces that end with it, and in a network namespace if one is given. It keeps no
bridge and touches no firewall: its containers are in its own network, or in none.
"""

import os
import shlex
import shutil
import subprocess

from .processes import LabError, Process, output, wait_for

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
# Debian 12's own engine does not know CAP_BPF, and has no compose plugin.
SUITE = "trixie"
PACKAGES = ("docker.io", "containerd", "docker-cli", "docker-compose", "docker-buildx")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "flowmark", "engine")
UNREAD = ("usr/share/doc", "usr/share/locale", "usr/share/man", "var/cache/apt",
          "var/lib/apt/lists")
OF_ENGINE = ("bin/containerd", "bin/containerd-shim-runc-v2", "bin/ctr", "bin/docker",
             "bin/docker-init", "sbin/dockerd")

# Into a cgroup of its own, which is the root of what it sees from then on. unshare lets SIGTERM
# pass by, the signal of Process's guard: should we be killed, it takes another one.
ENTER = """
set -e
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir /sys/fs/cgroup/{name}
echo $$ >/sys/fs/cgroup/{name}/cgroup.procs
exec setpriv --pdeathsig KILL unshare --mount --propagation private --cgroup --pid --fork \
    --kill-child --mount-proc bash -c {start}
"""

# Process 1 of its namespace: what it leaves behind ends with it. The group that we are in must
# have no process left in it if its controllers are to be handed down. In /opt and /run/docker the
# engine makes folders, whatever it is told.
START = """
set -e
{sysfs}
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
mount -t bpf none /sys/fs/bpf
mount -t tmpfs none /opt
mkdir -p /run/docker
mount -t tmpfs none /run/docker
mkdir /sys/fs/cgroup/engine
echo 0 >/sys/fs/cgroup/engine/cgroup.procs
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || true
done
trap 'kill -TERM $engine' TERM INT
dockerd {options} &
engine=$!
while kill -0 $engine 2>/dev/null; do wait $engine || true; done
"""

# What is left of it in the machine's cgroups.
TIDY = """
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
[ ! -e /sys/fs/cgroup/{name} ] || find /sys/fs/cgroup/{name} -depth -type d -exec rmdir {{}} +
rmdir /run/docker 2>/dev/null || true
"""


def own_mounts(script):
    return ("unshare", "--mount", "--propagation", "private", "bash", "-c", script)


# Keeps a file system in memory for as long as it runs, out of everybody's sight.
HOLD = "mount -t tmpfs -o size={size},mode=711 none {folder} && echo ready && exec sleep infinity"


class Images:
    """Where the engines of one lab, one after the other, have their images and volumes: on disk,
    or in memory, which is several times as fast, with a size (`3g`)."""

    def __init__(self, lab, size=None):
        self.folder = lab.path("docker-data")
        self.enter: tuple[str, ...] = ()
        os.mkdir(self.folder)
        if size:
            holder = lab.keep(Process("images", own_mounts(
                HOLD.format(size=size, folder=self.folder)), lab.directory))
            holder.wait_log("ready")
            self.enter = ("nsenter", f"--mount=/proc/{holder.pid}/ns/mnt", "--")


class Engine:
    """Up when this returns; it ends with the lab."""

    _number = 0

    def __init__(self, lab, images, namespace=None):
        Engine._number += 1
        self._images = images
        self.name = f"{lab.prefix}-engine{Engine._number}"
        self._lab = lab
        output(os.path.join(TOOLS, "suite"), SUITE, CACHE, *PACKAGES, timeout=600)
        self._bin = self._programs()
        self.socket = lab.path(f"{self.name}.sock")
        self._config = self._client_config()
        lab.at_end(output, *own_mounts(TIDY.format(name=self.name)))
        self._process = lab.keep(Process(
            self.name, images.enter + own_mounts(self._script(namespace)), lab.directory,
            namespace and namespace.path, self.env()))
        wait_for(self._is_up, 60, "the Docker engine")

    def _programs(self):
        """A folder with the engine's programs and no others of the newer suite; runc is this
        machine's own."""
        folder = self._lab.path("engine-bin")
        if not os.path.exists(folder):
            os.mkdir(folder)
            for program in OF_ENGINE:
                os.symlink(os.path.join(CACHE, "usr", program),
                           os.path.join(folder, os.path.basename(program)))
        if not shutil.which("runc", path="/usr/sbin:/usr/bin"):
            raise LabError("runc is not there: tools/deps deploy installs it")
        return folder

    def _client_config(self):
        folder = self._lab.path("docker-config")
        if not os.path.exists(folder):
            os.mkdir(folder)
            os.symlink(os.path.join(CACHE, "usr/libexec/docker/cli-plugins"),
                       os.path.join(folder, "cli-plugins"))
        return folder

    def env(self):
        """With it `docker` is this engine's."""
        return {"PATH": f"{self._bin}:/usr/sbin:/usr/bin:/sbin:/bin", "DOCKER_CONFIG": self._config,
                "DOCKER_HOST": f"unix://{self.socket}"}

    def _script(self, namespace):
        settings = self._lab.path("daemon.json")
        with open(settings, "w", encoding="ascii") as file:
            file.write("{}")
        options = {
            "config-file": settings, "data-root": self._images.folder,
            "exec-root": self._lab.path(f"{self.name}-run"), "host": f"unix://{self.socket}",
            "pidfile": self._lab.path(f"{self.name}.pid"), "bridge": "none", "iptables": "false",
            "ip6tables": "false", "ip-forward": "false", "ip-masq": "false",
            "userland-proxy": "false", "storage-driver": "overlay2",
            "exec-opt": "native.cgroupdriver=cgroupfs", "default-ulimit": "nofile=4096:4096",
        }
        start = START.format(
            options=" ".join(f"--{name}={value}" for name, value in options.items()),
            # /sys shows the network that it was mounted in.
            sysfs="umount -R /sys && mount -t sysfs none /sys" if namespace else "")
        return ENTER.format(name=self.name, start=shlex.quote(start))

    def _is_up(self):
        self._process.expect_running()
        return self.docker("version", check=False).returncode == 0

    def docker(self, *arguments, check=True, timeout=300, env=None, **options):
        """Runs a command of Docker's; what failed says so in the error."""
        done = subprocess.run(["docker", *arguments], text=True, capture_output=True,
                              timeout=timeout, env={**os.environ, **self.env(), **(env or {})},
                              executable=os.path.join(self._bin, "docker"), **options)
        if check and done.returncode != 0:
            raise LabError(f"docker {shlex.join(arguments)}: exit {done.returncode}\n"
                           f"{done.stderr}{done.stdout}")
        return done

    def import_root(self, folder, image):
        """A root file system of tools/rootfs as an image, without what nobody reads there."""
        left_out = [f"--exclude=./{part}/*" for part in UNREAD]
        with subprocess.Popen(["tar", "-C", folder, "--one-file-system", *left_out, "-c", "."],
                              stdout=subprocess.PIPE) as tar:
            self.docker("import", "-", image, stdin=tar.stdout)
        if tar.returncode != 0:
            raise LabError(f"tar of {folder}: exit {tar.returncode}")

    def stop(self):
        """Its containers end with it."""
        self._process.stop(timeout=60)


def debian_image(engine, image, *packages):
    """This machine's Debian as an image, with `packages`; what apt needs is always in it."""
    root = output(os.path.join(TOOLS, "rootfs"), "ca-certificates", *packages, timeout=600)
    engine.import_root(root.strip(), image)
