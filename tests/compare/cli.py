#!/usr/bin/env python3
"""Compares `lanyard aws` with the AWS CLI: the same calls against one moto server print the same.

    tests/compare/cli.py [BUILD] [--only PATTERN] [--calls FILE] [--verbose]

It needs `aws` (version 1 or 2; faster with the Python of version 1) and `moto_server` in PATH; AWS_DATA_PATH names newer
models than lanyard contains. Lines of cli_calls.txt that begin with "do" change the server and are run by lanyard alone;
with "same", both run and their JSON is compared after sorting; with "skeleton", samples are compared but for enums; with
"text" and "table" the output is compared as it is. "do NAME=QUERY: words" keeps a value, and "file NAME TEXT" writes a
file. The time zone is not UTC, to show local times. It exits with 1 if something differs, but for EXPECTED, each with its
reason, and if one of these is equal by now. "more" are calls where lanyard keeps members of a reply that the model lacks,
which the AWS CLI drops.
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

try:
    import awscli.clidriver
    import awscli.paramfile
    import awscli.table
except ImportError:
    awscli = None

CALLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cli_calls.txt")
CONFLICTS = "moto sends a value that the model does not allow, which lanyard reports and the AWS CLI prints: "

# Lines of cli_calls.txt that differ, with the reason.
EXPECTED = {
    "do appmesh create-mesh": CONFLICTS + "28/11/2026 as a time",
    "same appmesh list-meshes": CONFLICTS + "28/11/2026 as a time",
    "same appmesh describe-mesh": CONFLICTS + "28/11/2026 as a time",
    "do appmesh create-virtual-node": CONFLICTS + "28/11/2026 as a time",
    "same appmesh describe-virtual-node": CONFLICTS + "28/11/2026 as a time",
    "same appmesh list-virtual-nodes": CONFLICTS + "28/11/2026 as a time",
    "do mediastore create-container": CONFLICTS + "11/28/2026 as a time",
    "same mediastore list-containers": CONFLICTS + "11/28/2026 as a time",
    "do directconnect create-connection": CONFLICTS + "a boolean as hasLogicalRedundancy, which is a text",
    "same directconnect describe-connections": CONFLICTS + "a boolean as hasLogicalRedundancy, which is a text",
    "same lexv2-models list-bots": CONFLICTS + "a number as latestBotVersion, which is a text",
    "same cloudformation get-template-summary": "moto fails with an HTML page: the messages differ, not the status 500",
    "same kms decrypt": "version 1 of the AWS CLI takes bytes as they are, version 2 and lanyard take base64",
    "same s3api get-object-attributes --bucket bucket-two --key m --object-attributes ETag ObjectSize":
        "moto knows a list in a header without blanks only; AWS's protocol cases have a blank after each comma",
}

# Members that have the time of the reply.
NOW = {"LatestRestorableTime", "Timestamp", "LastAccessedDate", "CreatedDate"}

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
                AWS_EC2_METADATA_DISABLED="true", COLUMNS="80", TZ="IST-5:30", AWS_DEFAULT_REGION="us-east-1")


def run(program, words, settings, folder):
    done = subprocess.run(program + words, env=settings, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, check=False)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace").strip()


def aws_in_fork(words, settings, folder):
    """Runs version 1 of the AWS CLI in a fork of this process, which has imported it: a start takes longer than a call."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            status = 255
            try:
                for file, number in ((out, 1), (err, 2)):
                    os.dup2(file.fileno(), number)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.environ.clear()
                os.environ.update(settings)
                time.tzset()
                os.chdir(folder)
                status = awscli.clidriver.create_clidriver().main(words)
                sys.stdout.flush()
                sys.stderr.flush()
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
            finally:
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        return status, out.read().decode("utf-8"), err.read().decode("utf-8", "replace").strip()


def run_aws(words, settings, folder):
    return aws_in_fork(words, settings, folder) if awscli else run([shutil.which("aws")], words, settings, folder)


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
        code = re.search(r"\(([A-Za-z0-9_.]+)\) when calling", err) or re.match(r"lanyard: [\w-]+:\w+: (?:Http)?([\w.]+): ", err)
        return "error %s" % (code.group(1) if code else err)
    if kind not in ("same", "skeleton"):
        return out
    value = without_now(json.loads(out)) if out.strip() else None
    return json.dumps(without_enums(value) if kind == "skeleton" else value, sort_keys=True, indent=1)


def without_now(value):
    if isinstance(value, dict):
        return {name: "now" if name in NOW else without_now(item) for name, item in value.items()}
    return [without_now(item) for item in value] if isinstance(value, list) else value


def reason_for(line):
    return next((reason for start, reason in EXPECTED.items() if (line + " ").startswith(start + " ")), None)


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
    parser.add_argument("--calls", default=CALLS)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    lanyard = [os.path.abspath(options.build + "/lanyard"), "aws"]
    folder, port = tempfile.mkdtemp(prefix="lanyard-compare"), free_port()
    server, counts, services, kept = start_moto(port), {}, {}, {}
    try:
        settings = environment(folder, port)
        with open(options.calls, encoding="utf-8") as file:
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
                theirs = run_aws(words + ["--endpoint-url", settings["AWS_ENDPOINT_URL"]], settings, folder)
                a, b = comparable(kind, ours), comparable(kind, theirs)
                verdict = "equal" if a == b else "more" if kind == "same" and has_all(a, b) else "different"
                detail = difference(a, b)
            reason = reason_for("%s %s" % (kind, rest))
            if reason:
                detail = reason if verdict in ("failed", "different") else "it is %s by now: %s" % (verdict, reason)
                verdict = "expected" if verdict in ("failed", "different") else "unexpected"
            counts[verdict] = counts.get(verdict, 0) + 1
            services[verdict] = services.get(verdict, set()) | {words[0]}
            if verdict in ("failed", "different", "unexpected", "more") or options.verbose:
                print("%s: %s\n%s" % (verdict, line, detail if verdict != "equal" else ""), flush=True)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
        shutil.rmtree(folder)
    print(", ".join("%d %s" % (count, verdict) for verdict, count in sorted(counts.items())))
    print("equal or more: %d services" % len(services.get("equal", set()) | services.get("more", set())))
    sys.exit(1 if any(counts.get(verdict) for verdict in ("failed", "different", "unexpected")) else 0)


main()
