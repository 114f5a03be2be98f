local helper = require "helper"
local json = require "lanyard.json"

describe("lanyard import", function()
  it("writes a file whose plan is empty", function()
    local folder <close> = helper.folder()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "shared-repo", "--enable", "--expires", "2999-01-31" }
    emulator:run { "grant", "my-container-service", "my-private-repo" }
    for _, format in ipairs { "lua", "json" } do
      local result = emulator:run { "import", "--output", format }
      assert.equal("", result.err)
      assert.equal(0, result.status)
      helper.write(folder .. "/grants", result.out)
      assert.equal(0, emulator:run({ "plan", folder .. "/grants", "--prune" }).status)
    end
    local grants = json.decode(emulator:run({ "import", "--output", "json" }).out).grants
    assert.equal("2999-01-31", grants[2].expires)
  end)

  it("lists what the file cannot state, on stderr and in comments of the file", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "my-private-repo", "--enable" }
    emulator:run { "disable", "my-container-service", "--force" }
    local result = emulator:run { "import" }
    assert.equal(0, result.status)
    assert.matches("^lanyard: not in the file: my%-private%-repo: [^\n]*the unique ID of a deleted role", result.err)
    assert.matches("\n%-%-   my%-private%-repo: [^\n]*the unique ID of a deleted role", result.out)
  end)

  it("reports a wider grant that is only partly in the file", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.lua", [[
      local role = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/id"
      return { regions = { ["us-east-1"] = {
        services = { { name = "web", role = true, role_arn = role } },
        repositories = { { name = "web", policy = { Version = "2012-10-17",
          Statement = { { Effect = "Allow", Principal = { AWS = role }, Action = "ecr:*" } } } } },
      } } }
    ]])
    local emulator <close> = helper.emulator { "--activation-delay", "0", "--seed", folder .. "/seed.lua" }
    local result = emulator:run { "import" }
    assert.equal(0, result.status)
    assert.equal("lanyard: only partly in the file: web: statement #1 grants web more than a pull\n", result.err)
    assert.matches('{ service = "web", repositories = { "web" } },', result.out)
  end)

  it("reports that there is nothing to import, export, apply or list", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.json", '{"regions":{"us-east-1":{"repositories":[],"services":[]}}}')
    helper.write(folder .. "/none.lua", "return { grants = {} }")
    local emulator <close> = helper.emulator { "--seed", folder .. "/seed.json" }
    local none = folder .. "/none.lua"
    for _, case in ipairs {
      { "the file has no grants: no repository of us-east-1 grants a container service's role", "import" },
      { "the export has no policies: no repository grants a container service's role in us-east-1",
        "export", "--format", "terraform" },
      { "the export has no policies: the file grants nothing in us-east-1", "export", "--format", "terraform", none },
      { "lanyard: nothing is to be changed in us-east-1", "apply", none, "--yes" },
      { "lanyard: the journal has no change of a repository in us-east-1", "undo", "--list" },
      { "lanyard: the journal has no change of web in us-east-1", "undo", "--list", "web" },
    } do
      local result = emulator:run { table.unpack(case, 2) }
      assert.same({ 0, case[1] .. "\n" }, { result.status, result.err })
    end
    assert.equal("lanyard: no directory is trusted\n", emulator:run({ "trust", "--list" }).err)
  end)

  it("reports that no grant can be stated in the file", function()
    local emulator <close> = helper.emulator()
    emulator:run { "grant", "my-container-service", "my-private-repo", "--enable" }
    emulator:run { "disable", "my-container-service", "--force" }
    assert.matches("the file has no grants: no repository of us%-east%-1 grants [^\n]+ in a way that a file can state\n",
      emulator:run({ "import" }).err)
  end)

  it("exits with 1 when a policy cannot be read", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json", [=[[{"operation":"GetRepositoryPolicy",
      "error":{"code":"AccessDeniedException","message":"no","status":400}}]]=])
    local emulator <close> = helper.emulator { "--activation-delay", "0", "--faults", folder .. "/faults.json" }
    local result = emulator:run { "import" }
    assert.equal(1, result.status)
    assert.matches("lanyard: shared%-repo: ", result.err)
    assert.matches("\nreturn {", result.out)
  end)
end)
