-- What was probably meant: the nearest command, option, value, service, repository, profile or operation.

local helper = require "helper"

describe("a mistyped word gets the nearest one:", function()
  local emulator, folder

  setup(function()
    folder = helper.folder()
    helper.run { "mkdir", folder .. "/.aws" }
    helper.write(folder .. "/.aws/config", "[profile production]\nregion = us-east-1\n")
    emulator = helper.emulator()
  end)

  teardown(function()
    getmetatable(emulator).__close(emulator)
    getmetatable(folder).__close()
  end)

  for line, expected in pairs {
    ["grnt web"] = "did you mean 'grant'?",
    ["help enviroment"] = "did you mean 'environment'?",
    ["policy lnt"] = "did you mean 'policy lint'?",
    ["--emulatr status"] = "did you mean '--emulator'?",
    ["status --ouptut json"] = "did you mean '--output'?",
    ["status --output jsno"] = "did you mean 'json'?",
    ["status --output=tabel"] = "did you mean 'table'?",
    ["audit --fail-on hihg"] = "did you mean 'high'?",
    ["policy lint --type repo file"] = "did you mean 'repository'?",
    ["wait servise web"] = "did you mean 'service'?",
    ["completion bsh"] = "did you mean 'bash'?",
    ["enable my-contaner-service"] = "'my-contaner-service' does not exist in us-east-1; did you mean 'my-container-service'?",
    ["status my-contaner-service"] = "did you mean 'my-container-service'?",
    ["audit --service my-contaner-service"] = "did you mean 'my-container-service'?",
    ["grant my-container-service my-privat-repo --enable"] = "'my-privat-repo' does not exist in us-east-1 of account 111122223333; "
      .. "did you mean 'my-private-repo'?",
    ["audit shared-rpeo my-private-repo"] = "did you mean 'shared-repo'?",
    ["deploy my-container-service web=shared-repos:1"] = "did you mean 'shared-repo'?",
    ["status --profile prodution"] = "did you mean 'production'?",
  } do
    it(line, function()
      local result = emulator:run(line, { HOME = folder.path })
      assert.not_equal(0, result.status)
      assert.truthy(result.err:find(expected, 1, true), result.err)
    end)
  end

  it("an operation and a service in Lua", function()
    local result = emulator:run { "-e", [[require("lanyard.aws").client("ecr"):GetRepositoryPolcy {}]] }
    assert.truthy(result.err:find("ecr has no operation 'GetRepositoryPolcy' (did you mean GetRepositoryPolicy?)", 1, true), result.err)
    result = emulator:run { "-e", [[require("lanyard.aws").client "lighsail"]] }
    assert.truthy(result.err:find("the service 'lighsail' is not described (did you mean lightsail?)", 1, true), result.err)
  end)

  it("none where nothing is near", function()
    for _, line in ipairs { "enable x", "grant my-container-service zzzzzz", "status --output q", "qqqqqq" } do
      local result = emulator:run(line)
      assert.not_equal(0, result.status)
      assert.not_match("did you mean", result.err)
    end
  end)

  it("none where the caller may not list, and the error is the same", function()
    local plan <close> = helper.folder()
    helper.write(plan .. "/faults.lua", [[return { { operation = "DescribeRepositories", after = 1,
      error = { code = "AccessDeniedException", message = "no list", status = 400 } },
      { operation = "GetContainerServices", after = 1,
      error = { code = "AccessDeniedException", message = "no list", status = 400 } } }]])
    for _, line in ipairs { "uri my-privat-repo", "enable my-contaner-service" } do
      local refusing <close> = helper.emulator { "--activation-delay", "0", "--faults", plan .. "/faults.lua" }
      local result = refusing:run(line)
      assert.equal(1, result.status)
      assert.match("' does not exist in us%-east%-1", result.err)
      assert.not_match("did you mean", result.err)
      assert.not_match("no list", result.err)
    end
  end)
end)
