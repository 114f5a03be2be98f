--- An account with at least one of each finding ("bad/...") and a near miss of each ("good/..."). It has no policy that
--- cannot be read, which would hide a role without a grant.
---
---     account.seed             -- for an emulator
---     account.age(state, now)  -- adds what calls cannot create: old images, policies that ECR would reject, and
---                              -- deployments of images that do not exist
---     account.policies         -- the texts, by repository
---     account.expected         -- the findings: { id, severity, repository, index of the statement, text at the
---                              -- location, fix }

local timestamp = require "lanyard.text.timestamp"
local policies = require "lanyard.policy"
local statements = require "lanyard.access.statements"

local M = {}

local ACCOUNT = "111122223333"
local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/%s/containers/%s/%s"
local WEB = ROLE:format("us-east-1", "web", "private-repo-access/current")
local LOOSE = ROLE:format("us-east-1", "loose", "private-repo-access/id")
local OLD = ROLE:format("us-east-1", "web", "private-repo-access/old")
local GONE = ROLE:format("us-east-1", "gone", "private-repo-access/id")
local FAR = ROLE:format("us-west-2", "gone", "private-repo-access/id")
local GENERAL = ROLE:format("us-east-1", "web", "id")
local CI = "arn:aws:iam::" .. ACCOUNT .. ":role/ci-deploy"
local NOBODY = "arn:aws:iam::" .. ACCOUNT .. ":role/nobody"
local READER = "arn:aws:iam::" .. ACCOUNT .. ":role/team/reader"
local AUDITOR = "arn:aws:iam::" .. ACCOUNT .. ":user/team/auditor"
local SESSION = "arn:aws:sts::" .. ACCOUNT .. ":assumed-role/reader/today"
local STRANGE = "arn:aws:iam::" .. ACCOUNT .. ":role/AROA2XQYJ5EXAMPLE12345"
local OTHER_CI = "arn:aws:iam::" .. ACCOUNT .. ":role/ci-check"

-- Deadlines that are near enough to be reported, and that are not.
local SOON = timestamp.format(os.time() + 13 * 86400)
local LATER = timestamp.format(os.time() + 15 * 86400)

local GET, LAYER = '"ecr:BatchGetImage"', '"ecr:GetDownloadUrlForLayer"'
local PULL = ("[%s,%s]"):format(GET, LAYER)
local IDLE = ROLE:format("us-east-1", "idle", "private-repo-access/id")

local function aws(...)
  return '{"AWS":["' .. table.concat({ ... }, '","') .. '"]}'
end

-- Returns a statement; `more` is the text of further elements.
local function allow(principal, actions, more)
  return ('{"Effect":"Allow","Principal":%s,"Action":%s%s}'):format(principal, actions or PULL, more or "")
end

local function deny(principal, actions)
  return ('{"Effect":"Deny","Principal":%s,"Action":%s}'):format(principal, actions)
end

local function policy(...)
  return '{"Version":"2012-10-17",\n"Statement":[\n' .. table.concat({ ... }, ",\n") .. "]}"
end

local function until_date(date)
  return (',"Condition":{"DateLessThan":{"aws:CurrentTime":"%s"}}'):format(date)
end

-- Returns a policy of about that many characters.
local function long_policy(size)
  local networks = {}
  for i = 1, size // 15 do
    networks[i] = ('"vpc-%08d"'):format(i)
  end
  return policy(allow(aws(CI), '"ecr:DescribeImages"',
    (',"Condition":{"StringEquals":{"aws:SourceVpc":[%s]}}'):format(table.concat(networks, ","))))
end

local ANYWHERE = (',"Resource":"arn:aws:ecr:us-east-1:%s:repository/*"'):format(ACCOUNT)
local ORG = ',"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}'
local SOURCE = (',"Condition":{"StringEquals":{"aws:SourceAccount":"%s"}}'):format(ACCOUNT)
local ORPHAN = "AROA2XQYJ5EXAMPLE12345"

local TOGETHER = '["ecr:PutImage","ecr:ListImages"]'

M.policies = {
  ["bad/public"] = policy(allow '"*"'),
  ["bad/not-principal"] = policy(('{"Effect":"Allow","NotPrincipal":%s,"Action":%s}'):format(aws(CI), PULL)),
  ["good/public"] = policy(allow(aws(ACCOUNT))),
  ["bad/conditional"] = policy(allow('"*"', PULL, ORG)),
  ["good/conditional"] = policy(allow(aws(CI), PULL, ORG)),
  ["bad/public-push"] = policy(allow('"*"', '"ecr:PutImage"')),
  ["good/public-push"] = policy(deny('"*"', '"ecr:PutImage"')),
  ["bad/account"] = policy(allow(aws(CI)), allow(aws("444455556666", ACCOUNT))),
  ["bad/orphan"] = policy(allow(aws(ORPHAN))),
  ["bad/missing-principal"] = policy(allow(aws(CI, NOBODY))),
  ["good/missing-principal"] = policy(allow(aws(READER, AUDITOR)), allow(aws(SESSION), '"ecr:DescribeImages"'),
    deny(aws(NOBODY), '"ecr:PutImage"')),
  ["good/orphan"] = policy(allow(aws(STRANGE))),
  ["bad/general"] = policy(allow(aws(GENERAL))),
  ["bad/lightsail"] = policy(allow('{"Service":"lightsail.amazonaws.com"}')),
  ["good/lightsail"] = policy(allow('{"Service":"ecs.amazonaws.com"}', PULL, SOURCE)),
  ["bad/missing-service"] = policy(allow(aws(GONE))),
  ["bad/other-region"] = policy(allow(aws(FAR))),
  ["bad/inactive"] = policy(allow(aws(OLD))),
  ["good/web"] = policy(allow(aws(WEB))),
  ["bad/unused"] = policy(allow(aws(WEB))),
  ["good/pulled"] = policy(allow(aws(WEB))),
  ["good/young"] = policy(allow(aws(WEB))),
  ["bad/partial"] = policy(allow(aws(WEB), GET)),
  ["good/partial"] = policy(allow(aws(WEB), GET), allow(aws(WEB), LAYER)),
  ["bad/partial-ci"] = policy(allow(aws(CI), GET)),
  ["bad/push"] = policy(allow(aws(WEB), '"ecr:*"')),
  ["good/push"] = policy(allow(aws(CI), '"ecr:*"')),
  ["bad/wide"] = policy(allow(aws(WEB), ('[%s,%s,"ecr:DescribeImages"]'):format(GET, LAYER))),
  ["good/wide"] = policy(allow(aws(CI), '["ecr:DescribeImages"]')),
  ["bad/denied"] = policy(allow(aws(CI)), deny(aws(CI), LAYER)),
  ["good/denied"] = policy(allow(aws(CI)), deny('"*"', '"ecr:PutImage"')),
  ["bad/denied-push"] = policy(allow(aws(CI), '"ecr:PutImage"'), deny('"*"', '"ecr:PutImage"')),
  ["bad/refused"] = policy(allow(aws(WEB)), deny(aws(WEB, CI), LAYER)),
  ["bad/twice"] = policy(allow(aws(WEB)), allow(aws(WEB))),
  ["good/twice"] = policy(allow(aws(WEB)), allow(aws(CI))),
  ["bad/overlap"] = policy(allow(aws(WEB, CI)), allow(aws(WEB, OTHER_CI))),
  ["bad/together"] = policy(allow(aws(CI), '["ecr:PutImage","ecr:TagResource"]'),
    allow(aws(CI), '["ecr:ListImages","ecr:DescribeImages"]'), allow(aws(CI), TOGETHER)),
  ["bad/expired"] = policy(allow(aws(CI), PULL, until_date "2020-01-31T00:00:00Z")),
  ["good/expired"] = policy(allow(aws(CI), PULL, until_date "2999-01-31T00:00:00Z")),
  ["bad/ends-soon"] = policy(allow(aws(WEB), PULL, until_date(SOON))),
  ["bad/ends-soon-ci"] = policy(allow(aws(CI), PULL, until_date(SOON))),
  ["bad/ends-soon-needed"] = policy(allow(aws(WEB), PULL, until_date(SOON))),
  ["good/ends-soon"] = policy(allow(aws(CI), PULL, until_date(LATER))),
  ["good/ends-later"] = policy(allow(aws(CI), PULL, until_date(SOON)), allow(aws(CI), PULL, until_date(LATER))),
  ["bad/over"] = policy(allow(aws(WEB), PULL, until_date "2020-01-31T00:00:00Z")),
  ["bad/wide-until"] = policy(allow(aws(WEB), ('[%s,%s,"ecr:DescribeImages"]'):format(GET, LAYER), until_date(LATER))),
  ["bad/wide-over"] = policy(allow(aws(WEB), ('[%s,%s,"ecr:DescribeImages"]'):format(GET, LAYER),
    until_date "2020-01-31T00:00:00Z")),
  ["bad/long"] = long_policy(8600),
  ["good/long"] = long_policy(7800),
  ["bad/lint"] = policy(allow(aws(CI), '"ecr:BatchGetImages"')),
  ["bad/missing"] = policy(allow(aws(WEB))),
  ["bad/mutable"] = policy(allow(aws(LOOSE))),
  ["bad/not-granted"] = policy(allow(aws(CI))),
  ["bad/role-off"] = policy(allow(aws(CI))),
}

local function image(reference, region)
  return { image = ("%s.dkr.ecr.%s.amazonaws.com/%s"):format(ACCOUNT, region or "us-east-1", reference) }
end

local function repositories()
  local list = {}
  for name in pairs(M.policies) do
    list[#list + 1] = { name = name, images = { name == "bad/mutable" and "latest" or "1" } }
  end
  return list
end

M.seed = {
  regions = {
    ["us-east-1"] = {
      services = {
        { name = "web", role = true, role_arn = WEB, containers = {
          granted = image "good/web:1", missing = image "bad/missing:2", lost = image "bad/lost:1",
          hub = { image = "nginx:latest" }, far = image("good/web:1", "eu-west-1"),
          ungranted = image "bad/not-granted:1", refused = image "bad/refused:1",
          ending = image "bad/ends-soon-needed:1", over = image "bad/over:1",
        } },
        { name = "dark", containers = { main = image "bad/role-off:1" } },
        { name = "idle", role = true, role_arn = IDLE },
        { name = "loose", role = true, role_arn = LOOSE, containers = {
          main = image "bad/mutable", side = image "bad/mutable", pinned = image "bad/mutable",
        } },
      },
      repositories = repositories(),
    },
  },
  roles = { WEB, LOOSE, GENERAL, OLD, GONE, FAR, CI, OTHER_CI, READER, STRANGE },
  users = { AUDITOR },
}

-- The registry policy. Its first two statements are not findings.
M.registry_policy = policy(
  allow(aws(ACCOUNT, CI), PULL, ANYWHERE),
  allow(aws "444455556666", '"ecr:ReplicateImage"', ANYWHERE),
  allow(aws "444455556666", PULL, ANYWHERE),
  allow('"*"', '"ecr:ReplicateImage"', ANYWHERE),
  allow(aws "777788889999", '"ecr:PutImage"', ANYWHERE))

function M.age(state, now)
  local region = state.regions["us-east-1"]
  region.registry_policy = { text = M.registry_policy, ids = {} }
  for name, text in pairs(M.policies) do
    region.repositories[name].policy = { text = text, ids = {} }
    region.repositories[name].mutability = name == "bad/mutable" and "MUTABLE" or "IMMUTABLE"
  end
  for name, days in pairs { ["bad/unused"] = 91, ["good/pulled"] = 89 } do
    local repository = region.repositories[name]
    repository.created = now - 400 * 86400
    select(2, next(repository.images)).pulled = now - days * 86400
  end
  local digest = next(region.repositories["bad/mutable"].images)
  region.services.loose.deployments[1].containers.pinned = image("bad/mutable@" .. digest)
  for _, service in pairs(region.services) do
    for _, deployment in ipairs(service.deployments) do
      deployment.succeeds = true
    end
  end
end

local function revoke(principal, repository)
  return ("lanyard revoke --principal %s %s --region us-east-1"):format(principal, repository)
end

-- Removes a statement of a policy, or one principal of it.
local function remove(index, repository, principal)
  local doc = assert(policies.parse(M.policies[repository]))
  return ("lanyard revoke --statement '%s' %s%s --region us-east-1"):format(statements.reference(doc, index),
    principal and "--principal " .. principal .. " " or "", repository)
end

local function grant(repository, service)
  return ("lanyard grant %s %s --region us-east-1"):format(service or "web", repository)
end

local function reduce_to_pull(repository)
  return revoke(WEB, repository) .. " && " .. grant(repository)
end

local function quoted(text)
  return '"' .. text .. '"'
end

local function edit_registry_policy(statement)
  return ("edit the registry policy manually: remove or narrow statement %s (aws ecr get-registry-policy and "
    .. "put-registry-policy --region us-east-1)"):format(statement)
end

M.expected = {
  { "registry-public", "critical", nil, nil, nil, edit_registry_policy "#4" },
  { "public-access", "critical", "bad/public", 1, '"*"', revoke("'*'", "bad/public") },
  { "public-access", "critical", "bad/not-principal", 1, aws(CI), remove(1, "bad/not-principal") },
  { "policy-lint", "critical", "bad/public-push", 1, '"*"', remove(1, "bad/public-push", "'*'") },
  { "service-role-granted", "high", "bad/general", 1, quoted(GENERAL),
    grant "bad/general" .. " && " .. revoke(GENERAL, "bad/general") },
  { "lightsail-service-granted", "high", "bad/lightsail", 1, '"lightsail.amazonaws.com"',
    revoke("lightsail.amazonaws.com", "bad/lightsail") },
  { "image-elsewhere", "high", nil, nil, nil,
    "push the image to a repository of account 111122223333 in us-east-1, and deploy it from there" },
  { "image-missing", "high", "bad/lost", nil, nil, "push the image again, or deploy an image that exists" },
  { "image-missing", "high", "bad/missing", nil, nil, "push the image again, or deploy an image that exists" },
  { "image-not-granted", "high", "bad/role-off", nil, nil,
    "lanyard grant dark bad/role-off --enable --region us-east-1" },
  { "image-not-granted", "high", "bad/not-granted", nil, nil, grant "bad/not-granted" },
  { "image-not-granted", "high", "bad/over", nil, nil, "lanyard grant web bad/over --expires 90d --region us-east-1" },
  { "image-not-granted", "high", "bad/refused", nil, nil, remove(2, "bad/refused", WEB) },
  { "partial-pull", "high", "bad/partial", 1, GET, reduce_to_pull "bad/partial" },
  { "push-or-admin", "high", "bad/push", 1, '"ecr:*"', reduce_to_pull "bad/push" },
  { "registry-change", "high", nil, nil, nil, edit_registry_policy "#5" },
  { "policy-lint", "high", "bad/lint", 1, '"ecr:BatchGetImages"', "write ecr:BatchGetImage" },
  { "public-access-conditional", "medium", "bad/conditional", 1, '"*"', revoke("'*'", "bad/conditional") },
  { "partial-pull", "medium", "bad/partial-ci", 1, GET,
    "also allow ecr:GetDownloadUrlForLayer in statement #1, or remove ecr:BatchGetImage" },
  { "registry-pull", "medium", nil, nil, nil, edit_registry_policy "#3" },
  { "wider-than-pull", "medium", "bad/wide", 1, '"ecr:DescribeImages"', reduce_to_pull "bad/wide" },
  { "wider-than-pull", "medium", "bad/wide-until", 1, '"ecr:DescribeImages"', revoke(WEB, "bad/wide-until")
    .. (" && lanyard grant web bad/wide-until --expires %s --region us-east-1"):format(LATER) },
  { "wider-than-pull", "medium", "bad/wide-over", 1, '"ecr:DescribeImages"', revoke(WEB, "bad/wide-over") },
  { "orphan-principal", "medium", "bad/orphan", 1, quoted(ORPHAN),
    "lanyard revoke --orphans bad/orphan --region us-east-1" },
  { "missing-principal", "medium", "bad/missing-principal", 1, quoted(NOBODY), revoke(NOBODY, "bad/missing-principal") },
  { "other-region-grant", "medium", "bad/other-region", 1, quoted(FAR), revoke(FAR, "bad/other-region") },
  { "inactive-role", "medium", "bad/inactive", 1, quoted(OLD), revoke(OLD, "bad/inactive") },
  { "missing-service", "medium", "bad/missing-service", 1, quoted(GONE), revoke(GONE, "bad/missing-service") },
  { "other-account", "medium", "bad/account", 2, '"444455556666"', revoke("444455556666", "bad/account") },
  { "denied-grant", "medium", "bad/denied", 1, quoted(CI), revoke(CI, "bad/denied") },
  { "denied-grant", "medium", "bad/denied-push", 1, allow(aws(CI), '"ecr:PutImage"'),
    remove(1, "bad/denied-push") },
  { "denied-grant", "medium", "bad/refused", 1, quoted(WEB), remove(2, "bad/refused", WEB) },
  { "grant-ends-soon", "medium", "bad/ends-soon-needed", 1, ('{"DateLessThan":{"aws:CurrentTime":"%s"}}'):format(SOON),
    "lanyard grant web bad/ends-soon-needed --expires 90d --region us-east-1" },
  { "unused-role", "low", nil, nil, nil, "lanyard disable idle --region us-east-1" },
  { "unused-grant", "low", "bad/unused", 1, quoted(WEB), revoke(WEB, "bad/unused") },
  { "overlapping-grant", "low", "bad/twice", 2, allow(aws(WEB)), remove(2, "bad/twice") },
  { "overlapping-grant", "low", "bad/overlap", 2, quoted(WEB), remove(2, "bad/overlap", WEB) },
  { "redundant-statement", "low", "bad/together", 3, allow(aws(CI), TOGETHER),
    "lanyard policy minimize --repository bad/together --region us-east-1" },
  { "grant-ends-soon", "low", "bad/ends-soon", 1, ('{"DateLessThan":{"aws:CurrentTime":"%s"}}'):format(SOON),
    "lanyard grant web bad/ends-soon --expires 90d --region us-east-1" },
  { "grant-ends-soon", "low", "bad/ends-soon-ci", 1, ('{"DateLessThan":{"aws:CurrentTime":"%s"}}'):format(SOON),
    "let the grant expire, or change the date in statement #1" },
  { "expired-grant", "low", "bad/over", 1, '{"DateLessThan":{"aws:CurrentTime":"2020-01-31T00:00:00Z"}}',
    remove(1, "bad/over") },
  { "expired-grant", "low", "bad/wide-over", 1, '{"DateLessThan":{"aws:CurrentTime":"2020-01-31T00:00:00Z"}}',
    remove(1, "bad/wide-over") },
  { "expired-grant", "low", "bad/expired", 1, '{"DateLessThan":{"aws:CurrentTime":"2020-01-31T00:00:00Z"}}',
    remove(1, "bad/expired") },
  { "policy-nearly-full", "low", "bad/long", nil, M.policies["bad/long"],
    "remove what other findings report, or merge statements that differ only in their principal (lanyard policy fold)" },
  { "mutable-tag-deployed", "info", "bad/mutable", nil, nil,
    "lanyard deploy loose main=bad/mutable:latest side=bad/mutable:latest --resolve --region us-east-1" },
}

return M
