"""Opens HTML or SVG in headless Chromium and tells what a reader would meet, as JSON: errors of the console,
requests that leave the page, and what the expressions given give. Needs no package beside chromium.

    check_html.py FILE [--width WIDTH] [--dark] [--print] [--shot WIDTH:PNG]... [EXPRESSION]..."""

import base64
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

SECONDS = 60


class Browser:
    """Speaks the DevTools protocol over two pipes: messages of JSON, each ended by a NUL."""

    def __init__(self, folder):
        to_read, self.to = os.pipe()
        self.of, to_write = os.pipe()

        def pipes():
            os.dup2(to_read, 53)
            os.dup2(to_write, 54)
            os.dup2(53, 3)
            os.dup2(54, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-extensions", "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(3, 4, to_read, to_write), preexec_fn=pipes,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.buffer, self.number, self.session, self.events = b"", 0, None, []
        self.end = time.monotonic() + SECONDS

    def receive(self):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.of], [], [], max(0, self.end - time.monotonic()))
            piece = os.read(self.of, 1 << 16) if ready else b""
            if not piece:
                sys.exit("chromium does not answer")
            self.buffer += piece
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            reply = self.receive()
            if reply.get("id") == self.number:
                if "error" in reply:
                    sys.exit(f"{method}: {reply['error']}")
                return reply["result"]
            self.events.append(reply)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.receive())

    def resize(self, width):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            sys.exit(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")


def errors_of(events):
    found = []
    for event in events:
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            found.append(str(parameters["exceptionDetails"]))
        elif event.get("method") == "Runtime.consoleAPICalled":
            found.append(str(parameters["args"]))
        elif event.get("method") == "Log.entryAdded":
            found.append(parameters["entry"]["text"])
        elif event.get("method") == "Page.javascriptDialogOpening":
            found.append("a dialog: " + parameters["message"])
    return found


def main(words):
    file, shots, expressions, dark, media, width = words[0], [], [], False, "", 1280
    words = iter(words[1:])
    for word in words:
        if word == "--shot":
            shots.append(next(words).split(":", 1))
        elif word == "--dark":
            dark = True
        elif word == "--print":
            media = "print"
        elif word == "--width":
            width = int(next(words))
        else:
            expressions.append(word)
    url = pathlib.Path(file).resolve().as_uri()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        try:
            target = browser.call("Target.createTarget", url="about:blank")["targetId"]
            browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                browser.call(f"{domain}.enable")
            browser.resize(width)
            browser.call("Emulation.setEmulatedMedia", media=media,
                         features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
            browser.call("Page.navigate", url=url)
            browser.wait("Page.loadEventFired")
            values = [browser.evaluate(expression) for expression in expressions]
            for width, path in shots:
                browser.resize(int(width))
                size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
                clip = {"x": 0, "y": 0, "width": int(width), "height": min(size["height"], 8000), "scale": 1}
                shot = browser.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
                pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))
            requests = [event["params"]["request"]["url"] for event in browser.events
                        if event.get("method") == "Network.requestWillBeSent"]
            print(json.dumps({"errors": errors_of(browser.events), "values": values,
                              "requests": [one for one in requests if one != url]}))
        finally:
            browser.process.kill()
            browser.process.wait()


main(sys.argv[1:])
