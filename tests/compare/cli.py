#!/usr/bin/env python3
"""Compares `lanyard aws` with the AWS CLI: the same calls against one moto server print the same.

    tests/compare/cli.py [BUILD] [--only PATTERN] [--verbose]

It needs `aws` (version 1 or 2) and `moto_server` in PATH; AWS_DATA_PATH names newer models than lanyard contains. Lines
of cli_calls.txt that begin with "do" change the server and are run by lanyard alone; with "same", both run and their JSON
is compared after sorting; with "skeleton", samples are compared but for enums; with "text" and "table" the output is
compared as it is. "do NAME=QUERY: words" keeps a value, and "file NAME TEXT" writes a file. It exits with 1 if something
differs. "more" are calls where lanyard keeps members of a reply that the model lacks, which the AWS CLI drops.
"""
import argparse
import difflib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

CALLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cli_calls.txt")
CONFIG = "[default]\nregion = us-east-1\ncli_timestamp_format = iso8601\noutput = json\ncli_pager =\n"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_moto(port):
    server = subprocess.Popen(["moto_server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              start_new_session=True)
    for _ in range(300):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.1)
    raise SystemExit("moto_server does not start")


def environment(folder, port):
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "AWS_DATA_PATH") if name in os.environ}
    with open(os.path.join(folder, "config"), "w", encoding="utf-8") as file:
        file.write(CONFIG)
    return dict(kept, HOME=folder, AWS_CONFIG_FILE=folder + "/config", AWS_ENDPOINT_URL="http://127.0.0.1:%d" % port,
                AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                AWS_EC2_METADATA_DISABLED="true", COLUMNS="80", TZ="UTC", AWS_DEFAULT_REGION="us-east-1")


def run(program, words, settings, folder):
    done = subprocess.run(program + words, env=settings, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, check=False)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace").strip()


def without_enums(value):
    """The AWS CLI takes any value of an enum for a sample."""
    if isinstance(value, dict):
        return {name: without_enums(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_enums(item) for item in value]
    return "text" if isinstance(value, str) and value else value


def comparable(kind, result):
    """Returns what was printed, in the form in which it is compared. Errors are compared by the code of the service."""
    status, out, err = result
    if status != 0:
        code = re.search(r"\(([A-Za-z0-9_.]+)\) when calling", err) or re.match(r"lanyard: [\w-]+:\w+: ([\w.]+): ", err)
        return "error %s" % (code.group(1) if code else err)
    if kind not in ("same", "skeleton"):
        return out
    value = json.loads(out) if out.strip() else None
    return json.dumps(without_enums(value) if kind == "skeleton" else value, sort_keys=True, indent=1)


def has_all(ours, theirs):
    """Reports whether lanyard prints all that the AWS CLI does, and members that the models lack."""
    def contains(a, b):
        if isinstance(b, dict):
            return isinstance(a, dict) and all(name in a and contains(a[name], value) for name, value in b.items())
        if isinstance(b, list):
            return isinstance(a, list) and len(a) == len(b) and all(map(contains, a, b))
        return a == b
    return not ours.startswith("error") and not theirs.startswith("error") and contains(json.loads(ours), json.loads(theirs))


def difference(ours, theirs):
    return "\n".join(difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "aws", "lanyard", lineterm="", n=1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", nargs="?", default="build")
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    lanyard, aws = [os.path.abspath(options.build + "/lanyard"), "aws"], [shutil.which("aws")]
    folder, port = tempfile.mkdtemp(prefix="lanyard-compare"), free_port()
    server, counts, kept = start_moto(port), {}, {}
    try:
        settings = environment(folder, port)
        with open(CALLS, encoding="utf-8") as file:
            lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
        for line in lines:
            kind, rest = line.split(" ", 1)
            if kind == "file":
                name, text = rest.split(" ", 1)
                with open(os.path.join(folder, name), "w", encoding="utf-8") as written:
                    written.write(text)
                continue
            name = query = None
            match = re.match(r"(\w+)=([^:]*): (.*)$", rest) if kind == "do" else None
            if match:
                name, query, rest = match.groups()
            words = shlex.split(re.sub(r"\$(\w+)", lambda found: kept.get(found.group(1), "missing"), rest))
            if kind != "do" and not re.search(options.only, line):
                continue
            ours = run(lanyard, words + (["--query", query, "--output", "text"] if name else []), settings, folder)
            if kind == "do":
                verdict = "done" if ours[0] == 0 else "failed"
                if name:
                    kept[name] = ours[1].strip()
                detail = ours[2]
            else:
                # The AWS CLI does not take the endpoint of the environment for every service.
                theirs = run(aws, words + ["--endpoint-url", settings["AWS_ENDPOINT_URL"]], settings, folder)
                a, b = comparable(kind, ours), comparable(kind, theirs)
                verdict = "equal" if a == b else "more" if kind == "same" and has_all(a, b) else "different"
                detail = difference(a, b)
            counts[verdict] = counts.get(verdict, 0) + 1
            if verdict in ("failed", "different", "more") or options.verbose:
                print("%s: %s\n%s" % (verdict, line, detail if verdict != "equal" else ""))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
        shutil.rmtree(folder)
    print(", ".join("%d %s" % (count, verdict) for verdict, count in sorted(counts.items())))
    sys.exit(1 if counts.get("failed") or counts.get("different") else 0)


main()
