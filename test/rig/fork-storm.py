"""A process that does not want to end: it forks on and on in sessions of its own, and kills whatever it may."""

import ctypes
import os
import signal
import sys
import threading
import time

for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
print("ready", flush=True)
os.close(1)
until = time.monotonic() + float(sys.argv[1])
kind = sys.argv[2]
while time.monotonic() < until:
    if kind == "fork":
        # The parent goes, the child goes on: its number is another each time.
        if os.fork():
            os._exit(0)
        os.setsid()
    elif kind == "threads":
        # The first thread ends: the process looks dead and is not.
        threading.Thread(target=time.sleep, args=(float(sys.argv[1]),)).start()
        ctypes.CDLL(None).pthread_exit(None)
    elif kind == "killer":
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass
