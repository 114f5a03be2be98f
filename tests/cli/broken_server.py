"""A TCP server that breaks each connection: broken_server.py MODE

Prints its port. MODE says what follows the first bytes that the client sends: "end", "reset", "hang",
a piece of TLS ("alert", "half"), HTTP ("http", or the status of a reply), or "tunnel ends": a proxy's consent first."""

import socket
import struct
import sys
import threading

mode = sys.argv[1]
REPLIES = {
    "http": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "half": b"\x16\x03\x03\x00\x7a\x02",
}


def break_connection(client):
    if mode == "hang":
        threading.Event().wait(60)
    client.recv(65536)
    if mode in REPLIES:
        client.sendall(REPLIES[mode])
    elif mode.isdigit():
        client.sendall(b"HTTP/1.1 %s No\r\nContent-Length: 0\r\n\r\n" % mode.encode())
    elif mode == "tunnel ends":
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        client.recv(65536)
    if mode == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(100)
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=break_connection, args=(connection,), daemon=True).start()
