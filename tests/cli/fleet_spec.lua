-- Runs the commands of the examples in scripts/fleet against an emulator. Requires the Debian packages python3-yaml and
-- python3-kubernetes.
local helper = require "helper"
local json = require "lanyard.json"

local PYTHON = "/usr/bin/python3"

describe("an example of an audit in shards", function()
  if helper.run({ PYTHON, "-c", "import kubernetes, yaml" }).status ~= 0 then
    pending "the Debian packages python3-yaml and python3-kubernetes are not both installed"
    return
  end
  local checked = helper.run { PYTHON, "tests/cli/check_examples.py" }

  it("has every member that its runner needs", function()
    assert.equal("", checked.err)
    assert.equal(0, checked.status)
  end)

  local commands = json.decode(checked.out) or {}
  for _, name in ipairs { "kubernetes.yaml", "github.yml", "step-functions.json" } do
    it(("audits every repository and fails on findings: %s"):format(name), function()
      local folder <close> = helper.folder()
      helper.write(folder .. "/seed.lua", [[
        local repositories = {}
        for n = 1, 20 do repositories[n] = { name = "app-" .. n } end
        repositories[7].policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
          .. '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}'
        return { regions = { ["eu-west-1"] = { repositories = repositories } } }]])
      local emulator <close> = helper.emulator { "--seed", folder .. "/seed.lua" }
      local environment = { REPORTS = folder.path, PATH = helper.build .. ":" .. os.getenv "PATH" }
      for variable, value in pairs(emulator.environment) do environment[variable] = value end
      for _, line in ipairs(commands["scripts/fleet/" .. name].shards) do
        local result = helper.run({ "sh", "-c", line }, environment)
        assert.equal(0, result.status, result.err)
      end
      local merged = helper.run({ "sh", "-c", commands["scripts/fleet/" .. name].merge }, environment)
      assert.equal("", merged.err)
      assert.equal(3, merged.status)
      for n = 1, 20 do assert.match("  app%-" .. n .. " ", merged.out) end
      -- A missing shard is reported.
      os.execute(("find %s -name '*2.json' -delete"):format(folder))
      merged = helper.run({ "sh", "-c", commands["scripts/fleet/" .. name].merge }, environment)
      assert.match("^lanyard: missing: shard ", merged.err)
    end)
  end
end)
