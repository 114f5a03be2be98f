-- policy.decide beside @cloud-copilot/iam-simulate: its published cases, and random requests. Each difference has a class with
-- an argument from AWS's documentation (tests/support/iam_simulate.lua), or is named below.
--
--     LANYARD_IAM_SIMULATE        a folder in which `npm install @cloud-copilot/iam-simulate` was run
--     LANYARD_IAM_SIMULATE_CASES  src/core_engine/coreEngineTests of a checkout of github.com/cloud-copilot/iam-simulate

local helper = require "helper"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local simulate = require "iam_simulate"
local torture = require "torture"

local ANSWERS = { Allowed = "allow", ImplicitlyDenied = "implicit-deny", ExplicitlyDenied = "deny" }

-- Files and cases whose expected answer is not the one of policy.decide, by a pattern of "FILE: NAME".
local OTHERWISE = {
  ["^iam/managedPolicies/aws/denied"] = "access_policies_managed-vs-inline: AWS managed policies cannot be changed by customers, "
    .. "which policies do not decide",
  ["^iam/roles/reserved/denied"] = "AWS refuses changes of roles in its reserved paths, which policies do not decide",
  ["^kms/aliases.json: Implicitly denied for AWS%-managed alias"] = "AWS refuses changes of alias/aws/*, which policies do not decide",
  ["^endpoints/.*: Allow when Endpoint Policy Allows"] = "vpc-endpoints-access: an endpoint policy \"must contain a Principal element\"",
  ["^endpoints/.*: Explicitly Deny when Endpoint"] = "vpc-endpoints-access: an endpoint policy \"must contain a Principal element\"",
  ["^permissionBoundaries%-SameAccount.json: Permission boundary implicit deny resource policy allows"] =
    "reference_policies_grammar: a bare ARN is not a Principal",
  ["^boundaryNotPrincipalDenyResource.json: Same Account: NotPrincipal/Deny in Resource Policy should allow"] =
    "reference_policies_elements_notprincipal: a Deny must name the account, too, to exclude a role: open",
  ["^resourceWildcards/"] = "a request is about one resource: a pattern as the resource of a request is a feature of iam-simulate",
  ["^sessionPolicies.json: Implicit deny in session policy denies even if session ARN in resource policy"] =
    "access_policies_boundaries, IAM role session: grants to a session's ARN are \"not limited by an implicit deny in ... session policy\"",
}

local function reason_of(name)
  for pattern, reason in pairs(OTHERWISE) do
    if name:find(pattern) then return reason end
  end
end

local function published(folder)
  local list = {}
  local pipe <close> = assert(io.popen(("cd '%s' && find . -name '*.json' | sort"):format(folder)))
  for path in pipe:lines() do
    for _, case in ipairs(json.decode(helper.read(folder .. "/" .. path))) do
      list[#list + 1] = { name = ("%s: %s"):format(path:sub(3), case.name), case = case }
    end
  end
  return list
end

describe("the published cases of iam-simulate", function()
  local folder = os.getenv "LANYARD_IAM_SIMULATE_CASES"
  if not folder then
    pending "are not here (LANYARD_IAM_SIMULATE_CASES)"
    return
  end
  it("are decided as published, or differ for a reason", function()
    local differing, count = {}, 0
    for _, one in ipairs(published(folder)) do
      -- In the mode Discovery, conditions are ignored: no decision about a request.
      if (one.case.simulation or {}).mode ~= "Discovery" then
        local answer = policy.decide(simulate.options(one.case))
        local same = answer == ANSWERS[one.case.expected.response]
        count = count + 1
        if not same and not reason_of(one.name) then
          differing[#differing + 1] = ("%s: %s"):format(one.name, answer)
        end
      end
    end
    assert.same({}, differing)
    torture.report("iam-simulate, published", count)
  end)
end)

describe("random requests", function()
  local folder = os.getenv "LANYARD_IAM_SIMULATE"
  if not folder or not os.execute "command -v node >/dev/null" then
    pending "are not compared with iam-simulate: node or the package is missing (LANYARD_IAM_SIMULATE)"
    return
  end
  it("are decided as iam-simulate decides, or differ for a reason", function()
    local random, count = torture.random(), torture.choose(300, 20000)
    local cases, differences, open = {}, {}, {}
    for i = 1, count do cases[i] = simulate.case(random) end
    for _, one in ipairs(simulate.differences(folder, cases)) do
      differences[#differences + 1] = one or nil
    end
    local sample = torture.sample(differences, 150, random)
    for _, one in ipairs(simulate.shrink(folder, sample)) do
      if not simulate.class(one.case) then
        open[#open + 1] = ("%s, not %s: %s"):format(one.ours, one.theirs, json.encode(one.case))
      end
    end
    assert.same({}, open)
    torture.report("iam-simulate, random", count, #differences .. " differences")
  end)
end)
