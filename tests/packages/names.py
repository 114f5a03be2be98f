"""Runs a command in a network of its own, which has a DNS server and an HTTPS server on 127.0.0.1.

    python3 tests/packages/names.py CERTIFICATE KEY COMMAND...

The DNS server knows one name, dns.lanyard.test. The HTTPS server answers every request with 200. Needs root. The exit
status is the one of the command.
"""

import ctypes
import fcntl
import http.server
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
NAME = b"\x03dns\x07lanyard\x04test\x00"


def enter_network():
    """Moves this process to a new network, whose loopback interface is up."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def reply_to(query):
    """Answers a question for the A record of the name with 127.0.0.1, for other types with nothing."""
    end = query.index(b"\0", 12) + 5
    known = query[12:end - 4].lower() == NAME
    is_address = query[end - 4:end - 2] == b"\0\1"
    flags = 0x8580 if known else 0x8583
    answers = 1 if known and is_address else 0
    answer = b"\xc0\x0c" + struct.pack(">HHIH4B", 1, 1, 60, 4, 127, 0, 0, 1) if answers else b""
    return query[:2] + struct.pack(">HHHHH", flags, 1, answers, 0, 0) + query[12:end] + answer


def serve_names():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def run():
        while True:
            query, client = server.recvfrom(1500)
            server.sendto(reply_to(query), client)

    threading.Thread(target=run, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def serve_https(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()


enter_network()
serve_names()
serve_https(sys.argv[1], sys.argv[2])
sys.stdout.flush()
os._exit(subprocess.run(sys.argv[3:], check=False).returncode)
