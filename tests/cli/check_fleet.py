"""Reads the examples of scripts/fleet with the parsers of Debian's python3-yaml and of Python, and prints the
shell commands that they run, as JSON: for each file the commands of its shards, in order, and that of merging.
What an example must have to run is looked up by name, so that a missing or misplaced member is an error; those of
Kubernetes are held against its API, by the classes that Debian's python3-kubernetes has of that."""

import json
import re
import types

import kubernetes.client
import yaml

FOLDER = "scripts/fleet/"


# What came to Kubernetes after that package: https://kubernetes.io/docs/concepts/workloads/controllers/job/
NEWER = {"backoffLimitPerIndex"}


def known(value):
    """A document without what is newer than the classes."""
    if isinstance(value, list):
        return [known(item) for item in value]
    if isinstance(value, dict):
        return {name: known(member) for name, member in value.items() if name not in NEWER}
    return value


def conforms(document):
    """Fails where a member is not of the API, is missing, or has another type: it does not come back then."""
    document, api = known(document), kubernetes.client.ApiClient()
    made = api.deserialize(types.SimpleNamespace(data=json.dumps(document)), "V1" + document["kind"])
    back = api.sanitize_for_serialization(made)
    assert back == document, (back, document)


def kubernetes_jobs():
    shards, merge = yaml.safe_load_all(open(FOLDER + "kubernetes.yaml"))
    commands = []
    for job in shards, merge:
        conforms(job)
        assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
        pod = job["spec"]["template"]["spec"]
        assert pod["restartPolicy"] == "Never"
        (container,) = pod["containers"]
        paths = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert [volume["name"] for volume in pod["volumes"]] == list(paths)
        assert container["env"] == [{"name": "REPORTS", "value": paths["reports"]}]
        assert container["command"][:2] == ["sh", "-c"] and len(container["command"]) == 3
        commands.append(container["command"][2])
    assert shards["spec"]["completionMode"] == "Indexed"
    count = shards["spec"]["completions"]
    return [f"JOB_COMPLETION_INDEX={i}; {commands[0]}" for i in range(count)], commands[1]


def github():
    workflow = yaml.safe_load(open(FOLDER + "github.yml"))
    assert True in workflow or "on" in workflow  # YAML 1.1 reads the word on as true
    audit, merge = workflow["jobs"]["audit"], workflow["jobs"]["merge"]
    assert merge["needs"] == "audit" and workflow["permissions"]["id-token"] == "write"
    (run,) = [step for step in audit["steps"] if "run" in step]
    (joined,) = [step for step in merge["steps"] if "run" in step]
    assert run["env"] == {"SHARD": "${{ matrix.shard }}"}
    return [f"SHARD={i}; {run['run']}" for i in audit["strategy"]["matrix"]["shard"]], joined["run"]


def reached(machine):
    """The states of a machine in the order in which they come, each with its way on."""
    name = machine["StartAt"]
    while True:
        state = machine["States"][name]
        yield state
        if state.get("End"):
            return
        name = state["Next"]


def override(state):
    assert state["Type"] == "Task" and state["Resource"] == "arn:aws:states:::ecs:runTask.sync"
    (container,) = state["Parameters"]["Overrides"]["ContainerOverrides"]
    return container


def step_functions():
    machine = json.load(open(FOLDER + "step-functions.json"))
    numbers, audit, merge = reached(machine)
    first, last, step = map(int, re.fullmatch(r"States.ArrayRange\((\d+), (\d+), (\d+)\)",
                                              numbers["Parameters"]["shards.$"]).groups())
    assert audit["Type"] == "Map" and audit["ItemsPath"] == "$.shards"
    (shard,) = reached(audit["ItemProcessor"])
    text = re.fullmatch(r"States.Array\('sh', '-c', States.Format\('([^']*)', \$.shard, \$.shard\)\)",
                        override(shard)["Command.$"]).group(1)
    command = override(merge)["Command"]
    assert command[:2] == ["sh", "-c"] and len(command) == 3
    return [text.format(i, i) for i in range(first, last + 1, step)], command[2]


print(json.dumps({name: {"shards": shards, "merge": merge} for name, (shards, merge) in {
    "kubernetes.yaml": kubernetes_jobs(), "github.yml": github(), "step-functions.json": step_functions(),
}.items()}))
