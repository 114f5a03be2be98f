"""Reads JUnit's XML as CI does: an element, attribute or count that the form does not have is an error.
Prints the suites and what became of each test."""

import sys
import xml.etree.ElementTree

NEEDED = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"classname", "name", "time"},
    "failure": {"type", "message"}, "error": {"type", "message"},
}
INSIDE = {
    "testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"failure", "error"}, "failure": set(), "error": set(),
}
WORDS = {"failure": "failed", "error": "error"}


def check(element):
    assert set(element.attrib) == NEEDED[element.tag], (element.tag, element.attrib)
    for child in element:
        assert child.tag in INSIDE[element.tag], (element.tag, child.tag)
        check(child)
    if element.tag in ("testsuites", "testsuite"):
        assert int(element.get("tests")) == len(list(element.iter("testcase")))
        assert int(element.get("failures")) == len(list(element.iter("failure")))
        assert int(element.get("errors")) == len(list(element.iter("error")))


root = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites"
check(root)
print(f"suites: {len(root)}, tests: {root.get('tests')}, failures: {root.get('failures')}, errors: {root.get('errors')}")
for suite in root:
    print(suite.get("name"))
    names = [case.get("name") for case in suite]
    assert len(set(names)) == len(names), names
    for case in suite:
        assert case.get("classname") == suite.get("name") and len(case) <= 1
        if len(case) == 0:
            print(f"  passed {case.get('name')}")
        for child in case:
            print(f"  {WORDS[child.tag]} {case.get('name')}: {child.get('type')}: {child.get('message')}")
