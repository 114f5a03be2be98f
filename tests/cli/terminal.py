"""Runs a command on its own terminal: terminal.py DIALOGUE COMMAND... DIALOGUE is a JSON list of pairs [text to wait
for, text to type]; null closes the terminal. Prints the output of the terminal, and exits with the command's
status."""

import json
import os
import pty
import sys

dialogue, command = json.loads(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown, seen, closed = b"", 0, False
while not closed:
    try:
        piece = os.read(terminal, 4096)
    except OSError:  # the command has closed it
        break
    if not piece:
        break
    shown += piece
    while dialogue:
        at = shown.find(dialogue[0][0].encode(), seen)
        if at < 0:
            break
        seen = at + len(dialogue[0][0])
        typed = dialogue.pop(0)[1]
        if typed is None:
            os.close(terminal)
            closed = True
            break
        os.write(terminal, typed.encode())
_, status = os.waitpid(pid, 0)
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
