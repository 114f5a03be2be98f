local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Test and list the rules of a rules file.",
  category = "policies",
  description = [[
Rules run before each change and during audits. The rules file is the file of
--rules, of LANYARD_RULES, or ./.lanyard/rules.lua, whichever is found first;
none means no rules. If a named or existing file cannot be used, nothing is
changed.

./.lanyard/rules.lua is in force only if you trust it (`lanyard help trust`).
Until then commands that change something, and `lanyard audit --fail-on`, exit
with 4. `rules test` and `rules show` read it in any case.

The file is Lua in a sandbox with the functions below.

Rules

  rule "production images only to production services" {
    on = "grant",
    check = function(change)
      if change.repository:match "^prod/"
          and change.service.tags.env ~= "prod" then
        return deny "tag the service env=prod first"
      end
    end,
  }

on is grant, revoke, enable, disable, deploy, undo, any (of these), audit, call, service, or a list.
check returns one of:

  deny "reason"   The change is not made, and the exit status is 4.
  warn "text"     The text is printed as a warning.
  allow()         The change is allowed, as without a result.

A rule that raises an error or takes too long denies the change.

A rule with on = "audit" is called for each repository and each service; a rule with on = { "grant",
"audit" } for each existing grant. In an audit, deny and warn are findings, as is this result:

  finding {
    severity = "high", message = "what", why = "impact",
    fix = "how to fix it",
  }

A rule with on = "call" is called before each call of `lanyard aws`, also one that only reads, and
before the calls of scripts with a client of `cli.client`.

A rule with on = "service" is called before a container service is created, changed or deleted; action
is create, update or delete. before and after are the service then, not policies: before is absent for
create, and after for delete. The action delete-image deletes image from its registry; before and after
are equal then.

A change has these members, as far as they apply:

  on, dry_run, time, epoch (seconds since 1970)
  caller.account, .arn, .region
  service.name, .arn, .region, .state, .tags,
    .role.active, .role.arn
  before, after (of "service"): .power, .scale, .disabled, .tags,
    .domains (lists by certificate), .role.active, .role.arn,
    .monthly_price (USD; absent if it is unknown)
  action, image (of "service")
  call.service, .operation, .parameters, .reads, .region (of "call";
    sensitive parameters are ***)
  repository (its name)
  repository_details.arn, .account, .region, .mutability, .tags
  before, after (policies): .text, .statements; a statement has sid,
    effect, principals (type, value), actions, resources and
    conditions (operator, key, values)
  new_access, reach (who gains access by the change, and who has it
    after it): lists of classes of callers, over every possible
    request; a class has kind (everyone, any-organization,
    organization, organization-path, account, pattern, principal,
    provider, any-service, service), id, text, except and certain, and
    in new_access the actions; public is true if the class is everyone
    and no condition keeps the public out, source and network are
    present if they restrict it, and relation is own or other
  grant.service, .principal, .sid, .expires (seconds since 1970)
  deployment (the request of CreateContainerServiceDeployment)
  references (of "deploy": variables whose values are parameters or
    secrets; a list of container, variable and reference)

Bundled rules

own-organization denies a change that opens a repository to another organization, to every
organization or to everyone, over every possible request:

  bundled "own-organization" {
    organizations = { "o-a1b2c3d4e5" },
    accounts = { "111122223333", "444455556666" },
  }

Without organizations, AWS Organizations is asked for the one of the account
(organizations:DescribeOrganization); if that fails, the change is denied. Without accounts, access of a
single account and its principals is allowed, because its organization is unknown; with them, only these
accounts, the repository's own and Lightsail's puller roles are. A service of AWS needs a condition on
its source, such as aws:SourceAccount. The rule applies to grant, revoke and undo.

Mutes

A mute removes findings from an audit's summary and from --fail-on. They are counted as muted and
listed separately in JSON. These members are globs: repository, service, principal, statement,
account, region, message (the message of a rule's finding begins with rule "NAME":). `lanyard help
findings` lists the names for the member finding. `ends` is the date at whose start (UTC) the mute
ends; from then on the findings are reported again, and the expired mute is a finding.

  mute {
    finding = "public-access", repository = "demo/*",
    reason = "images for everyone", ends = "2027-01-31",
  }

Examples

An example is a change and the expected result: allow, deny, warn or finding, or one of these with a
part of its text.

  example "a test service gets no production image" {
    on = "grant", repository = "prod/web",
    service = { name = "web", tags = { env = "test" } },
    expect = "deny: env=prod",
  }
]],
  commands = { "test", "show" },
  exit = {
    { 0, "success" },
    { 1, "an example failed" },
    { 2, "the command line or the rules file is invalid" },
  },
  examples = {
    { "lanyard rules test", "Test the rules file with its examples." },
    { "lanyard rules show rules.lua", "List the rules, mutes and examples of a file." },
  },
}
command:parse(...)
