"""A proxy that disturbs the replies of an emulator: wire_proxy.py CERTIFICATE KEY

Prints the port of its control server. POST /open there takes { upstream, transport, fault, call, always } and returns
the { port } of a new endpoint in front of the emulator at port `upstream`: the fault hits request number `call`, or
with `always` that one and all later ones. `transport` is http, tls (HTTP/1.1) or h2. POST /close takes { port } and
returns the targets of the requests that arrived, and the number of faults. POST /surplus takes { port } and sends
surplus replies after the last reply of HTTP/1.1."""

import asyncio
import fcntl
import gzip
import json
import socket
import ssl
import struct
import sys
import termios

try:
    import h2.config
    import h2.connection
    import h2.events
except ImportError:
    h2 = None

BOMB = gzip.compress(b" " * (200 << 20), 9)
SURPLUS = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" * 2
HTML = b"<html><head><title>Error</title></head><body><p>An error occurred.<br></body></html>"


class Drop(Exception):
    """Ends the connection: with a reset, or as at the end of a stream."""

    def __init__(self, reset):
        super().__init__()
        self.reset = reset


def emptied(value):
    if isinstance(value, list):
        return []
    return {name: emptied(item) for name, item in value.items()} if isinstance(value, dict) else value


def disturbed(fault, reply):
    """Returns the reply (status, headers, body) that replaces another one."""
    status, headers, body = reply
    plain = {"content-type": "application/x-amz-json-1.1"}
    if fault == "html":
        return 200, {"content-type": "text/html"}, HTML
    if fault == "bad gateway":
        return 502, {"content-type": "text/html"}, HTML
    if fault == "redirect":
        return 302, {"location": "http://127.0.0.1:1/elsewhere"}, b""
    if fault == "bomb":
        return 200, {**plain, "content-encoding": "gzip"}, BOMB
    if fault == "throttled":
        return 400, plain, b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
    if fault == "unavailable":
        return 503, {**plain, "retry-after": "0"}, b"{}"
    if fault == "nothing":
        return 200, plain, b"{}"
    if fault == "null":
        return 200, plain, b"null"
    if fault == "empty lists" and headers.get("content-type", "").endswith("json-1.1"):
        return status, headers, json.dumps(emptied(json.loads(body))).encode()
    return reply


class Endpoint:
    def __init__(self, options):
        self.upstream, self.fault = options["upstream"], options["fault"]
        self.call, self.always = options["call"], options["always"]
        self.transport = options["transport"]
        self.requests, self.faults, self.port, self.broken_handshakes = [], 0, 0, 0
        self.connections, self.reopening = set(), None
        self.bind()

    def bind(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", self.port))
        self.port = self.socket.getsockname()[1]

    async def listen(self):
        self.server = await asyncio.start_server(self.serve, sock=self.socket)

    async def reopen(self):
        await asyncio.sleep(0.2)
        if not self.server.is_serving():
            await self.listen()

    def refuse(self):
        """Refuses connections. A socket that does not listen holds the port, so that no other endpoint gets it."""
        if self.server.is_serving():
            self.server.close()
            self.bind()

    def close(self):
        if self.reopening:
            self.reopening.cancel()
        self.server.close()
        self.socket.close()
        for connection in list(self.connections):
            connection.cancel()

    def fault_of_next(self, target):
        """Counts a request, and returns its fault."""
        self.requests.append(target)
        number = len(self.requests)
        hit = self.call > 0 and (number == self.call or self.always and number > self.call)
        self.faults += hit
        if hit and self.fault == "refused":
            self.refuse()
            if not self.always:
                self.reopening = asyncio.create_task(self.reopen())
            raise Drop(True)
        if hit and self.fault == "handshake":
            self.broken_handshakes = 1 << 30 if self.always else 1
            raise Drop(True)
        return self.fault if hit else None

    async def forward(self, head, body):
        """Sends a request to the emulator. Returns (status, headers, body)."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        writer.write(head + b"Connection: close\r\n\r\n" + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        lines = answer.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            if name and name.lower() not in ("connection", "content-length", "transfer-encoding"):
                headers[name.lower()] = value.strip()
        body = await reader.read()
        writer.close()
        return int(lines[0].split()[1]), headers, body

    async def reply_to(self, fault, head, body):
        """Returns the reply to a request, after the faults that prevent one."""
        if fault in ("reset before", "ended before"):
            raise Drop(fault == "reset before")
        if fault == "stalled":
            await asyncio.sleep(3600)
        reply = await self.forward(head, body)
        if fault in ("reset after", "ended after"):
            raise Drop(fault == "reset after")
        return disturbed(fault, reply)

    async def serve(self, reader, writer):
        task = asyncio.current_task()
        self.connections.add(task)
        raw, writer.base = writer.get_extra_info("socket"), writer.transport
        try:
            if self.broken_handshakes > 0:
                self.broken_handshakes -= 1
                await reader.read(100)
                raise Drop(False)
            if self.transport != "http":
                await writer.start_tls(CONTEXTS[self.transport])
            protocol = writer.get_extra_info("ssl_object")
            if protocol and protocol.selected_alpn_protocol() == "h2":
                await Http2(self, reader, writer).run()
            else:
                await self.http1(reader, writer)
        except Drop as drop:
            if drop.reset and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            self.connections.discard(task)
            writer.close()

    # HTTP/1.1

    async def http1(self, reader, writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            fault = self.fault_of_next(headers.get("x-amz-target") or body.decode()[:40])
            reply = await self.reply_to(fault, head[:-2], body)
            await self.write1(writer, fault, *reply)

    async def write1(self, writer, fault, status, headers, body):
        length = len(body)
        if fault == "too short":
            length = length // 2
        elif fault == "too long":
            length += 100
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {length}"] + [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        if fault == "interim":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
        if fault == "garbage":
            writer.write(bytes(range(256)) * 20)
            raise await self.drained(writer, Drop(False))
        if fault == "endless headers":
            writer.write(b"HTTP/1.1 200 OK\r\n")
            while not writer.base.is_closing():
                writer.write(b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(100)))
                await writer.drain()
                await asyncio.sleep(0)  # lets the end of the connection be seen
            raise Drop(False)
        if fault == "endless header":
            writer.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not writer.base.is_closing():
                writer.write(b"y" * 100000)
                await writer.drain()
                await asyncio.sleep(0)
            raise Drop(False)
        if fault == "dripped":
            data = head + body
            for start in range(0, len(data), 97):
                writer.write(data[start:start + 97])
                await writer.drain()
                await asyncio.sleep(0.001)
            return
        if fault in ("reset amid", "cut"):
            writer.write(head + body[:len(body) // 2])
            raise await self.drained(writer, Drop(fault == "reset amid"))
        # Over TLS, both are records of their own, which arrive together.
        writer.writelines([head + body] + [SURPLUS] * (fault == "surplus"))
        self.last_writer = writer
        await writer.drain()
        if fault in ("too long", "closed"):
            raise Drop(False)

    async def drained(self, writer, drop):
        await writer.drain()
        await asyncio.sleep(0.02)
        return drop


class Http2:
    """One HTTP/2 connection."""

    def __init__(self, endpoint, reader, writer):
        self.endpoint, self.reader, self.writer = endpoint, reader, writer
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.streams, self.window = {}, asyncio.Event()

    def flush(self):
        self.writer.write(self.connection.data_to_send())

    async def run(self):
        self.connection.initiate_connection()
        self.flush()
        answers, failed = set(), asyncio.get_running_loop().create_future()
        try:
            while True:
                read = asyncio.create_task(self.reader.read(65536))
                await asyncio.wait({read, failed}, return_when=asyncio.FIRST_COMPLETED)
                if failed.done():
                    read.cancel()
                    raise failed.exception()
                data = read.result()
                if not data:
                    return
                for event in self.connection.receive_data(data):
                    self.handle(event, answers, failed)
                self.flush()
        finally:
            for answer in answers:
                answer.cancel()

    def handle(self, event, answers, failed):
        if isinstance(event, h2.events.RequestReceived):
            self.streams[event.stream_id] = (dict(event.headers), bytearray())
        elif isinstance(event, h2.events.DataReceived):
            self.streams[event.stream_id][1].extend(event.data)
            self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            answer = asyncio.create_task(self.answer(event.stream_id, failed))
            answers.add(answer)
        elif isinstance(event, h2.events.WindowUpdated):
            self.window.set()

    async def answer(self, stream, failed):
        try:
            await self.write(stream, *self.streams.pop(stream))
        except Drop as drop:
            if not failed.done():
                failed.set_exception(drop)
        except Exception as error:
            print("stream", stream, repr(error), file=sys.stderr, flush=True)
            if not failed.done():
                failed.set_exception(Drop(True))

    async def write(self, stream, headers, body):
        endpoint = self.endpoint
        lines = [f"{headers[':method']} {headers[':path']} HTTP/1.1", f"Host: {headers[':authority']}",
                 f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name[0] != ":" and name not in ("content-length", "te")]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n"
        fault = endpoint.fault_of_next(headers.get("x-amz-target") or bytes(body).decode()[:40])
        if fault == "stream reset":
            self.connection.reset_stream(stream, 2)
            return self.flush()
        if fault == "garbage":
            self.writer.write(bytes(range(256)) * 20)
            raise await endpoint.drained(self.writer, Drop(False))
        status, found, content = await endpoint.reply_to(fault, head, bytes(body))
        if fault == "goaway":
            self.connection.close_connection(2, last_stream_id=0)
            self.flush()
            raise await endpoint.drained(self.writer, Drop(False))
        if fault == "interim":
            self.connection.send_headers(stream, [(":status", "103"), ("link", "x")])
        length = len(content) + {"too short": -len(content) // 2, "too long": 100}.get(fault, 0)
        fields = [(":status", str(status)), ("content-length", str(length))] + list(found.items())
        if fault in ("endless headers", "endless header"):
            fields += [(f"x-{i}", "y" * 1000) for i in range(400)]
        self.connection.config.normalize_outbound_headers = True
        self.connection.send_headers(stream, fields)
        self.flush()
        sent = content[:len(content) // 2] if fault in ("reset amid", "cut") else content
        await self.send(stream, sent, 97 if fault == "dripped" else 16384)
        if fault in ("reset amid", "cut"):
            raise await endpoint.drained(self.writer, Drop(fault == "reset amid"))
        self.connection.end_stream(stream)
        self.flush()
        await self.writer.drain()
        if fault == "closed":
            raise await endpoint.drained(self.writer, Drop(False))

    async def send(self, stream, data, size):
        while data:
            room = min(self.connection.local_flow_control_window(stream), size)
            if room == 0:
                self.window.clear()
                await self.window.wait()
                continue
            self.connection.send_data(stream, data[:room])
            data = data[room:]
            self.flush()
            await self.writer.drain()
            if size < 1000:
                await asyncio.sleep(0.001)


ENDPOINTS = {}


async def acknowledged(writer):
    """Waits until the peer's kernel has all that was written. On a busy machine, a later packet can overtake it."""
    await writer.drain()
    while struct.unpack("i", fcntl.ioctl(writer.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4)))[0] > 0:
        await asyncio.sleep(0.001)


async def answer_to(reader):
    """Reads a request of the control server. Returns the reply."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
    options = json.loads(await reader.readexactly(length))
    if head.startswith("POST /open"):
        endpoint = Endpoint(options)
        await endpoint.listen()
        ENDPOINTS[endpoint.port] = endpoint
        answer = {"port": endpoint.port}
    elif head.startswith("POST /heal"):
        endpoint = ENDPOINTS[options["port"]]
        endpoint.call, endpoint.always, endpoint.broken_handshakes = 0, False, 0
        if not endpoint.server.is_serving():
            await endpoint.listen()
        answer = {}
    elif head.startswith("POST /surplus"):
        endpoint = ENDPOINTS[options["port"]]
        endpoint.last_writer.write(SURPLUS)
        await acknowledged(endpoint.last_writer)
        answer = {}
    else:
        endpoint = ENDPOINTS.pop(options["port"])
        endpoint.close()
        answer = {"requests": endpoint.requests, "faults": endpoint.faults}
    text = json.dumps(answer).encode()
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(text) + text


async def control(reader, writer):
    try:
        writer.write(await answer_to(reader))
        await writer.drain()
    finally:
        writer.close()


def context(protocols):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(sys.argv[1], sys.argv[2])
    made.set_alpn_protocols(protocols)
    return made


async def main():
    server = await asyncio.start_server(control, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


CONTEXTS = {"tls": context(["http/1.1"]), "h2": context(["h2"] if h2 else ["http/1.1"])}
asyncio.run(main())
