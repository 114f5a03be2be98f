#!/usr/bin/env python3
"""Compares the names of lanyard.awscli with the AWS CLI's: of every operation, waiter and option of every service.

    tests/compare/cli_names.py [BUILD]

It needs a Python with the package awscli (the AWS CLI 1, which uses the same names as version 2) and lua5.4. It prints
each difference, and exits with 1 if there is one.
"""
import json
import subprocess
import sys

import botocore
from awscli.clidriver import ServiceCommand, ServiceOperation, create_clidriver

# Arguments that are made of members as they are. The others are the AWS CLI's own.
PLAIN = {"CLIArgument", "ListArgument", "BooleanArgument", "ReplacedZipFileArgument", "PositiveBooleanArgument"}

LUA = """
package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
local names, renamed = require "lanyard.awscli.names", require "lanyard.awscli.renamed"
for line in io.lines() do
  local kind, service, operation, name = line:match "^(%S+)\\t(%S+)\\t(%S+)\\t(%S+)$"
  if kind == "operation" then
    print(names.operation(name))
  elseif kind == "command" then
    print(names.operation(name) == names.current(operation) and "same" or names.operation(name))
  elseif kind == "xform" then
    print(names.member(name))
  elseif kind == "service" then
    print(names.service(name) .. " " .. tostring(names.model_of(service)))
  else
    local option = names.member(name)
    print(renamed.option(service, operation, kind == "negative" and "no-" .. option or option))
  end
end
"""


def questions():
    """Yields the question, as one line for Lua, and the expected answer."""
    cached = {name for name, separator in botocore._xform_cache if separator == "-"}
    for command, service in create_clidriver()._get_command_table().items():
        if not isinstance(service, ServiceCommand):
            continue
        model = service.service_model
        if command != "runtime.sagemaker":
            yield "service\t%s\t-\t%s" % (command, model.service_name), command + " " + model.service_name
        members = {member for shape in model.shape_names if model.shape_for(shape).type_name == "structure"
                   for member in model.shape_for(shape).members} - cached
        for member in members:
            yield "xform\t%s\t-\t%s" % (command, member), botocore.xform_name(member, "-")
        for operation in model.operation_names:
            yield "operation\t%s\t-\t%s" % (command, operation), botocore.xform_name(operation, "-")
        yield from options(command, service)


def options(command, service):
    for name, operation in service._get_command_table().items():
        if not isinstance(operation, ServiceOperation):
            continue
        yield "command\t%s\t%s\t%s" % (command, name, operation._operation_model.name), "same"
        for option, argument in operation.arg_table.items():
            kind = type(argument).__name__
            hidden = getattr(argument, "_UNDOCUMENTED", False)
            if kind not in PLAIN or (command, name, option) == ("route53domains", "view-billing", "start") \
                    or hidden and option != botocore.xform_name(argument._serialized_name, "-"):
                continue
            negative = kind == "BooleanArgument" and argument.argument_model is not None \
                and getattr(argument, "_action", "") == "store_false"
            yield "%s\t%s\t%s\t%s" % ("negative" if negative else "option", command, name,
                                      argument._serialized_name), option


def main():
    asked = list(questions())
    answers = subprocess.run(["lua5.4", "-e", LUA], input="\n".join(line for line, _ in asked), check=True,
                             stdout=subprocess.PIPE, encoding="utf-8").stdout.splitlines()
    differences = [(line, expected, answer) for (line, expected), answer in zip(asked, answers) if expected != answer]
    for line, expected, answer in differences:
        print("%s: %s, expected %s" % (line, answer, expected))
    print("%d names, %d differ (botocore %s)" % (len(asked), len(differences), botocore.__version__))
    sys.exit(1 if differences or len(asked) != len(answers) else 0)


main()
