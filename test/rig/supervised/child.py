"""A supervised program for tests: does what its first argument says."""

import os
import select
import signal
import socket
import sys
import time


def say(text):
    print(text, flush=True)


opened = []


def open_port(place):
    """Listens on HOST:PORT beside whatever else it does."""
    host, port = place.rsplit(":", 1)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, int(port)))
    listener.listen(1)
    opened.append(listener)


def open_port_apart(place):
    """The same in a process that leaves session and parent, as a program that makes itself a daemon."""
    ready, tell = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            open_port(place)
            os.write(tell, b".")
            while True:
                signal.pause()
        os._exit(0)
    os.wait()
    os.read(ready, 1)


def answer(connection):
    connection.setblocking(True)
    request = connection.recv(65536)
    version = os.environ.get("VERSION", "")
    body = ("%d %s" % (os.getpid(), version)).encode()
    # A page that one version alone has.
    elsewhere = b" /only-" in request and (" /only-%s " % version).encode() not in request
    # A page that some versions alone have broken.
    broken = b" /shaky " in request and version in os.environ.get("BROKEN", "").split()
    status = b"500 Oh No" if broken else b"404 Not Found" if elsewhere else b"200 OK"
    connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
    connection.close()


def serve(workers):
    """Answers each request on descriptor 3 with its pid; ends politely on SIGTERM."""
    listener = socket.socket(fileno=3)
    listener.setblocking(False)
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGHUP, lambda *_: say("reloaded"))
    children = []
    for _ in range(workers):
        child = os.fork()
        if child == 0:
            # A worker that does not notice its parent's death, like NGINX's.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            while True:
                time.sleep(60)
        children.append(child)
    say("up %d LISTEN_PID=%s LISTEN_FDS=%s NGINX=%s" % (os.getpid(), os.environ.get("LISTEN_PID"), os.environ.get("LISTEN_FDS"), os.environ.get("NGINX")))
    while True:
        readable, _, _ = select.select([listener, wake], [], [])
        if listener in readable:
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                continue
            try:
                answer(connection)
            except OSError:
                pass  # whoever asked is gone
        elif wake in readable and signal.SIGTERM in os.read(wake, 16):
            for child in children:
                os.kill(child, signal.SIGKILL)
            return


def prefork(go):
    """A main process that does nothing, and a worker that answers once a file is there; asked to end, it first answers."""
    if os.fork() > 0:
        while True:
            signal.pause()
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    listener = socket.socket(fileno=3)
    listener.settimeout(0.05)
    while not asked:
        try:
            connection, _ = listener.accept()
        except socket.timeout:
            continue
        connection.setblocking(True)
        if b"/slow" in connection.recv(65536):
            say("busy")
            while not os.path.exists(go):
                time.sleep(0.01)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        connection.close()


def deaf():
    """Answers for a while and then accepts no more, like a deadlock."""
    listener = socket.socket(fileno=3)
    listener.setblocking(True)
    for _ in range(5):
        connection, _ = listener.accept()
        try:
            answer(connection)
        except OSError:
            pass  # whoever asked is gone
    while True:
        signal.pause()


def flood(megabytes, rate, done):
    """Prints that much, at most `rate` megabytes a second, and writes down how long one print took at most."""
    line = b"x" * 99 + b"\n"
    worst, began = 0.0, time.monotonic()
    for count in range(megabytes):
        before = time.monotonic()
        os.write(1, line * 10000)
        worst = max(worst, time.monotonic() - before)
        time.sleep(max(0.0, began + (count + 1) / rate - time.monotonic()))
    with open(done + ".new", "w") as file:
        file.write("%d %.3f %.1f" % (megabytes, worst, time.monotonic() - began))
    os.rename(done + ".new", done)
    while True:
        signal.pause()


def stubborn():
    signal.signal(signal.SIGTERM, lambda *_: say("no"))
    # What it starts is stubborn as well and must not outlive it, nor must what leads a group of its own, as RQ's work horses do.
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif os.fork() == 0:
        os.setpgrp()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("up %d" % os.getpid())
    while True:
        time.sleep(60)


def heavy(megabytes):
    """Has so much memory that it takes a while to end, and with it all that it holds."""
    memory = b"x" * (megabytes << 20)
    say("up %d with %d" % (os.getpid(), len(memory)))
    while True:
        signal.pause()


def order(name, file):
    """Writes when it comes and when it goes."""

    def write(text):
        with open(file, "a") as log:
            log.write("%s %s\n" % (text, name))

    def leave(*_):
        write("stop")
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    write("start")
    while True:
        signal.pause()


if "OPEN" in os.environ:
    open_port(os.environ["OPEN"])
if "OPEN_APART" in os.environ:
    open_port_apart(os.environ["OPEN_APART"])
mode, *rest = sys.argv[1:]
if mode == "serve":
    serve(int(rest[0]) if rest else 0)
elif mode == "prefork":
    prefork(rest[0])
elif mode == "deaf":
    deaf()
elif mode == "flood":
    flood(int(rest[0]), float(rest[1]), rest[2])
elif mode == "stubborn":
    stubborn()
elif mode == "heavy":
    heavy(int(rest[0]))
elif mode == "order":
    order(*rest[:2])
elif mode == "fail":
    say("reading the settings")
    say("KeyError: 'DATABASE_URL'")
    sys.exit(3)
elif mode == "brief":
    # Long enough to count as ready, and then it ends.
    time.sleep(float(rest[0]))
    say("Traceback (most recent call last):")
    say('  File "tasks.py", line 3, in <module>')
    sys.exit("ImportError: cannot import name 'Channel'")
elif mode == "load":
    # Computes for a while before it fails.
    end = time.monotonic() + float(rest[0])
    while time.monotonic() < end:
        pass
    sys.exit("ImportError: cannot import name 'Channel'")
elif mode == "wait":
    say("up %d uid=%d nice=%d" % (os.getpid(), os.getuid(), os.nice(0)))
    while True:
        signal.pause()
