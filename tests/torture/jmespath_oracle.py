"""Evaluates JMESPath expressions with python3-jmespath.

Each line of stdin is {"expression": TEXT, "given": VALUE}; each line of stdout is {"result": VALUE} or {"error": KIND}.
"""
import json
import sys
import warnings

from jmespath import compile, exceptions, functions, visitor

warnings.simplefilter("ignore")

KINDS = [
    (exceptions.UnknownFunctionError, "unknown-function"),
    (exceptions.JMESPathTypeError, "invalid-type"),
    (exceptions.ArityError, "invalid-arity"),
    (exceptions.VariadictArityError, "invalid-arity"),
    (exceptions.ParseError, "syntax"),
    (exceptions.EmptyExpressionError, "syntax"),
]


def whole(value):
    """Returns a value whose whole floats are integers, and whose objects are sorted, as lanyard.json writes them."""
    if isinstance(value, dict):
        return {name: whole(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [whole(element) for element in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


class Json:
    """The encoder of to_string, with the characters themselves instead of \\uXXXX."""

    @staticmethod
    def dumps(value, **_):
        return json.dumps(whole(value), separators=(",", ":"), ensure_ascii=False)


functions.json = Json
merge = functions.Functions.FUNCTION_TABLE["merge"]
merge_objects = merge["function"]
merge["function"] = lambda *arguments: whole(merge_objects(*arguments))
make_object = visitor.TreeInterpreter.visit_multi_select_dict
visitor.TreeInterpreter.visit_multi_select_dict = lambda *arguments: whole(make_object(*arguments))


def answer(case):
    try:
        return json.dumps({"result": whole(compile(case["expression"]).search(case["given"]))})
    except Exception as failure:  # the library raises TypeError and ValueError, too
        for cls, kind in KINDS:
            if isinstance(failure, cls):
                return json.dumps({"error": kind, "message": str(failure)})
        return json.dumps({"error": "other", "message": str(failure)})


for line in sys.stdin.buffer:
    print(answer(json.loads(line)))
