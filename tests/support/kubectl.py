"""A kubectl without a cluster: keeps Jobs in the folder $KUBE_STATE and runs their containers as processes of this
machine, with the volume /reports at $REPORTS.

It knows the subcommands of scripts/fleet/kubernetes.sh, and fails on everything else. Its Job controller follows
https://kubernetes.io/docs/concepts/workloads/controllers/job/: suspended Jobs wait; an index runs again until
backoffLimitPerIndex; the Job ends when no index is left, as Failed if one failed. The index $FAIL_INDEX always fails."""

import concurrent.futures
import json
import os
import re
import subprocess
import sys

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
from kubernetes_api import conforms  # noqa: E402

STATE = os.environ["KUBE_STATE"]


def path_of(name):
    return os.path.join(STATE, name + ".json")


def load(name):
    with open(path_of(name)) as file:
        return json.load(file)


def save(name, value):
    with open(path_of(name) + ".new", "w") as file:
        json.dump(value, file)
    os.replace(path_of(name) + ".new", path_of(name))


def run_pod(job, index):
    """Runs the container of a Job. Returns the pod, as kubectl shows it, with its output."""
    (container,) = job["spec"]["template"]["spec"]["containers"]
    environment = dict(os.environ)
    if index is not None:
        environment["JOB_COMPLETION_INDEX"] = str(index)
    words = [word.replace("$(JOB_COMPLETION_INDEX)", str(index)) for word in container["command"]]
    words = [re.sub("^/reports", lambda _: os.environ["REPORTS"], word) for word in words]
    if index is not None and str(index) == os.environ.get("FAIL_INDEX"):
        words = ["false"]
    done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return {"index": index, "log": done.stdout,
            "status": {"containerStatuses": [{"state": {"terminated": {"exitCode": done.returncode}}}]}}


def run_index(job, index, retries):
    for _ in range(retries + 1):
        pod = run_pod(job, index)
        if pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 0:
            return pod, True
    return pod, False


def control(name):
    """The Job controller, for one Job that is not suspended."""
    job = load(name)
    spec = job["spec"]
    indexed = spec.get("completionMode") == "Indexed"
    indexes = list(range(spec["completions"])) if indexed else [None]
    retries = spec["backoffLimitPerIndex"] if indexed else spec["backoffLimit"]
    with concurrent.futures.ThreadPoolExecutor(spec.get("parallelism", 1)) as pool:
        results = list(pool.map(lambda index: run_index(job, index, retries), indexes))
    failed = not all(ok for _, ok in results)
    job["pods"] = [pod for pod, _ in results]
    job["status"] = {"conditions": [{"type": kind, "status": "True"} for kind in
                                    (("FailureTarget", "Failed") if failed else ("SuccessCriteriaMet", "Complete"))]}
    save(name, job)


def start(name):
    subprocess.Popen([sys.executable, os.path.abspath(__file__), "control", name], stdin=subprocess.DEVNULL,
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def apply():
    for job in list(yaml.safe_load_all(sys.stdin)):
        conforms(job)
        name = job["metadata"]["name"]
        assert re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name), name
        assert not os.path.exists(path_of(name)), name + " exists, and the template of a Job cannot be changed"
        assert "RUN" not in json.dumps(job)
        job["status"] = {}
        save(name, job)
        print(f"job.batch/{name} created")
        if not job["spec"].get("suspend"):
            start(name)


def patch(name, text):
    job = load(name)
    assert json.loads(text) == {"spec": {"suspend": False}} and job["spec"]["suspend"]
    job["spec"]["suspend"] = False
    save(name, job)
    start(name)
    print(f"job.batch/{name} patched")


def select(values, step):
    """Applies a step of a JSONPath: .name, [0] or [?(@.name=="text")]."""
    found = []
    for value in values:
        if match := re.fullmatch(r"\.(\w+)", step):
            found += [value[match[1]]] if match[1] in value else []
        elif match := re.fullmatch(r"\[(\d+)\]", step):
            found += value[int(match[1]):int(match[1]) + 1]
        elif match := re.fullmatch(r'\[\?\(@\.(\w+)=="([^"]*)"\)\]', step):
            found += [item for item in value if item.get(match[1]) == match[2]]
        else:
            raise ValueError(step)
    return found


def jsonpath(value, option):
    expression = re.fullmatch(r"jsonpath=\{(.*)\}", option)[1]
    steps = re.findall(r'\.\w+|\[\d+\]|\[\?\(@\.\w+=="[^"]*"\)\]', expression)
    assert "".join(steps) == expression, expression
    values = [value]
    for step in steps:
        values = select(values, step)
    print(*values, end="")


def main(words):
    kind, name = (words[1].split("/") + [None])[:2] if len(words) > 1 else (None, None)
    if words[0] == "control":
        control(words[1])
    elif words == ["apply", "--filename", "-"]:
        apply()
    elif words[0] == "patch" and kind == "job" and words[2] == "--patch":
        patch(name, words[3])
    elif words[0] == "logs" and kind == "job":
        print(load(name)["pods"][-1]["log"], end="")
    elif words[0] == "get" and kind == "job" and words[2] == "--output":
        jsonpath(load(name), words[3])
    elif words[:2] == ["get", "pods"] and words[2] == "--selector" and words[4] == "--output":
        jsonpath({"items": load(re.fullmatch("batch.kubernetes.io/job-name=(.*)", words[3])[1])["pods"]}, words[5])
    else:
        sys.exit(f"kubectl: not known here: {words}")


main(sys.argv[1:])
