local helper = require "helper"
local json = require "lanyard.json"

local GRANTS = [[
return {
  region = "us-east-1",
  grants = {
    { service = "my-container-service", repositories = { "my-private-repo", "shared*" }, expires = "2999-01-31" },
  },
}
]]

local function with_file(text, suffix)
  local folder = helper.folder()
  local path = folder .. "/grants" .. (suffix or ".lua")
  helper.write(path, text)
  return path, folder
end

describe("lanyard plan", function()
  it("shows roles, grants and the diff of each policy, and exits with 3", function()
    local path, folder <close> = with_file(GRANTS)
    local emulator <close> = helper.emulator()
    local result = emulator:run { "plan", path }
    assert.equal(3, result.status)
    assert.equal("", result.err)
    assert.matches("%+ turn on the puller role of my%-container%-service\n", result.out)
    assert.matches("\nshared%-repo\n  %+ my%-container%-service can pull until 2999%-01%-31\n%-%-%- shared%-repo", result.out)
    assert.matches('\n%+[^\n]*"AllowLightsailPull%-my%-container%-service"', result.out)
    assert.matches("\ngives: pull to arn:aws:iam::%d+:role/amazon/lightsail/%S+; takes: nothing\n", result.out)
    assert.matches("\n1 role to turn on, 2 repositories to change, 0 unchanged, 0 failed\n$", result.out)
    assert.equal("", emulator:run({ "undo", "--list" }).out)
    assert.is_truthy(tostring(folder))
  end)

  it("exits with 0 when nothing would change", function()
    local path, _ <close> = with_file(GRANTS)
    local emulator <close> = helper.emulator()
    assert.equal(0, emulator:run({ "apply", path, "--yes", "--no-settle" }).status)
    local result = emulator:run { "plan", path }
    assert.equal(0, result.status)
    assert.equal("0 roles to turn on, 0 repositories to change, 2 unchanged, 0 failed\n", result.out)
  end)

  it("reads JSON, and stdin", function()
    local emulator <close> = helper.emulator()
    local text = '{"grants":[{"service":"my-container-service","repositories":["shared-repo"]}]}'
    assert.equal(3, emulator:run({ "plan", "-" }, nil, text).status)
    assert.equal(3, emulator:run({ "plan", "-" }, nil, GRANTS).status)
  end)

  it("warns about a grant that a Deny cancels, also when nothing would change", function()
    local path, _ <close> = with_file('return { grants = { { service = "web", repositories = { "web" } } } }')
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.lua", [[
      local role = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/id"
      local function statement(effect)
        return { Effect = effect, Principal = { AWS = role },
          Action = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" } }
      end
      return { regions = { ["us-east-1"] = {
        services = { { name = "web", role = true, role_arn = role } },
        repositories = { { name = "web",
          policy = { Version = "2012-10-17", Statement = { statement "Allow", statement "Deny" } } } },
      } } }
    ]])
    local emulator <close> = helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.lua" }
    for _, output in ipairs { "table", "json" } do
      local result = emulator:run { "plan", path, "--output", output }
      assert.equal(0, result.status)
      assert.matches("^lanyard: warning: web: statement #2 denies ecr:BatchGetImage to the role: the pull will fail\n$",
        result.err)
    end
  end)

  it("prints a versioned plan with --output json", function()
    local path, _ <close> = with_file(GRANTS)
    local emulator <close> = helper.emulator()
    local result = emulator:run { "plan", path, "--output", "json" }
    assert.equal(3, result.status)
    local plan = json.decode(result.out)
    assert.equal("plan", plan.kind)
    assert.equal(1, plan.version)
    assert.equal("us-east-1", plan.region)
    assert.equal("111122223333", plan.account)
    assert.equal("my-container-service", plan.roles[1])
    assert.equal("my-private-repo", plan.repositories[1].repository)
    assert.is_nil(plan.repositories[1].before)
    assert.is_string(plan.repositories[2].before)
    assert.equal("2999-01-31T00:00:00Z", plan.repositories[2].grants[1].expires)
  end)

  it("lists what does not exist, plans the rest, and exits with 1", function()
    local path, _ <close> = with_file [[return { grants = {
      { service = "gone", repositories = { "shared-repo" } },
      { service = "my-container-service", repositories = { "my-private-repo", "nowhere", "none/*" } },
    } }]]
    local emulator <close> = helper.emulator()
    local result = emulator:run { "plan", path }
    assert.equal(1, result.status)
    assert.matches("gone: [^\n]*container service 'gone' does not exist in us%-east%-1 %(grants%[1%]%)", result.err)
    assert.matches("nowhere: [^\n]*repository 'nowhere' does not exist", result.err)
    assert.matches("none/%*: [^\n]*matches 'none/%*'", result.err)
    assert.matches("optional = true", result.err)
    assert.matches("%+ my%-container%-service can pull", result.out)
    assert.matches("1 repository to change, 0 unchanged, 3 failed\n$", result.out) -- shared-repo lacks a grant
  end)

  it("reports problems of the file with their lines, makes no call, and exits with 2", function()
    for text, pattern in pairs {
      ["return { grants = {\n{ servise = 'web', repositories = { 'web' } } } }"] = "grants%.lua:2: grants%[1%] .*'service'",
      ["return {\n  grants = oops(),\n}"] = "grants%.lua:2: ",
      ["return {\n  grants = [],\n}"] = "grants%.lua:2: ",
      ["return 7"] = "grants%.lua: returns a number",
      ["return os.execute 'true'"] = "grants%.lua:1: ",
      ["while true do end"] = "grants%.lua:1: ",
    } do
      local path, _ <close> = with_file(text)
      local result = helper.run({ helper.lanyard, "plan", path }, { AWS_ENDPOINT_URL = "http://127.0.0.1:1" })
      assert.equal(2, result.status)
      assert.matches(pattern, result.err)
      assert.equal("", result.out)
    end
  end)

  it("rejects a missing file, and another Region than that of the file", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "plan", "/nowhere/grants.lua" }
    assert.equal(2, result.status)
    assert.matches("^lanyard: [^\n]*/nowhere/grants%.lua[^\n]*\n$", result.err)
    local path, _ <close> = with_file(GRANTS)
    result = emulator:run { "plan", path, "--region", "eu-west-1" }
    assert.equal(2, result.status)
    assert.matches("is for Region us%-east%-1, not eu%-west%-1", result.err)
  end)

  it("uses the Region of the file when no option names one", function()
    local path, _ <close> = with_file(GRANTS)
    local emulator <close> = helper.emulator()
    assert.equal(3, emulator:run({ "plan", path }, { AWS_REGION = "eu-west-1" }).status)
  end)
end)
