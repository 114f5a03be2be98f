-- Pulls that a resource control policy of the organization stops: what grant, status and deploy say, where the caller
-- may read these policies and where not.
local helper = require "helper"

local SEED = [[return {
  organization = { management = "999988887777", delegated = %s, accounts = { { id = "999988887777" } },
    resource_control_policies = { { name = "perimeter", targets = %s, content = { Version = "2012-10-17", Statement = { {
      Sid = "Outside", Effect = "Deny", Principal = "*", Resource = "*",
      Action = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" },
      Condition = { StringNotEqualsIfExists = { ["%s"] = "%s" } } } } } } } },
  regions = { ["us-east-1"] = {
    services = { { name = "web", role = true } }, repositories = { { name = "web", images = { "1" } } } } } }]]

-- options: delegated, targets, key, value
local function emulator_with(folder, options)
  helper.write(folder .. "/seed.lua", SEED:format(options.delegated ~= false, options.targets or "nil",
    options.key or "aws:PrincipalOrgID", options.value or "o-a1b2c3d4e5"))
  return helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.lua" }
end

local NAME = "statement 'Outside' of the resource control policy 'perimeter' %(p%-00000001%)"

describe("a resource control policy that denies the pull of a grant", function()
  it("is named by grant, status and deploy", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder, {})
    for _ = 1, 2 do
      local result = emulator:run { "grant", "web", "web" }
      assert.equal(0, result.status, result.err)
      assert.match("^lanyard: warning: web: " .. NAME .. " denies ecr:BatchGetImage to the role: the pull will fail; to "
        .. 'exempt the role, add the condition "ArnNotLike": [^\n]* to that statement\n$', result.err)
    end
    assert.match("granted by +web %(denied%)\n", emulator:run({ "status", "web" }).out)
    local result = emulator:run { "deploy", "web", "c=web:1" }
    assert.equal(1, result.status)
    assert.match("could not pull from repository 'web': " .. NAME .. " denies ecr:BatchGetImage to the role", result.err)
  end)

  it("is what a failed deployment is explained by", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder, {})
    emulator:run { "grant", "web", "web" }
    local started = emulator:run { "-e", [[
      local lightsail = assert(require "lanyard.aws".client("lightsail", { region = "us-east-1" }))
      assert(lightsail:CreateContainerServiceDeployment { serviceName = "web",
        containers = { c = { image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1" } } })]] }
    assert.equal(0, started.status, started.err)
    local result = emulator:run { "wait", "deployment", "web" }
    assert.equal(1, result.status)
    assert.match(NAME .. " denies ecr:BatchGetImage to the role", result.out .. result.err)
  end)

  it("counts as far as it is known to apply", function()
    for expected, options in pairs {
      [""] = { targets = '{ "999988887777" }' },
      [" "] = { key = "aws:ResourceAccount", value = "111122223333" },
      ["warning: web: " .. NAME .. " denies ecr:GetDownloadUrlForLayer to the role unless account 947856326339 is in "
        .. "o%-zzzzzzzzzz: the pull may fail; "] = { value = "o-zzzzzzzzzz" },
    } do
      local folder <close> = helper.folder()
      local emulator <close> = emulator_with(folder, options)
      local result = emulator:run { "grant", "web", "web" }
      assert.equal(0, result.status, result.err)
      if expected:find "%S" then
        assert.match(expected, result.err)
      else
        assert.equal("", result.err)
      end
    end
  end)

  it("is not mentioned where the caller may not read it, which takes one call", function()
    local folder <close> = helper.folder()
    local emulator <close> = emulator_with(folder, { delegated = false })
    for _, command in ipairs { { "grant", "web", "web" }, { "status" }, { "deploy", "web", "c=web:1", "--dry-run" } } do
      local result = emulator:run(command)
      assert.equal(0, result.status, result.err)
      assert.is_nil((result.out .. result.err):lower():find("control polic", 1, true))
      command[#command + 1] = "--debug"
      local calls = select(2, emulator:run(command).err:gsub("AWSOrganizationsV20161128%.", ""))
      assert.equal(1, calls, command[1])
    end
  end)
end)
