"""Validates JUnit XML against its schema (with xmllint, of Debian's libxml2-utils), and its counts against its
contents. Prints the suites and the result of each test."""

import subprocess
import sys
import xml.etree.ElementTree

WORDS = {"failure": "failed", "error": "error", "skipped": "skipped"}

checked = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", "tests/cli/junit.xsd", sys.argv[1]],
                         stderr=subprocess.PIPE, text=True)
if checked.returncode != 0:
    sys.exit(checked.stderr)

root = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
for element in [root, *root]:
    for name, tag in ("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped"):
        assert element is root and name == "skipped" or int(element.get(name)) == len(list(element.iter(tag))), (element.get("name"), name)
print(f"suites: {len(root)}, tests: {root.get('tests')}, failures: {root.get('failures')}, errors: {root.get('errors')}")
for suite in root:
    print(suite.get("name"))
    for case in suite:
        assert case.get("classname") == suite.get("name")
        if len(case) == 0:
            print(f"  passed {case.get('name')}")
        for child in case:
            print(f"  {WORDS[child.tag]} {case.get('name')}: {child.get('type')}: {child.get('message')}")
