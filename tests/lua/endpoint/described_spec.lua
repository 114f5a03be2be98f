-- The services that lanyard describes by hand have their endpoints in lanyard.aws.endpoints, so that a call of them reads
-- no model. Both ways lead to the same endpoints: for AWS's cases, and for every Region of the rule sets of a botocore.

local botocore = require "botocore"
local endpoint = require "lanyard.endpoint"
local endpoints = require "lanyard.aws.endpoints"
local helper = require "helper"
local json = require "lanyard.json"

local SERVICES = { "ecr", "lightsail", "sts", "iam", "organizations", "cloudtrail", "sso", "sso-oidc", "signin",
  "ssm", "secretsmanager" }
local FOLDER = helper.vectors .. "/endpoint-rules"

-- What the rules of some version say otherwise: a pattern of "SERVICE REGION FORM", and the reason.
local OTHERWISE = {
  { "^cloudtrail us%-gov%-north%-7 fips$", "the rules list the Regions of the partition; new ones are expected to be alike" },
  { "^cloudtrail aws%-us%-gov%-global fips$", "not a Region of CloudTrail" },
  { "^iam %S*cn%-%S+ fips", "botocore 1.43.11 signs for cn-northwest-1, AWS's cases for cn-north-1" },
  { "^iam eusc%-%S+ dual$", "a host that came with botocore 1.43.67" },
  { "^signin %S*iso%S* $", "hosts that came with botocore 1.43.67" },
  { "^signin eusc%-%S+ $", "hosts that came with botocore 1.43.67" },
  { "^signin %S*us%-gov%S* fips$", "hosts that came with botocore 1.43.67" },
}

local function is_known(name)
  for _, row in ipairs(OTHERWISE) do
    if name:find(row[1]) then return true end
  end
  return false
end

local function regions_of(partitions)
  local names = { "xx-north-9", "us-gov-north-7", "cn-south-2", "eusc-de-west-2" }
  for _, partition in ipairs(partitions.partitions) do
    for name in pairs(partition.regions) do names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- Calls a function for each service, Region and form.
local function each_form(data, f)
  for _, service in ipairs(SERVICES) do
    local rules = assert(data:file(service, "endpoint-rule-set-1.json"))
    for _, region in ipairs(regions_of(data:partitions())) do
      for form = 0, service == "sts" and 7 or 3 do
        f(service, rules, region, { fips = form & 1 ~= 0, dualstack = form & 2 ~= 0, sts_global = form & 4 ~= 0 })
      end
    end
  end
end

describe("lanyard.aws.endpoints", function()
  it("has the endpoints of the rule sets", function()
    local data = botocore.recent()
    if not data then return pending "needs botocore 1.43 or later" end
    local partitions, count, different = data:partitions(), 0, {}
    each_form(data, function(service, rules, region, options)
      local given = { Region = region, UseFIPS = options.fips }
      given.UseDualStack = rules.parameters.UseDualStack and options.dualstack or nil
      given.UseGlobalEndpoint = rules.parameters.UseGlobalEndpoint and options.sts_global or nil
      local ours = assert(endpoints.resolve(service, region, options))
      local theirs = assert(endpoint.resolve(rules, given, partitions))
      local signed_for = theirs.auth_schemes and theirs.auth_schemes[1].signingRegion or region
      local name = ("%s %s %s%s"):format(service, region, options.fips and "fips" or "", options.dualstack and "dual" or "")
      count = count + 1
      if (ours.url ~= theirs.url or ours.signing_region ~= signed_for) and not is_known(name) then
        different[#different + 1] = ("%s: %s for %s, not %s for %s"):format(name, theirs.url, signed_for, ours.url, ours.signing_region)
      end
    end)
    print(("# %d endpoints of %d services compared"):format(count, #SERVICES))
    assert.truthy(count > 1000)
    assert.same({}, different)
  end)

  for _, service in ipairs(SERVICES) do
    it("has the endpoints of AWS's cases of " .. service, function()
      local path = ("%s/%s.json"):format(FOLDER, service)
      if not helper.exists(path) then return pending("needs " .. path) end
      local checked = 0
      for number, case in ipairs(json.decode(helper.read(path)).testCases) do
        local given, expected = case.params or {}, case.expect
        -- Other parameters than the settings of endpoints do not exist for described services.
        if given.IsControlPlane == nil and given.IsOAuthEndpoint == nil then
          local found, err = endpoints.resolve(service, given.Region, { fips = given.UseFIPS, dualstack = given.UseDualStack,
            sts_global = given.UseGlobalEndpoint, endpoint = given.Endpoint })
          local options = (given.UseFIPS and "fips" or "") .. (given.UseDualStack and "dual" or "")
          if not is_known(("%s %s %s"):format(service, given.Region, options)) then
            local context = ("%s %d"):format(service, number)
            assert.equal(expected.error or expected.endpoint.url, err and err.message or found.url, context)
            local schemes = expected.endpoint and expected.endpoint.properties and expected.endpoint.properties.authSchemes
            if found then
              assert.equal(schemes and schemes[1].signingRegion or given.Region, found.signing_region, context)
            end
            checked = checked + 1
          end
        end
      end
      assert.truthy(checked > 3, checked)
    end)
  end
end)
