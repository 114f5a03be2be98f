"""Runs a state machine of scripts/fleet in the States language, with each task of ECS as a process of this machine.

    states.py MACHINE EXECUTION_NAME     prints the events and the end as JSON

The states Pass, Map (inline) and Task, the fields and the intrinsic functions that the machine uses are checked
strictly: a member that is unknown, misplaced or of the wrong type ends the run with a message.
https://states-language.net/ https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
Containers write to $REPORTS in place of /reports. Tasks whose command has a word $FAIL_WORD fail."""

import concurrent.futures
import json
import os
import re
import subprocess
import sys

COMMON = {"Type", "Comment"}
FLOW = {"Next", "End"}
FIELDS = {
    "Pass": COMMON | FLOW | {"InputPath", "OutputPath", "ResultPath", "Parameters", "Result"},
    "Task": COMMON | FLOW | {"InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "Resource", "Retry",
                             "Catch", "TimeoutSeconds"},
    "Map": COMMON | FLOW | {"InputPath", "OutputPath", "ResultPath", "ItemsPath", "ItemSelector", "ItemProcessor",
                            "MaxConcurrency", "ResultSelector", "Retry", "Catch"},
    "Succeed": COMMON, "Fail": COMMON | {"Error", "Cause"},
}
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
RUN_TASK = {"LaunchType": str, "Cluster": str, "TaskDefinition": str, "NetworkConfiguration": dict, "Overrides": dict}
EVENTS = []


class Failure(Exception):
    """An error of a state, with its name."""


def check(condition, message):
    if not condition:
        sys.exit("states.py: " + message)


def check_machine(machine, where):
    check(set(machine) <= {"Comment", "StartAt", "States", "TimeoutSeconds", "Version", "ProcessorConfig"}, where)
    check(machine["StartAt"] in machine["States"], where + ": StartAt")
    reached = {machine["StartAt"]}
    for name, state in machine["States"].items():
        here = f"{where}.{name}"
        check(len(name) <= 80 and state.get("Type") in FIELDS, here + ": Type")
        check(set(state) <= FIELDS[state["Type"]], f"{here}: {set(state) - FIELDS[state['Type']]}")
        if state["Type"] not in ("Succeed", "Fail"):
            check(("Next" in state) != (state.get("End") is True), here + ": Next or End")
        targets = [state["Next"]] if "Next" in state else []
        for catcher in state.get("Catch", []):
            check(set(catcher) <= {"ErrorEquals", "Next", "ResultPath"} and catcher["ErrorEquals"], here + ": Catch")
            targets.append(catcher["Next"])
        for retrier in state.get("Retry", []):
            check(set(retrier) <= {"ErrorEquals", "MaxAttempts", "IntervalSeconds", "BackoffRate", "MaxDelaySeconds",
                                   "JitterStrategy"}, here + ": Retry")
        check(all(target in machine["States"] for target in targets), here + ": a target is missing")
        reached.update(targets)
        if state["Type"] == "Map":
            processor = state["ItemProcessor"]
            check(processor["ProcessorConfig"] == {"Mode": "INLINE"}, here + ": ProcessorConfig")
            check_machine(processor, here)
        elif state["Type"] == "Task":
            check(state["Resource"] == "arn:aws:states:::ecs:runTask.sync", here + ": Resource")
    check(reached == set(machine["States"]), f"{where}: never reached: {set(machine['States']) - reached}")


def lookup(path, data, context):
    """Evaluates a reference path: $.a.b, or $$.A.B of the context."""
    source, steps = (context, path[2:]) if path.startswith("$$") else (data, path[1:])
    check(path.startswith("$") and re.fullmatch(r"(\.\w+)*", steps), f"not a reference path: {path}")
    for name in steps.split(".")[1:]:
        check(isinstance(source, dict) and name in source, f"{path} is not in the input {json.dumps(source)}")
        source = source[name]
    return source


def split_arguments(text):
    """Splits the arguments of an intrinsic function at the commas outside of quotes and parentheses."""
    parts, depth, quoted, start = [], 0, False, 0
    for i, c in enumerate(text):
        if c == "'":
            quoted = not quoted
        elif not quoted and c in "()":
            depth += 1 if c == "(" else -1
        elif c == "," and not quoted and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    check(depth == 0 and not quoted, f"unbalanced: {text}")
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def intrinsic(text, data, context):
    """Evaluates a value whose member's name ends in ".$"."""
    if text.startswith("$"):
        return lookup(text, data, context)
    if match := re.fullmatch(r"'([^'\\]*)'", text):
        return match[1]
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    match = re.fullmatch(r"States\.(\w+)\((.*)\)", text, re.S)
    check(match, f"not an intrinsic function: {text}")
    arguments = [intrinsic(part, data, context) for part in split_arguments(match[2])]
    if match[1] == "Array":
        return arguments
    if match[1] == "ArrayRange":
        first, last, step = arguments
        check(step != 0 and (last - first) // step + 1 <= 1000, "ArrayRange: more than 1000 values")
        return list(range(first, last + (1 if step > 0 else -1), step))
    check(match[1] == "Format" and arguments[0].count("{}") == len(arguments) - 1, f"unknown or wrong: {text}")
    return arguments[0].format(*arguments[1:])


def template(value, data, context):
    """Evaluates a payload template."""
    if isinstance(value, list):
        return [template(item, data, context) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for name, member in value.items():
        if name.endswith(".$"):
            check(isinstance(member, str), f"{name}: a text expected")
            result[name[:-2]] = intrinsic(member, data, context)
        else:
            result[name] = template(member, data, context)
    return result


def run_task(parameters):
    check(set(parameters) == set(RUN_TASK) and all(isinstance(parameters[name], kind) for name, kind in RUN_TASK.items()),
          f"the parameters of RunTask are wrong: {parameters}")
    (override,) = parameters["Overrides"]["ContainerOverrides"]
    check(set(override) == {"Name", "Command"} and all(isinstance(word, str) for word in override["Command"]),
          f"the override is wrong: {override}")
    words = [re.sub("^/reports", lambda _: os.environ["REPORTS"], word) for word in override["Command"]]
    if os.environ.get("FAIL_WORD") in override["Command"]:
        words = ["false"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    EVENTS.append({"command": override["Command"], "status": done.returncode, "output": done.stdout})
    if done.returncode != 0:
        raise Failure("States.TaskFailed")
    return {"Containers": [{"Name": override["Name"], "ExitCode": 0}]}


def matches(errors, name):
    return "States.ALL" in errors or name in errors


def run_map(state, data, context):
    items = lookup(state.get("ItemsPath", "$"), data, context)
    check(isinstance(items, list), "ItemsPath: a list expected")

    def run_item(numbered):
        index, item = numbered
        inner = context | {"Map": {"Item": {"Index": index, "Value": item}}}
        return run_machine(state["ItemProcessor"], template(state["ItemSelector"], data, inner), inner)

    with concurrent.futures.ThreadPoolExecutor(state.get("MaxConcurrency") or 40) as pool:
        return list(pool.map(run_item, enumerate(items)))


def run_state(state, data, context):
    """Returns the result of a state, before ResultPath."""
    if state["Type"] == "Pass":
        return template(state["Parameters"], data, context) if "Parameters" in state else state.get("Result", data)
    if state["Type"] == "Map":
        return run_map(state, data, context)
    return run_task(template(state["Parameters"], data, context))


def run_machine(machine, data, context):
    name = machine["StartAt"]
    while True:
        state, attempts = machine["States"][name], 0
        check(state["Type"] in ("Pass", "Map", "Task"), f"{name}: not supported here")
        check(all(state.get(path, "$") == "$" for path in ("InputPath", "OutputPath")), f"{name}: not supported here")
        while True:
            try:
                result, target = run_state(state, data, context), state.get("Next")
                break
            except Failure as failure:
                retrier = next((r for r in state.get("Retry", []) if matches(r["ErrorEquals"], str(failure))), None)
                if retrier and attempts < retrier.get("MaxAttempts", 3):
                    attempts += 1
                    continue
                catcher = next((c for c in state.get("Catch", []) if matches(c["ErrorEquals"], str(failure))), None)
                if not catcher:
                    raise
                result, target = {"Error": str(failure)}, catcher["Next"]
                break
        result_path = state.get("ResultPath", "$")
        check(result_path in (None, "$"), f"{name}: ResultPath is not supported here")
        data = data if result_path is None else result
        if target is None:
            return data
        name = target


machine = json.load(open(sys.argv[1]))
check_machine(machine, "machine")
try:
    run_machine(machine, {}, {"Execution": {"Name": sys.argv[2]}})
    end = "SUCCEEDED"
except Failure as failure:
    end = "FAILED"
print(json.dumps({"end": end, "events": EVENTS}))
