local findings = require "lanyard.audit.findings"

describe("the registry of findings", function()
  local function record(changes)
    local made = {
      id = "new-finding", severity = "low", summary = "s", why = "w", scope = "repository", needs = {}, breaks_pull = false,
      check = function() end, remediation = function() return "f" end,
    }
    for name, value in pairs(changes or {}) do
      made[name] = value ~= "absent" and value or nil
    end
    return made
  end

  local function refusal(...)
    local ok, message = pcall(findings.register, { { ... } })
    assert.is_false(ok)
    return message
  end

  it("rejects a record that lacks a property", function()
    assert(findings.register { { record() } })
    for name in pairs(record()) do
      assert.matches(("'%s' must be a "):format(name), refusal(record { [name] = "absent" }))
    end
  end)

  it("rejects unknown severities, scopes and needs, and a duplicate id", function()
    assert.matches("'new%-finding': 'grave' is not a severity", refusal(record { severity = "grave" }))
    assert.matches("'galaxy' is not a scope", refusal(record { scope = "galaxy" }))
    assert.matches("needs 'luck', which no audit reads", refusal(record { needs = { "luck" } }))
    assert.matches("'new%-finding' is registered twice", refusal(record(), record()))
  end)

  it("runs a check once that several records share", function()
    local check = function() end
    local _, steps = findings.register { { record { check = check }, record { id = "other", check = check } } }
    assert.equal(1, #steps)
    assert.matches("'other': its check runs in scope 'repository' for another finding",
      refusal(record { check = check }, record { id = "other", check = check, scope = "service" }))
  end)

  it("has the records of every module in its folder", function()
    local pipe <close> = assert(io.popen "ls lua/lanyard/audit/findings")
    local count, registered = 0, 0
    for file in pipe:lines() do
      for _, one in ipairs(require("lanyard.audit.findings." .. file:match "^(.*)%.lua$")) do
        assert.equal(one, findings.record(one.id), one.id)
        count = count + 1
      end
    end
    for _ in pairs(findings.catalogue) do
      registered = registered + 1
    end
    assert.equal(registered, count)
    assert.is_true(count > 30)
  end)
end)
