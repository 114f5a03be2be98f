"""Sends malformed HTTP to a server: raw_requests.py PORT SEED COUNT

Each case is one connection. Prints each case that is answered with status 500, or whose connection does not end after
the client's half has, and then how many cases were answered with each status."""

import collections
import concurrent.futures
import random
import socket
import sys

port, seed, count = (int(word) for word in sys.argv[1:4])
random.seed(seed)
TARGET = b"X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.DescribeRepositories\r\n"
SIGNED = (b"Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20231114/us-east-1/ecr/aws4_request, "
          b"SignedHeaders=host, Signature=00\r\nX-Amz-Date: 20231114T221320Z\r\n")


def noise(most):
    return bytes(random.randrange(256) for _ in range(random.randrange(most)))


def body():
    return random.choice([b"", b"{}", b'{"maxResults":null}', b'{"a":"\xff\xfe"}', noise(50), b"[" * 5000,
                          b"Action=GetCallerIdentity&Version=2011-06-15", b"x" * 100000])


def length(text):
    return random.choice([
        b"Content-Length: %d\r\n" % len(text), b"Content-Length: %d\r\n" % len(text), b"",
        b"Content-Length: %d\r\n" % (len(text) + 7), b"Content-Length: %d\r\n" % max(0, len(text) - 1),
        b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n", b"Content-Length: 1e3\r\n",
        b"Content-Length: 9000000000\r\n", b"Content-Length: %d\r\nContent-Length: 3\r\n" % len(text),
        b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        b"Transfer-Encoding: gzip\r\n"])


def chunked(text):
    size = random.choice([b"%x" % len(text), b"%x" % len(text), b"-1", b"ffffffffffffffff", b"zz", b"", b"%x;x=y" % len(text)])
    return size + b"\r\n" + text + random.choice([b"\r\n0\r\n\r\n", b"\r\n0\r\nX: y\r\n\r\n", b"", b"\r\n"])


def request():
    text = body()
    framing = length(text)
    headers = [b"Host: localhost\r\n", b"Content-Type: application/x-amz-json-1.1\r\n", TARGET, SIGNED, framing,
               random.choice([b"", b"Connection: close\r\n"])]
    for _ in range(random.choice([0, 0, 1, 3])):
        headers.append(random.choice([
            b"X: " + noise(20).replace(b"\n", b"") + b"\r\n", b"X-Amz-Date: \xff\r\n", b": y\r\n", b"no colon\r\n",
            b" folded\r\n", b"Host: other\r\n", b"X: " + b"y" * random.choice([10, 70000]) + b"\r\n", b"Expect: 100-continue\r\n",
            b"X-Amz-Target: \xc3\x28.\xff\r\n", b"Content-Encoding: gzip\r\n", TARGET]))
    random.shuffle(headers)
    line = random.choice([b"POST / HTTP/1.1", b"POST / HTTP/1.1", b"POST / HTTP/1.1", b"POST /?a=%ff HTTP/1.1", b"GET / HTTP/1.1",
                          b"POST / HTTP/1.0", b"POST / HTTP/9.9", b"POST  / HTTP/1.1", b"POST /\xff HTTP/1.1", b"BREW / HTTP/1.1",
                          b"POST", b"", noise(30).replace(b"\n", b""), b"POST http://[/ HTTP/1.1", b"HEAD / HTTP/1.1",
                          b"POST /" + b"a" * 70000 + b" HTTP/1.1", b"CONNECT x:1 HTTP/1.1", b"OPTIONS * HTTP/1.1"])
    return line + b"\r\n" + b"".join(headers) + b"\r\n" + (chunked(text) if b"chunked" in framing else text)


def case():
    kind = random.randrange(10)
    data = noise(200) if kind == 0 else request()
    if kind == 1:
        data = b"".join(request() for _ in range(random.randrange(2, 5)))
    elif kind == 2:
        data = data[:random.randrange(len(data) + 1)]
    elif kind == 3 and data:
        at = random.randrange(len(data))
        data = data[:at] + bytes([random.randrange(256)]) + data[at + 1:]
    return data


def exchange(data):
    """Returns the bytes of the answer; None if the connection does not end after the client's half has."""
    reply = b""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        patience, ended = 0.05, False
        try:
            connection.sendall(data)
            while True:
                connection.settimeout(patience)
                try:
                    piece = connection.recv(65536)
                except socket.timeout:
                    if ended:
                        return None
                    connection.shutdown(socket.SHUT_WR)
                    patience, ended = 10, True
                    continue
                if not piece:
                    return reply
                reply += piece
        except OSError:
            return reply


def final(answer):
    """Returns an answer without the interim replies at its beginning."""
    while answer.startswith(b"HTTP/1.1 100"):
        answer = answer.partition(b"\r\n\r\n")[2]
    return answer


found = collections.Counter()
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    for start in range(0, count, 1000):
        cases = [case() for _ in range(min(1000, count - start))]
        for number, (sent, answer) in enumerate(zip(cases, pool.map(exchange, cases)), start):
            status = "none" if answer is None else final(answer)[9:12].decode("latin-1") or "closed"
            found[status] += 1
            if answer is None or status == "500" or b"traceback" in answer:
                print("case", number, status, sent[:300], (answer or b"")[:300])
print(" ".join(f"{status}:{times}" for status, times in sorted(found.items())))
