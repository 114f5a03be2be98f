-- What a report says of the policies that an audit did not consider, in each format, merged, and from old reports.
local helper = require "helper"
local json = require "lanyard.json"

local SEED = [[return {
  organization = { management = "999988887777", delegated = %s, accounts = { { id = "999988887777" } },
    resource_control_policies = { { name = "perimeter <1>", content = { Version = "2012-10-17", Statement = { {
      Sid = "Outside", Effect = "Deny", Principal = "*", Action = "ecr:*", Resource = "*",
      Condition = { StringNotEqualsIfExists = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" } } } } } } } },
  regions = { ["us-east-1"] = {
    services = { { name = "web", role = true } },
    repositories = { { name = "web", policy = '{"Version":"2012-10-17","Statement":[{"Sid":"Other","Effect":"Allow",'
      .. '"Principal":{"AWS":"444455556666"},"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}' } },
  } } }]]

local function emulator_with(folder, delegated)
  helper.write(folder .. "/seed.lua", SEED:format(delegated))
  return helper.emulator { "--seed", folder .. "/seed.lua" }
end

local REFUSED = "[Nn]ot considered: resource control policies of account 111122223333 %(organizations:ListPolicies: "
  .. "AccessDeniedException: You don't have permissions to access this resource%.; only the management account and "
  .. "delegated administrators of the organization can read them%); they can deny pulls"
local CALLERS = "[Nn]ot considered: service control policies %("
local ENDPOINTS = "[Nn]ot considered: policies of VPC endpoints %("

-- Undoes the escapes of a format.
local function unescaped(text, format)
  if format == "markdown" then
    return (text:gsub("\\(%p)", "%1"))
  end
  return (text:gsub("&#39;", "'"):gsub("&apos;", "'"))
end

describe("a report of an account whose resource control policies cannot be read", function()
  it("says in each format which policies were not considered", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder, "false")
    for _, format in ipairs { "table", "json", "sarif", "junit", "markdown", "html", "prometheus", "csv", "jsonl" } do
      local result = emulator:run { "audit", "--output", format }
      assert.equal(0, result.status)
      local text = unescaped(result.out, format)
      if format == "json" then
        local list = json.decode(result.out).limitations
        assert.same({ "resource-control-policies", "service-control-policies", "vpc-endpoint-policies" },
          { list[1].kind, list[2].kind, list[3].kind })
        assert.same({ "111122223333" }, list[1].accounts)
      elseif format == "csv" or format == "jsonl" then
        assert.match("^lanyard: " .. REFUSED, result.err)
        assert.is_nil(text:find("considered", 1, true))
      else
        assert.equal("", result.err)
        for _, pattern in ipairs { REFUSED, CALLERS, ENDPOINTS } do
          assert.match(pattern, text, format)
        end
      end
    end
  end)

  it("keeps it in a merge and a baseline, also beside reports of earlier releases", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder, "false")
    local new = emulator:run({ "audit", "--output", "json" }).out
    local old = json.decode(new)
    old.limitations = nil
    helper.write(folder .. "/new.json", new)
    helper.write(folder .. "/old.json", json.encode(old))
    local result = emulator:run { "audit", "merge", folder .. "/new.json", folder .. "/old.json" }
    assert.equal(0, result.status, result.err)
    assert.match(REFUSED, result.out)
    result = emulator:run { "audit", "merge", folder .. "/old.json" }
    assert.equal(0, result.status, result.err)
    assert.is_nil(result.out:find("considered", 1, true))
    result = emulator:run { "audit", "--baseline", folder .. "/old.json" }
    assert.equal(0, result.status, result.err)
    assert.match(REFUSED, result.out)
    helper.write(folder .. "/wrong.json", (new:gsub('"limitations": %[', '"limitations": [ 1, ')))
    result = emulator:run { "audit", "merge", folder .. "/wrong.json" }
    assert.equal(2, result.status)
    assert.match("%.limitations%[0%] should be an object", result.err)
  end)
end)

describe("a report of an account whose resource control policies could be read", function()
  it("names the ones in force, and takes them into the decisions", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder, "true")
    assert.equal(0, emulator:run({ "grant", "web", "web" }).status)
    local result = emulator:run { "audit" }
    assert.match("\nresource control policies in force: 'perimeter <1>' %(p%-00000001%)\n", result.out)
    assert.match("denied%-grant: web allows web to call ecr:BatchGetImage in statement AllowLightsailPull%-web and denies it "
      .. "in statement Outside of the resource control policy 'perimeter <1>' %(p%-00000001%)\n", result.out)
    assert.match("other%-account: account 444455556666 can pull from web as 444455556666 %(statement Other%); the resource "
      .. "control policy 'perimeter <1>' %(p%-00000001%) leaves only ", result.out)
    assert.is_nil(result.out:find("not considered: resource", 1, true))
    assert.match("perimeter &lt;1&gt;", emulator:run({ "audit", "--output", "html" }).out)
  end)
end)

describe("the policy that lanyard permissions prints", function()
  it("allows reading resource control policies in a statement of its own", function()
    local text = helper.run({ helper.lanyard, "permissions", "--account", "111122223333",
      "--region", "us-east-1" }).out
    for _, statement in ipairs(json.decode(text).Statement) do
      if statement.Sid == "ReadResourceControlPolicies" then
        assert.same({ "organizations:ListPolicies", "organizations:ListTargetsForPolicy", "organizations:DescribePolicy",
          "organizations:ListParents" }, statement.Action)
        return
      end
    end
    error "no statement ReadResourceControlPolicies"
  end)
end)
