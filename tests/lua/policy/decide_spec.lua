-- IAM decisions against published cases (../shared/vectors/policy), read in place.

local helper = require "helper"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

local FOLDER = helper.vectors .. "/policy"
local ANSWERS = { Allowed = "allow", ImplicitlyDenied = "implicit-deny", ExplicitlyDenied = "deny" }

-- Cases that we answer otherwise, and why.
local OTHERWISE = {
  ["Permission boundary implicit deny resource policy allows session, from session"] =
    "its Principal is a bare ARN, which IAM's grammar has not: such a policy cannot be saved",
  ["Permission boundary implicit deny resource policy allows user"] =
    "its Principal is a bare ARN, which IAM's grammar has not: such a policy cannot be saved",
}

-- AWS attaches it to every level by itself; the cases leave it out.
local RCP_FULL_ACCESS = [[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}]]

local function texts(list)
  local found = {}
  for i, one in ipairs(list) do found[i] = json.encode(one) end
  return found
end

local function levels(list, default)
  if not list then return nil end
  local found = {}
  for i, level in ipairs(list) do
    found[i] = texts(level.policies)
    table.insert(found[i], default)
  end
  return found
end

local files = {}
do
  local pipe <close> = assert(io.popen(("ls '%s' 2>/dev/null"):format(FOLDER)))
  for name in pipe:lines() do files[#files + 1] = name end
end

describe("the published IAM decisions", function()
  if #files == 0 then
    pending("are not here (" .. FOLDER .. ")")
  end
  for _, file in ipairs(files) do
    for number, case in ipairs(json.decode(helper.read(FOLDER .. "/" .. file))) do
      it(("%s %d: %s"):format(file:gsub("%.json$", ""), number, case.name), function()
        local request = case.request
        local boundaries = case.permissionBoundaries
        local answer, _, reason = policy.decide {
          principal = request.principal,
          action = request.action,
          resource = request.resource.resource,
          resource_account = request.resource.accountId,
          context = request.context or {},
          resource_policy = case.resourcePolicy and json.encode(case.resourcePolicy),
          identity_policies = texts(case.identityPolicies),
          -- An empty list of boundaries means none there.
          boundaries = boundaries and #boundaries > 0 and texts(boundaries) or nil,
          scps = levels(case.serviceControlPolicies),
          rcps = levels(case.resourceControlPolicies, RCP_FULL_ACCESS),
        }
        if OTHERWISE[case.name] then
          assert.not_equal(ANSWERS[case.expected.response], answer)
          return
        end
        assert.equal(ANSWERS[case.expected.response], answer, reason)
      end)
    end
  end
end)
