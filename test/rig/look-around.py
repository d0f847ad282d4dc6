"""Prints as JSON what a process of a site sees and can change of the machine. Arguments: other people's paths, as JSON."""

import json
import os
import sys


def can(action):
    try:
        action()
        return True
    except OSError:
        return False


def write(path):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    os.unlink(path)


def entries(folder):
    try:
        return os.listdir(folder)
    except PermissionError:
        return "refused"


def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return line.split(":", 1)[1].strip()


pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
owners = sorted({os.stat("/proc/%d" % pid).st_uid for pid in pids if os.path.exists("/proc/%d" % pid)})
print(
    "LOOKED "
    + json.dumps(
        {
            "others": [path for path in json.loads(sys.argv[1]) if os.path.exists(path)],
            "listed": {path: entries(path) for path in ["/home", "/root"]},
            "foreign_processes": [uid for uid in owners if uid != os.getuid()],
            "changes": [
                path
                for path in ["/usr/x", "/etc/x", "/var/lib/x", "/run/x", "/opt/x", "/proc/sys/kernel/x", "/sys/x"]
                if can(lambda: write(path))
            ],
            "keeps": [path for path in ["/tmp/x", "/var/tmp/x", "/dev/shm/x"] if can(lambda: write(path))],
            "devices": sorted(os.listdir("/dev")),
            "no_new_privileges": status("NoNewPrivs"),
            "capabilities": status("CapEff"),
            "tmp": os.listdir("/tmp"),
        }
    )
)
