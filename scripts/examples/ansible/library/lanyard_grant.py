#!/usr/bin/python
"""An Ansible module that grants and revokes pull access with lanyard."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: lanyard_grant
short_description: Grant a Lightsail container service pull access to ECR repositories
description:
  - Adds one statement to the policy of each repository, or removes it, with the program C(lanyard).
  - Credentials come from the environment of the task, as for the AWS CLI.
author:
  - The Lanyard authors (!UNKNOWN)
options:
  service:
    description: Name of the container service.
    type: str
    required: true
  repositories:
    description: Names of the repositories.
    type: list
    elements: str
    required: true
  state:
    description: Whether the service has the access.
    type: str
    choices: [present, absent]
    default: present
  enable:
    description: Enable the puller role of the service first, if it is off.
    type: bool
    default: false
  expires:
    description: When the grants end - a date, a period such as C(30d), or C(never).
    type: str
  region:
    description: The AWS Region; the Region of the environment unless given.
    type: str
  profile:
    description: A profile in the config files of AWS.
    type: str
  rules:
    description: A rules file that each change is checked against, or C(none).
    type: str
  executable:
    description: The program.
    type: str
    default: lanyard
"""

EXAMPLES = r"""
- name: Let the service web pull its images
  lanyard_grant:
    service: web
    repositories: [app, team/api]
    enable: true
    region: us-east-1
"""

RETURN = r"""
repositories:
  description: What happened to each repository, as C(lanyard grant --output json) prints it.
  returned: always
  type: list
  elements: dict
  sample: [{"repository": "app", "result": "granted"}]
"""

import json  # noqa: E402

from ansible.module_utils.basic import AnsibleModule  # noqa: E402

UNCHANGED = ("unchanged", "failed")


def words_of(params, dry_run):
    words = [params["executable"], "grant" if params["state"] == "present" else "revoke", "--output", "json"]
    for name in ("region", "profile", "rules", "expires"):
        if params[name] is not None:
            words.append("--%s=%s" % (name, params[name]))
    if params["enable"]:
        words.append("--enable")
    if dry_run:
        words.append("--dry-run")
    return words + ["--", params["service"]] + params["repositories"]


def run(module, dry_run):
    """Runs lanyard. Returns its exit status, the results and the message."""
    status, out, err = module.run_command(words_of(module.params, dry_run), check_rc=False)
    try:
        results = json.loads(out) if out.strip() else []
    except ValueError:
        module.fail_json(msg="lanyard did not print JSON: " + (err or out), rc=status)
    return status, results, err.strip()


def main():
    module = AnsibleModule(
        argument_spec={
            "service": {"type": "str", "required": True},
            "repositories": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "enable": {"type": "bool", "default": False},
            "expires": {"type": "str"},
            "region": {"type": "str"},
            "profile": {"type": "str"},
            "rules": {"type": "str"},
            "executable": {"type": "str", "default": "lanyard"},
        },
        supports_check_mode=True,
    )
    params = module.params
    if not params["repositories"]:
        module.fail_json(msg="repositories is empty")
    if params["state"] == "absent" and (params["enable"] or params["expires"]):
        module.fail_json(msg="enable and expires belong to state: present")

    # The diff is that of a dry run. Without a diff, one run is enough.
    dry_run = module.check_mode or module._diff
    status, results, message = run(module, dry_run)
    diff = [{"prepared": one["diff"]} for one in results if one.get("diff")]
    if status == 0 and dry_run and not module.check_mode:
        status, results, message = run(module, False)
    answer = {
        "changed": any(one["result"] not in UNCHANGED for one in results),
        "repositories": results,
    }
    if module._diff:
        answer["diff"] = diff
    if status != 0:
        # 1: some grants failed; 4: a rule denied some. The others were made.
        module.fail_json(msg=message or "lanyard exited with status %d" % status, rc=status, **answer)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
