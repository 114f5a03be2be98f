"""Parses the examples of scripts/fleet and scripts/examples with Debian's python3-yaml and Python's own parsers, and
prints the shell commands that they run, as JSON, by file. For scripts/fleet, prints the commands of the shards in
order, and the command that merges. For scripts/examples, prints the commands in order, with the emulator's service and
repository.

Required members are read by name, so that a missing or misplaced member is an error. Kubernetes documents are also
validated against the Kubernetes API."""

import configparser
import json
import re
import shlex

import yaml

from kubernetes_api import conforms

FOLDER = "scripts/fleet/"
EXAMPLES = "scripts/examples/"
VALUES = {"Service": "my-container-service", "Repository": "my-private-repo", "global:REGION": "us-east-1"}


def line(words):
    """Returns a command that runs without a shell, as a line for one, with its folder of reports in a variable."""
    assert words[0] == "lanyard"
    return " ".join('"$REPORTS"' + shlex.quote(word[8:]) if word.startswith("/reports") else shlex.quote(word)
                    for word in words)


def installs(job):
    """Checks that the first step of a job copies the binary out of the image, which has no shell for a job."""
    assert "container" not in job
    first = job["steps"][0]["run"].split("\n")
    assert first == ["docker create --name lanyard IMAGE",
                     "sudo docker cp lanyard:/usr/bin/lanyard /usr/local/bin/lanyard", "docker rm lanyard", ""]
    return job["steps"][1:]


def kubernetes():
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
        commands.append(container["command"])
        assert paths == {"reports": "/reports"} and container["image"] == "IMAGE"
        assert "subPath" not in container["volumeMounts"][0]  # its folder would belong to root
        assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["fsGroup"] == 65532
        assert job["spec"]["activeDeadlineSeconds"] and "RUN" in job["metadata"]["name"]
    assert "suspend" not in shards["spec"] and merge["spec"]["suspend"] is True
    assert shards["spec"]["completionMode"] == "Indexed"
    count = shards["spec"]["completions"]
    # Kubernetes replaces $(NAME) in the words of a command.
    return [f"export JOB_COMPLETION_INDEX={i}; " + line([word.replace("$(JOB_COMPLETION_INDEX)", str(i))
                                                          for word in commands[0]])
            for i in range(count)], line(commands[1])


def github():
    workflow = yaml.safe_load(open(FOLDER + "github.yml"))
    assert True in workflow or "on" in workflow  # YAML 1.1 parses `on` as true
    audit, merge = workflow["jobs"]["audit"], workflow["jobs"]["merge"]
    assert merge["needs"] == "audit" and workflow["permissions"]["id-token"] == "write"
    (run,) = [step for step in installs(audit) if "run" in step]
    (joined,) = [step for step in installs(merge) if "run" in step]
    assert run["env"] == {"SHARD": "${{ matrix.shard }}"} and "${{" not in run["run"] + joined["run"]
    assert "github.run_id" in workflow["env"]["REPORTS"]
    return [f"SHARD={i}; {run['run']}" for i in audit["strategy"]["matrix"]["shard"]], joined["run"]


def states_of(machine):
    """Yields the states of a machine in the order in which it enters them."""
    name = machine["StartAt"]
    while True:
        state = machine["States"][name]
        yield state
        if state.get("End"):
            return
        name = state["Next"]


def words_of(text, shard):
    """Evaluates an array of the intrinsic functions that the machine uses.
    https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html"""
    inside = re.fullmatch(r"States\.Array\((.*)\)", text).group(1)
    values = {"$.shard": str(shard), "$$.Execution.Name": "run-1"}
    token = re.compile(r"States\.Format\('([^']*)'((?:, [$\w.]+)*)\)|'([^']*)'|([$\w.]+)")
    words = []
    for match in token.finditer(inside):
        template, names, quoted, path = match.groups()
        words.append(template.format(*[values[name] for name in names.split(", ")[1:]]) if template
                     else values[path] if path else quoted)
    assert token.sub("", inside).strip(", ") == ""
    return words


def override(state):
    assert state["Type"] == "Task" and state["Resource"] == "arn:aws:states:::ecs:runTask.sync"
    (container,) = state["Parameters"]["Overrides"]["ContainerOverrides"]
    return container


def step_functions():
    machine = json.load(open(FOLDER + "step-functions.json"))
    numbers, audit, merge = states_of(machine)
    first, last, step = map(int, re.fullmatch(r"States.ArrayRange\((\d+), (\d+), (\d+)\)",
                                              numbers["Parameters"]["shards.$"]).groups())
    assert audit["Type"] == "Map" and audit["ItemsPath"] == "$.shards"
    (shard,) = states_of(audit["ItemProcessor"])
    # A failed shard stops neither the other shards nor the machine: the merged report names it.
    (caught,) = shard["Catch"]
    assert caught["ErrorEquals"] == ["States.ALL"]
    assert audit["ItemProcessor"]["States"][caught["Next"]]["End"] is True
    run, joined = override(shard)["Command.$"], override(merge)["Command.$"]
    return [line(words_of(run, i)) for i in range(first, last + 1, step)], line(words_of(joined, None))


def filled(line, parameters):
    """Fills in the parameters of an SSM command. They are quoted, and their patterns exclude quotes and options."""
    def value(match):
        name = match.group(1)
        if name in parameters:
            pattern = parameters[name]["allowedPattern"]
            assert re.search(pattern, VALUES[name])
            assert not re.search(pattern, "a'b") and not re.search(pattern, "--all")
        return f"'{VALUES[name]}'"
    line = re.sub(r"'\{\{ ([\w:]+) \}\}'", value, line)
    assert "{{" not in line
    return line


def ssm():
    document = yaml.safe_load(open(EXAMPLES + "ssm-automation.yaml"))
    assert document["schemaVersion"] == "0.3"
    parameters, steps = document["parameters"], document["mainSteps"]
    assert document["assumeRole"] == "{{ AutomationAssumeRole }}"
    assert all({"type", "description"} <= set(parameter) for parameter in parameters.values())
    names = [step["name"] for step in steps]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{3,128}", name) for name in names) and len(set(names)) == len(names)
    assert [step.get("nextStep") for step in steps] == names[1:] + [None] and steps[-1]["isEnd"]
    for step in steps:
        assert step["action"] == "aws:runCommand" and step["inputs"]["DocumentName"] == "AWS-RunShellScript"
        assert step["inputs"]["InstanceIds"] == ["{{ InstanceId }}"]
    assert all(output in [name + ".Output" for name in names] for output in document["outputs"])
    return ["\n".join(filled(line, parameters) for line in step["inputs"]["Parameters"]["commands"]) for step in steps]


def actions():
    workflow = yaml.safe_load(open(EXAMPLES + "github.yml"))
    inputs = workflow.get("on", workflow.get(True))["workflow_dispatch"]["inputs"]
    assert set(inputs) == {"service", "repository"} and workflow["permissions"]["security-events"] == "write"
    commands = []
    for job in workflow["jobs"].values():
        assert job["runs-on"] and job["if"] and job["timeout-minutes"]
        for step in installs(job):
            assert ("uses" in step) != ("run" in step)
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@v\d+", step.get("uses", "a/b@v1"))
            assert "${{" not in step.get("run", "")  # inputs reach the shell only in variables
            if "run" in step:
                commands.append(step["run"])
    (grant,) = [step for step in installs(workflow["jobs"]["grant"]) if "run" in step]
    assert grant["env"] == {"SERVICE": "${{ inputs.service }}", "REPOSITORY": "${{ inputs.repository }}"}
    return commands


def ssm_command():
    document = yaml.safe_load(open(EXAMPLES + "ssm-command.yaml"))
    assert set(document) == {"schemaVersion", "description", "parameters", "mainSteps"} and document["schemaVersion"] == "2.2"
    (step,) = document["mainSteps"]
    assert step["action"] == "aws:runShellScript" and re.fullmatch(r"[A-Za-z0-9_-]{3,128}", step["name"])
    for name, parameter in document["parameters"].items():
        assert parameter["interpolationType"] == "ENV_VAR" and parameter["type"] == "String" and parameter["description"]
        if "allowedValues" in parameter:
            assert parameter["default"] in parameter["allowedValues"]
        else:
            pattern = parameter["allowedPattern"]
            assert re.search(pattern, parameter["default"]) and re.search(pattern, "my-private-repo team/*")
            assert not any(re.search(pattern, text) for text in ("--all", "a;b", "$(x)", "a'b", "", "a\nb", "`x`"))
    lines = step["inputs"]["runCommand"]
    assert "{{" not in "".join(lines)  # a parameter is never a part of the script's text
    defaults = [f"export SSM_{name}=${{SSM_{name}-'{parameter['default']}'}}"
                for name, parameter in document["parameters"].items()]
    return ["\n".join(defaults + lines)]


def cronjob():
    account, job = yaml.safe_load_all(open(EXAMPLES + "cronjob.yaml"))
    conforms(account)
    conforms(job)
    assert account["kind"] == "ServiceAccount"
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn:aws:iam::ACCOUNT:role/ROLE"}
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob") and job["metadata"]["name"]
    assert re.fullmatch(r"\S+ \S+ \S+ \S+ \S+", job["spec"]["schedule"])
    assert job["spec"]["concurrencyPolicy"] in ("Allow", "Forbid", "Replace")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never" and pod["securityContext"]["runAsNonRoot"]
    assert pod["serviceAccountName"] == account["metadata"]["name"]
    (container,) = pod["containers"]
    assert container["image"] and {env["name"] for env in container["env"]} >= {"AWS_REGION", "XDG_STATE_HOME"}
    paths = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert [volume["name"] for volume in pod["volumes"]] == list(paths)
    assert container["command"][0] == "lanyard"  # the image has no entry point
    return [shlex.join(container["command"])]


def unit(name):
    text = configparser.RawConfigParser(strict=False)
    text.optionxform = str
    text.read(EXAMPLES + "systemd/" + name)
    return text


def systemd():
    assert unit("lanyard-audit.timer")["Timer"]["OnCalendar"] and unit("lanyard-audit.timer")["Install"]["WantedBy"]
    commands = [unit(f"lanyard-{name}.service")["Service"]["ExecStart"] for name in ("audit", "watch")]
    prefix = "/usr/local/bin/"
    assert all(command.startswith(prefix + "lanyard ") for command in commands)
    return [command[len(prefix):] for command in commands]


def ansible():
    (play,) = yaml.safe_load(open(EXAMPLES + "ansible/playbook.yml"))
    grant, audit, _ = play["tasks"]
    assert set(grant) == {"name", "lanyard_grant"} and {"register", "changed_when", "failed_when"} <= set(audit)
    module = {}
    source = open(EXAMPLES + "ansible/library/lanyard_grant.py").read()
    for name in ("DOCUMENTATION", "EXAMPLES", "RETURN"):
        module[name] = yaml.safe_load(re.search(name + ' = r"""(.*?)"""', source, re.S).group(1))
    options = module["DOCUMENTATION"]["options"]
    assert set(re.findall(r'^            "(\w+)": \{', source, re.M)) == set(options)
    assert all(option["description"] and option["type"] for option in options.values())
    assert set(module["EXAMPLES"][0]["lanyard_grant"]) <= set(options) and set(grant["lanyard_grant"]) <= set(options)
    return []  # its commands are templates, which only Ansible can fill in


def policy_check():
    folder = EXAMPLES + "policy-check/"
    job = yaml.safe_load(open(folder + "github.yml"))["jobs"]["check"]
    checkout, check = installs(job)
    assert checkout["with"]["fetch-depth"] == 0 and check["env"] == {"BASE": "${{ github.event.pull_request.base.sha }}"}
    assert "${{" not in check["run"]
    gitlab = yaml.safe_load(open(folder + "gitlab-ci.yml"))["policies"]
    assert gitlab["image"] and gitlab["variables"] == {"GIT_DEPTH": "0"}
    (repository,) = yaml.safe_load(open(folder + "pre-commit-config.yaml"))["repos"]
    (hook,) = repository["hooks"]
    assert repository["repo"] == "local" and {"id", "name", "language", "entry", "files"} <= set(hook)
    return [check["run"], *gitlab["script"], hook["entry"]]


print(json.dumps({
    FOLDER + name: {"shards": shards, "merge": merge} for name, (shards, merge) in {
        "kubernetes.yaml": kubernetes(), "github.yml": github(), "step-functions.json": step_functions(),
    }.items()
} | {
    EXAMPLES + name: commands for name, commands in {
        "ssm-automation.yaml": ssm(), "github.yml": actions(), "cronjob.yaml": cronjob(), "systemd": systemd(),
        "ssm-command.yaml": ssm_command(), "ansible": ansible(), "policy-check": policy_check(),
    }.items()
}))
