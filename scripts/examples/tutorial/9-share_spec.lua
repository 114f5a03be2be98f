local testing = require "lanyard.testing"

describe("lanyard 7-share", function()
  testing.seed "seed.lua"

  it("shares each repository once", function()
    local first = assert.exits(testing.run "7-share 444455556666 team/*")
    assert.matches("team/api +edited", first.out)
    assert.matches("team/web +unchanged", first.out)
    assert.matches("team/api +account 444455556666\n", testing.run("3-who").out)
  end)

  it("changes nothing with --dry-run", function()
    assert.exits(testing.run "7-share 444455556666 team/api --dry-run")
    assert.matches("team/api +nobody else", testing.run("3-who").out)
  end)

  it("rejects what is not an account", function()
    assert.contains("not an account id", assert.exits(testing.run "7-share 4444 team/api", 2).err)
  end)
end)

describe("lanyard 7-share, when AWS refuses one repository", function()
  testing.seed "seed.lua"
  testing.faults { { operation = "SetRepositoryPolicy", times = 1, error = {
    code = "AccessDeniedException", message = "no", status = 400 } } }

  it("reports it, and changes the others", function()
    local result = assert.exits(testing.run "7-share 444455556666 secret team/api", 1)
    assert.contains("AccessDeniedException", result.err)
    assert.matches(" edited ", result.out)
  end)
end)
