-- Pulls that a Deny of the repository or of the registry stops: what grant, status, audit and deploy say.
local helper = require "helper"
local json = require "lanyard.json"

local SERVICE = "my-container-service"

local function deny(condition)
  return ('{"Version":"2012-10-17","Statement":[{"Sid":"perimeter","Effect":"Deny","Principal":"*","Action":"ecr:*",'
    .. '"Condition":{%s,"StringNotEqualsIfExists":{"aws:PrincipalAccount":"111122223333"}}}]}'):format(condition)
end

local POLICIES = {
  organization = deny '"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}',
  vpc = deny '"StringNotEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}',
  tag = deny '"StringNotEquals":{"aws:PrincipalTag/team":"web"}',
}

-- Starts an emulator with a repository for each policy, and one without. organization: the caller's
local function emulator_with(folder, organization)
  local repositories = "{ name = 'plain', images = { '1' } },"
  for name, text in pairs(POLICIES) do
    repositories = repositories .. ("{ name = '%s', images = { '1' }, policy = [[%s]] },"):format(name, text)
  end
  helper.write(folder .. "/seed.lua", ("return { %s regions = { ['us-east-1'] = { services = { { name = '%s', "
    .. "role = true } }, repositories = { %s } } } }"):format(organization or "", SERVICE, repositories))
  return helper.emulator { "--seed", folder .. "/seed.lua" }
end

local EXCEPTION = 'add the condition "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::%d+:role/amazon/lightsail/us%-east%-1/'
  .. 'containers/my%-container%-service/private%-repo%-access/%*"} to '

describe("a Deny that stops the pull", function()
  it("is named by grant, status, audit and deploy, as certain where it is", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder)
    for repository, expected in pairs {
      vpc = "statement 'perimeter' denies ecr:BatchGetImage to the role, which pulls from outside the account's VPCs "
        .. "(unconfirmed: AWS documents no source): the pull will fail; to exempt the role, ",
      tag = "statement 'perimeter' denies ecr:GetDownloadUrlForLayer to the role depending on aws:PrincipalTag/team: "
        .. "the pull may fail; to exempt the role, ",
    } do
      local result = emulator:run { "grant", SERVICE, repository }
      assert.equal(0, result.status)
      assert.match(("lanyard: warning: %s: %s"):format(repository, expected), result.err, 1, true)
      assert.match(EXCEPTION .. "that statement\n$", result.err)
    end
    emulator:run { "grant", SERVICE, "plain" }
    assert.match("granted by +plain, tag %(conditional%), vpc %(denied%)\n", emulator:run({ "status" }).out)
    local found = {}
    for _, finding in ipairs(json.decode(emulator:run({ "audit", "--output", "json" }).out).findings) do
      found[finding.repository or ""] = finding
    end
    assert.is_nil(found.plain)
    for _, repository in ipairs { "vpc", "tag" } do
      assert.equal("denied-grant", found[repository].id)
      assert.match("in statement perimeter", found[repository].message, 1, true)
      assert.match("^edit the policy of " .. repository .. ": " .. EXCEPTION .. "the Deny in statement perimeter$",
        found[repository].fix)
    end
    local failed = emulator:run { "deploy", SERVICE, "app=vpc:1" }
    assert.equal(1, failed.status)
    assert.match("could not pull from repository 'vpc': statement 'perimeter' denies ecr:BatchGetImage to the role, which pulls from "
      .. "outside the account's VPCs %(unconfirmed: AWS documents no source%)\n"
      .. "  to exempt the role, " .. EXCEPTION .. "that statement\n$", failed.err)
  end)

  it("is what deploy and audit advise to change after a failure, not the grant that exists", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder)
    local failed = emulator:run { "deploy", SERVICE, "app=tag:1" }
    assert.equal(1, failed.status)
    local edit = "edit the policy of tag: " .. EXCEPTION .. "the Deny in statement perimeter"
    assert.match("denies ecr:GetDownloadUrlForLayer to the role depending on aws:PrincipalTag/team: " .. edit .. "\n", failed.err)
    assert.no_match("lanyard grant", failed.err)
    local fixes = {}
    for _, finding in ipairs(json.decode(emulator:run({ "audit", "--output", "json" }).out).findings) do
      fixes[finding.id] = finding.fix
      assert.no_match("lanyard grant", finding.fix)
    end
    assert.match("^" .. edit .. ", then deploy again$", fixes["deployment-failed"])
  end)

  it("is certain where the accounts of the caller's organization can be read", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder, "organization = { id = 'o-a1b2c3d4e5' },")
    assert.match("denies ecr:BatchGetImage to the role: the pull will fail", emulator:run({ "grant", SERVICE, "organization" }).err)
  end)

  it("can be the registry policy's", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder)
    assert.equal("", emulator:run({ "-e", [[
      assert(require("lanyard.aws").client("ecr"):PutRegistryPolicy { policyText = '{"Version":"2012-10-17","Statement":['
        .. '{"Sid":"lock","Effect":"Deny","Principal":"*","Action":"ecr:BatchGetImage","Resource":"*",'
        .. '"Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}}]}' })
    ]] }).err)
    assert.match("plain: statement 'lock' of the registry policy denies ecr:BatchGetImage to the role: the pull will fail",
      emulator:run({ "grant", SERVICE, "plain" }).err)
    assert.match("granted by +plain %(denied%)\n", emulator:run({ "status" }).out)
    local report = json.decode(emulator:run({ "audit", "plain", "--output", "json" }).out)
    assert.equal("denied-grant", report.findings[1].id)
    assert.match("denies it in statement lock of the registry policy$", report.findings[1].message)
    assert.match("^edit the registry policy: " .. EXCEPTION, report.findings[1].fix)
    assert.match("statement 'lock' of the registry policy denies", emulator:run({ "deploy", SERVICE, "app=plain:1" }).err)
    emulator:run { "-e", [[
      assert(require("lanyard.aws").client("ecr"):DeleteRegistryPolicy {})
      assert(require("lanyard.aws").client("ecr"):PutRegistryPolicy { policyText = '{"Version":"2012-10-17","Statement":['
        .. '{"Sid":"all","Effect":"Allow","Principal":"*","Action":"ecr:*","Resource":"*"}]}' })
    ]] }
    assert.equal(0, emulator:run({ "deploy", SERVICE, "app=plain:1" }).status)
  end)
end)
