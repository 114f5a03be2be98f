"""An HTTP proxy for the specs: proxy.py LOG URL [REFUSE]

Prints its port. Appends to LOG a line for each request: method, target, Proxy-Authorization. Forwards
plain http requests to URL, whatever host they name. Answers CONNECT with the status REFUSE
(default 403) and opens no connection."""

import http.client
import http.server
import sys
import urllib.parse

log, upstream = sys.argv[1], urllib.parse.urlsplit(sys.argv[2])


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def note(self):
        with open(log, "a") as file:
            print(self.command, self.path, self.headers.get("Proxy-Authorization"), file=file)

    def do_CONNECT(self):
        self.note()
        self.close_connection = True
        self.send_response(int(sys.argv[3]) if len(sys.argv) > 3 else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        self.note()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = urllib.parse.urlsplit(self.path)
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port)
        headers = {k: v for k, v in self.headers.items() if not k.lower().startswith("proxy-")}
        connection.request(self.command, target.path, body, headers)
        reply = connection.getresponse()
        text = reply.read()
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
print(server.server_port, flush=True)
server.serve_forever()
