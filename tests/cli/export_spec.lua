local helper = require "helper"
local json = require "lanyard.json"

local function is_installed(program)
  return os.execute(("command -v %s >/dev/null 2>&1"):format(program)) == true
end

local function granted()
  local emulator = helper.emulator()
  emulator:run { "grant", "my-container-service", "shared-repo", "--enable", "--expires", "2999-01-31" }
  return emulator
end

describe("lanyard export", function()
  it("prints a configuration that Terraform accepts", function()
    local emulator <close> = granted()
    local result = emulator:run { "export", "--format", "terraform" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.equal("shared-repo", json.decode(result.out).import[2].id)
    if not is_installed "terraform" then
      pending "terraform is not installed"
    end
    local folder <close> = helper.folder()
    helper.write(folder .. "/lanyard.tf.json", result.out)
    local read = helper.run({ "terraform", "-chdir=" .. folder, "providers", "-no-color" }, { HOME = folder.path })
    assert.equal(0, read.status, read.err)
    assert.matches("hashicorp/aws", read.out)
  end)

  it("prints a template that cfn-lint accepts", function()
    local emulator <close> = granted()
    local result = emulator:run { "export", "--format", "cloudformation" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.equal("shared-repo", json.decode(result.out).Resources.RepositorySharedRepo.Properties.RepositoryName)
    if not is_installed "cfn-lint" then
      pending "cfn-lint is not installed"
    end
    local folder <close> = helper.folder()
    helper.write(folder .. "/template.json", result.out)
    local lint = helper.run({ "cfn-lint", "--non-zero-exit-code", "error", folder .. "/template.json" }, { HOME = folder.path })
    assert.equal(0, lint.status, lint.out .. lint.err)
  end)

  it("reads a file, lists what does not exist, and exits with 1", function()
    local emulator <close> = helper.emulator()
    local text = [[return { grants = { { service = "my-container-service", repositories = { "shared-repo", "nowhere" } } } }]]
    local result = emulator:run({ "export", "-", "--format", "terraform" }, nil, text)
    assert.equal(1, result.status)
    assert.matches("repository 'nowhere' does not exist", result.err)
    assert.is_table(json.decode(result.out).resource.aws_ecr_repository_policy["shared-repo"])
    assert.equal("", emulator:run({ "undo", "--list" }).out)
  end)

  it("requires --format, and rejects an invalid file", function()
    local result = helper.run { helper.lanyard, "export" }
    assert.equal(2, result.status)
    assert.matches("%-%-format", result.err)
    result = helper.run({ helper.lanyard, "export", "-", "--format", "terraform" }, nil, "return {")
    assert.equal(2, result.status)
    assert.matches("^lanyard: stdin:1: ", result.err)
  end)
end)
