"""Runs a composite action of GitHub as a runner does, and prints its outputs as JSON.

    composite_action.py FOLDER EVENT INPUTS     EVENT: the event's JSON; INPUTS: a JSON object

Unknown members, inputs and expressions are errors. The files for GITHUB_OUTPUT and the other commands are in
$RUNNER_TEMP. The exit status is that of the step that fails. https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax"""

import json
import os
import re
import subprocess
import sys

import yaml

folder, event, given = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
action = yaml.safe_load(open(os.path.join(folder, "action.yml")))
temp = os.environ["RUNNER_TEMP"]

assert set(action) <= {"name", "description", "inputs", "outputs", "runs", "author", "branding"} and action["description"]
assert set(action["runs"]) == {"using", "steps"} and action["runs"]["using"] == "composite"
steps = {}


def lookup(name):
    source = {"inputs": inputs, "steps": steps, "github": {"event": event}}
    for part in name.split("."):
        source = source[part]
    return source


def evaluate(text):
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: str(lookup(match[1])), text)


inputs = {}
for name, declared in action.get("inputs", {}).items():
    assert set(declared) <= {"description", "required", "default", "deprecationMessage"} and declared["description"]
    assert name in given or not declared.get("required"), f"the input {name} is required"
    inputs[name] = given[name] if name in given else evaluate(declared.get("default", ""))
assert set(given) <= set(inputs), "unknown inputs"

path = os.environ["PATH"]
for number, step in enumerate(action["runs"]["steps"]):
    assert set(step) <= {"name", "id", "shell", "env", "run", "if", "working-directory"} and step["shell"] == "bash"
    assert "${{" not in step["run"], "an expression in run is read as code"
    files = {name: os.path.join(temp, f"{name}-{number}") for name in
             ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
    script = os.path.join(temp, f"script-{number}.sh")
    for file, text in [(file, "") for file in files.values()] + [(script, step["run"])]:
        with open(file, "w") as stream:
            stream.write(text)
    environment = os.environ | files | {name: evaluate(value) for name, value in step.get("env", {}).items()}
    environment |= {"PATH": path, "GITHUB_ACTION_PATH": os.path.abspath(folder)}
    status = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", script], env=environment,
                            stdout=sys.stderr).returncode
    lines = open(files["GITHUB_OUTPUT"]).read().splitlines()
    if "id" in step:
        steps[step["id"]] = {"outputs": dict(line.split("=", 1) for line in lines)}
    for line in open(files["GITHUB_PATH"]).read().splitlines():
        path = line + ":" + path
    if status != 0:
        break

print(json.dumps({
    "outputs": {name: evaluate(output["value"]) for name, output in action.get("outputs", {}).items()},
    "path": path, "summary": open(files["GITHUB_STEP_SUMMARY"]).read(),
}))
sys.exit(status)
