"""Opens HTML or SVG files in one headless Chromium and reports what a reader would see. Requires only chromium.

Reads one line of JSON per page, {"file", "width", "dark", "print", "expressions", "shots": [[width, PNG]]}, and writes
one line: {"errors": console errors, "requests": requests to other URLs, "values": of the expressions} or {"failure"}."""

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


class Failure(Exception):
    pass


class Browser:
    """A DevTools connection over two pipes: JSON messages that end with a NUL."""

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
            pass_fds=(3, 4, to_read, to_write), preexec_fn=pipes, env={**os.environ, "TMPDIR": folder},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.buffer, self.number, self.session, self.events, self.end = b"", 0, None, [], 0

    def receive(self):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.of], [], [], max(0, self.end - time.monotonic()))
            piece = os.read(self.of, 1 << 16) if ready else b""
            if not piece:
                raise Failure("chromium does not answer")
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
                    raise Failure(f"{method}: {reply['error']}")
                return reply["result"]
            self.record(reply)

    def record(self, event):
        if event.get("sessionId") == self.session:
            self.events.append(event)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.record(self.receive())

    def open(self):
        """Opens a page and returns its id."""
        self.session, self.events, self.end = None, [], time.monotonic() + SECONDS
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return target

    def close(self, target):
        self.session = None
        self.call("Target.closeTarget", targetId=target)

    def resize(self, width):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise Failure(f"{expression}: {result['exceptionDetails']}")
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


def inspect(browser, page):
    url = pathlib.Path(page["file"]).resolve().as_uri()
    target = browser.open()
    browser.resize(page.get("width", 1280))
    browser.call("Emulation.setEmulatedMedia", media="print" if page.get("print") else "",
                 features=[{"name": "prefers-color-scheme", "value": "dark" if page.get("dark") else "light"}])
    browser.call("Page.navigate", url=url)
    browser.wait("Page.loadEventFired")
    values = [browser.evaluate(expression) for expression in page["expressions"]]
    for width, path in page.get("shots", []):
        browser.resize(width)
        size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": min(size["height"], 3000), "scale": 1}
        shot = browser.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True,
                            optimizeForSpeed=True)
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))
    requests = [event["params"]["request"]["url"] for event in browser.events
                if event.get("method") == "Network.requestWillBeSent"]
    errors = errors_of(browser.events)
    browser.close(target)
    return {"errors": errors, "values": values, "requests": [one for one in requests if one != url]}


def main():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        try:
            for line in sys.stdin:
                try:
                    answer = inspect(browser, json.loads(line))
                except Failure as failure:
                    answer = {"failure": str(failure)}
                print(json.dumps(answer), flush=True)
        finally:
            browser.process.kill()
            browser.process.wait()


if __name__ == "__main__":
    main()
