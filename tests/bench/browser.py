"""Opens an HTML report in headless Chromium and prints what it costs: seconds until it is loaded and painted, elements, MB of
memory of the process that shows it (proportional set size), and the longest of 100 frames while it is scrolled. Each figure
is a line: its name and a number.

  python3 tests/bench/browser.py FILE"""

import glob
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "cli"))
from check_html import Browser  # noqa: E402

PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

# Scrolls by some pixels in each of 100 frames. Returns the median and the longest time of a frame in milliseconds.
SCROLL = """new Promise(done => {
  let last = performance.now(), times = [];
  requestAnimationFrame(function frame() {
    let now = performance.now();
    times.push(now - last);
    last = now;
    scrollBy({ top: %d, behavior: "instant" });
    if (times.length < 100) { requestAnimationFrame(frame); return; }
    times.sort((a, b) => a - b);
    done([times[50], times[99]]);
  });
})"""


def processes(root):
    """Returns the ids of a process and all processes that it started."""
    children = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            text = pathlib.Path(path).read_text()
        except OSError:
            continue
        parent = int(text[text.rindex(")") + 2:].split()[1])
        children.setdefault(parent, []).append(int(text.split()[0]))
    found = [root]
    for one in found:
        found += children.get(one, [])
    return found


def memory(browser):
    """Returns the MB of the largest renderer of the browser."""
    largest = 0
    for one in processes(browser.process.pid):
        try:
            if "--type=renderer" in pathlib.Path(f"/proc/{one}/cmdline").read_text():
                text = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text()
                largest = max(largest, int(text.split("\nPss:")[1].split()[0]) / 1024)
        except OSError:
            continue
    return largest


def measure(browser, path):
    browser.open()
    browser.end += 600
    browser.resize(1280)
    start = time.monotonic()
    browser.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
    browser.wait("Page.loadEventFired")
    browser.evaluate(PAINTED)
    painted = time.monotonic() - start
    frames = browser.evaluate(SCROLL % 900)
    elements = browser.evaluate("document.getElementsByTagName('*').length")
    picture = browser.evaluate("document.querySelector('.picture svg').getAttribute('height')")
    print(f"painted {painted:.2f}\nframe {frames[1]:.1f}\nmemory {memory(browser):.1f}\nelements {elements}\n"
          f"picture {picture}")


def main():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        try:
            measure(browser, sys.argv[1])
        finally:
            browser.process.kill()
            browser.process.wait()


main()
