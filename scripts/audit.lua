local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Report who can pull from each repository, and what is wrong.",
  category = "audit",
  description = [[
Reads the repositories of the Region, or only the ones that match the names and
globs, with their policies, the container services, and the images that the
services deploy.

Scope
  --region and --profile accept comma-separated lists; --region all selects
  every Region where Lightsail is available. If a Region, a profile or a glob
  fails, the error is reported, the audit continues with the rest, and the exit
  status is 1.

  --assume-role NAME audits other accounts with arn:aws:iam::ACCOUNT:role/NAME:
  the --accounts, or all active accounts of the --organization. The caller's
  own account is audited without the role.

  --shard I/N audits one of N parts. A repository is always in the same part.
  Join the JSON reports with `lanyard audit merge`; findings that need all
  repositories, such as unused-role, appear only there. Give all shards of a run
  the same --run-id, so that a report of an earlier run is not joined with them.
  In an indexed Job of Kubernetes and an array job of AWS Batch, index/N is the
  part of this job: its index (JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX)
  plus one.

Output
  The table of grants has the columns
    KIND  what the principal is: puller (a puller role), service-role and
          lightsail-service (Lightsail principals that cannot pull), account,
          role, user, session, service, federated, orphan (the unique id of a
          deleted role or user), public (everyone) or unknown
    PULL  whether the policy allows the principal to pull: allow, deny, partial
          (one of the two actions) or depends (a condition decides)

  Findings are sorted by severity; `lanyard help findings` lists them. --output
  jsonl prints them unsorted, as soon as they are found. With --baseline,
  --history, --service or mutes, jsonl is printed at the end, sorted.

  --baseline FILE compares with an earlier JSON report: findings are new or
  unchanged, resolved findings and changed grants are listed, and --fail-on
  applies to new findings. A finding that has become more severe is new.
  Policies are compared by what they allow, over every possible request: a
  change is described by what it gives and takes, and a policy that is only
  written differently changes no grant.

  --history DB stores the run for `lanyard history`. If the run cannot be
  stored, or is older than the last one of an account and Region, an error is
  printed after the report and the exit status is 1.

Without --trusted-accounts and --trusted-organizations, access by another account
or organization is the finding other-account (medium). With one of them, access
by what is listed is not reported, and any other is untrusted-account (high). An
account counts whether a principal or a condition names it. One that can push
images, delete them or change the policy is high at least. A path such as
o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ trusts the accounts of that unit and of the
units below it, where a condition on aws:PrincipalOrgPaths names them.

Policies that are not considered
  Every report lists them. Resource control policies of the organization (RCPs)
  are read where the caller may: with the credentials of its management account
  or of a delegated administrator. Then a pull that an RCP denies is the finding
  denied-grant, and a finding about somebody outside says what the RCP leaves of
  it. Otherwise a report may show access that an RCP denies. Service control
  policies limit the users and roles of their own organization, not Lightsail's
  puller roles; VPC endpoint policies limit the requests that pass an endpoint.
  No audit considers these two.

Rules with on = "audit" add findings, and mutes remove some; see `lanyard help
rules`.

A repository named merge needs --: lanyard audit -- merge
]],
  commands = { "merge" },
  arguments = { { "repository", args = "*", help = "Name or glob of a repository; all unless given." } },
  options = {
    "report",
    { "--desired", type = "file", help = "Report differences from this desired-state file." },
    { "--rules", type = "file", help = "Apply the rules and mutes in this file; none for no rules." },
    { "--trusted-accounts", type = "text", value = "ID,...",
      help = "Other accounts that are allowed to pull; access by an account that is not listed is more severe." },
    { "--trusted-organizations", type = "text", value = "ID,...",
      help = "Organizations and paths of organizational units whose accounts are allowed to pull." },
    { "--unused-days", type = "days",
      help = "Days without a pull after which a grant that no deployment needs is unused (default: 90)." },
    { "--shard", type = "shard", help = "Audit part I of N parts of the repositories." },
    { "--run-id", type = "run-id", help = "Name the run in the report; `audit merge` joins only shards of one run." },
    { "--assume-role", type = "role-name", help = "Audit other accounts with their role of this name." },
    { "--external-id", type = "external-id", help = "External id that the roles require." },
    { "--accounts", type = "text", value = "ID,...", help = "Accounts to audit with --assume-role." },
    { "--organization", help = "Audit all active accounts of the organization with --assume-role." },
    "targets",
  },
  exit = {
    { 0, "no finding reaches --fail-on" },
    { 1, "part of the audit failed, or the run could not be stored" },
    { 2, "the command line, the rules, the baseline or the desired-state file is invalid" },
    { 3, "a finding reaches --fail-on, also where part of the audit failed" },
    { 4, "--fail-on is given, and ./.lanyard/rules.lua is not trusted (lanyard help trust)" },
  },
  examples = {
    { "lanyard audit --fail-on high", "Fail a CI job on critical and high findings." },
    { "lanyard audit 'team/*' --output sarif > audit.sarif", "Write findings for code scanning." },
    { "lanyard audit --region all --profile dev,prod --output html > audit.html" },
    { "lanyard audit --baseline yesterday.json --fail-on low", "Fail only on findings that are new since yesterday." },
    { "lanyard audit --assume-role lanyard-audit --organization", "Audit all accounts of the organization." },
  },
}
local options = command:parse(...)

local audit = require "lanyard.cli.audit"
local scan = require "lanyard.cli.audit.scan"

scan.check(command, options)
local run <close> = audit.open(options)
local report, failed = scan.run(options, run)
return run:finish(report, failed)
