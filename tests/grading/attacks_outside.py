"""Hostile submissions that reach out: for more of the machine, for other processes, for each other.

Importing this adds them to ``ATTACKS``. What they try is refused, or else they spoil their answer.
"""

from __future__ import annotations

from tests.grading.attacks import RUN, attack

# -- more of the machine than a fair share ------------------------------------------------------

attack(
    "leaving its core",
    double="""import os
def double(x):
    try: os.sched_setaffinity(0, os.sched_getaffinity(0))
    except OSError: return 2 * x
    return x""",
)
attack(
    "another priority",
    double="""import os
def double(x):
    for change in (
        lambda: os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0)),
        lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)),
    ):
        try: change()
        except OSError: continue
        return x
    return 2 * x if os.getpriority(os.PRIO_PROCESS, 0) >= 5 else x""",
)

# -- the system's calls by which processes reach each other -------------------------------------

CALLS = """import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def refused(name, *arguments):
    return getattr(libc, name)(*map(ctypes.c_long, arguments)) == -1
"""


def by_call(name: str, tried: str) -> None:
    attack(name, CALLS, double=f"def double(x):\n    return 2 * x if {tried} else x")


by_call("System V's memory", "refused('shmget', 0, 4096, 0o1777)")
by_call("System V's messages", "refused('msgget', 0, 0o1777)")
by_call("news of what others open", "refused('inotify_init1', 0)")
by_call("namespaces of its own", "refused('unshare', 0x10000000)")
by_call("a tracer", "refused('ptrace', 0, 0, 0, 0)")
by_call("signals when a file is ready", "refused('fcntl', 3, 8, 1)")
attack(
    "a new interpreter where there is no autograd",
    slope="""import subprocess, sys
def slope(x):
    try: subprocess.run([sys.executable, "-c", ""])
    except Exception: return 3 * x ** 2
    return x""",
)

# -- gradients from the child that has autograd -------------------------------------------------

HELPER = """import os, pickle, socket, threading, time
def gradient(data):
    leaf = pickle.loads(data).requires_grad_()
    return pickle.dumps(torch.autograd.grad((leaf ** 3).sum(), leaf)[0])
"""
attack(
    "the other child, through a socket",
    RUN
    + HELPER
    + """
def listen():
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.bind("\\0course-dl-helper")
    line.listen()
    while True:
        with line.accept()[0] as other:
            other.sendall(gradient(other.recv(1 << 16)))
threading.Thread(target=listen, daemon=True).start()""",
    slope="""import pickle, socket
def slope(x):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect("\\0course-dl-helper")
        line.sendall(pickle.dumps(x))
        return pickle.loads(line.recv(1 << 16))""",
    lost="9.2",
)
attack(
    "the other child, through files",
    RUN
    + HELPER
    + """
def listen():
    while True:
        time.sleep(0.001)
        for folder in ("/tmp", "/var/tmp", "/dev/shm"):
            try:
                with open(folder + "/course-dl-asked", "rb") as file: data = gradient(file.read())
                with open(folder + "/course-dl-told.new", "wb") as file: file.write(data)
                os.chmod(folder + "/course-dl-told.new", 0o666)
                os.rename(folder + "/course-dl-told.new", folder + "/course-dl-told")
            except Exception: pass
threading.Thread(target=listen, daemon=True).start()""",
    slope="""import os, pickle, time
def slope(x):
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        try:
            with open(folder + "/course-dl-asking", "wb") as file: file.write(pickle.dumps(x))
            os.chmod(folder + "/course-dl-asking", 0o666)
            os.rename(folder + "/course-dl-asking", folder + "/course-dl-asked")
        except OSError: continue
        time.sleep(0.1)
        try:
            os.unlink(folder + "/course-dl-asked")
            with open(folder + "/course-dl-told", "rb") as file: return pickle.loads(file.read())
        except OSError: continue
    return x""",
    lost="9.2",
)
