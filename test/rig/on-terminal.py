"""Runs a command on a terminal of its own and follows a script: argv[1] is a JSON list of [wait for, send then]. Prints what it ended with."""

import json
import os
import pty
import sys

script, command = json.loads(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(command[0], command)
seen = b""
for word, answer in script:
    while word.encode() not in seen:
        try:
            more = os.read(terminal, 4096)
        except OSError:
            more = b""
        if not more:
            sys.exit("%r never came: %r" % (word, seen))
        seen += more
    seen = seen.split(word.encode(), 1)[1]
    os.write(terminal, answer.encode())
try:
    while os.read(terminal, 4096):
        pass
except OSError:
    pass
print("ended with", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
