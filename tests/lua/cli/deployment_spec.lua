local cli = require "lanyard.cli"
local deployment = require "lanyard.cli.deployment"

-- Returns the stderr output of a function as one text.
local function printed_by(f)
  local lines, note = {}, cli.note
  cli.note = function(text) lines[#lines + 1] = text end
  local ok, err = pcall(f)
  cli.note = note
  assert(ok, err)
  return table.concat(lines, "\n")
end

local OUTCOME = { version = 3, result = "failed", seconds = 252.34 }
local LOGS = {
  { container = "app", lines = { { time = 1769860800.7, message = "no\27[31m database" } } },
  { container = "late", lines = {} },
  { container = "shut", lines = {}, err = { message = "not allowed" } },
}

describe("a failed deployment", function()
  it("is printed with its reasons and logs, and control characters are escaped", function()
    local text = printed_by(function()
      deployment.failure("web", OUTCOME, { "image 'a\27b' does not exist" }, LOGS)
    end)
    assert.equal([[
lanyard: deployment 3 of 'web' failed after 4 min 12 s [DeploymentFailed]
  image 'a\x1bb' does not exist
  container 'app': the only log line
    2026-01-31T12:00:00Z  no\x1b[31m database
  container 'late': no log lines yet; they can be minutes late: lanyard wait deployment web --version 3 reads the log again
  container 'shut': cannot read the log: not allowed]], text)
  end)

  it("is distinguished from one that was canceled or replaced", function()
    local cases = { canceled = "was canceled without a reason after 1 s", replaced = "a later deployment replaced it" }
    for result, expected in pairs(cases) do
      local text = printed_by(function()
        deployment.failure("web", { version = 3, result = result, seconds = 1 }, {}, {})
      end)
      assert.is_truthy(text:find(expected, 1, true), text)
    end
  end)

  it("has no duration if it had ended before the wait began", function()
    local outcome = { version = 3, result = "failed", seconds = 0.2, created = 1769860800.7, had_ended = true }
    local expected = "lanyard: deployment 3 of 'web' failed earlier; it was created at 2026-01-31T12:00:00Z [DeploymentFailed]"
    assert.equal(expected, printed_by(function()
      deployment.failure("web", outcome, {}, {})
    end))
    assert.equal("-", deployment.took(outcome))
    assert.same({ version = 3, created = "2026-01-31T12:00:00Z" }, deployment.add_outcome({}, outcome))
  end)

  it("is plain data in JSON", function()
    local item = deployment.add_outcome({ service = "web" }, OUTCOME, { "why" }, LOGS)
    assert.same({
      service = "web", version = 3, seconds = 252.3, reasons = { "why" },
      logs = {
        { container = "app", lines = { { time = "2026-01-31T12:00:00Z", message = "no\27[31m database" } } },
        { container = "late", lines = {} },
        { container = "shut", lines = {}, error = "not allowed" },
      },
    }, item)
    assert.same({ version = 3, seconds = 252.3 }, deployment.add_outcome({}, OUTCOME))
  end)
end)

describe("a duration", function()
  it("has minutes if it is longer than one", function()
    assert.equal("0 s", deployment.duration(0.2))
    assert.equal("59 s", deployment.duration(59.4))
    assert.equal("1 min 0 s", deployment.duration(59.6))
    assert.equal("61 min 5 s", deployment.duration(3665))
  end)
end)

describe("an interrupted deployment", function()
  -- Returns the stderr output of a deployment that is interrupted in a stage.
  local function interrupted(seen)
    local out = cli.out
    cli.out = function() end
    local text = printed_by(function()
      local plan = { service = { name = "web" }, images = {}, references = {}, warnings = {}, repositories = {},
        request = { containers = {} } }
      seen.started, seen.grants = {}, {}
      pcall(function()
        local _ <close> = deployment.interruption(plan, seen, { output = "json" })
        error "interrupted"
      end)
    end)
    cli.out = out
    return text
  end

  it("names the stage, and what continues it", function()
    for stage, expected in pairs {
      following = "lanyard: deployment 2 continues: lanyard wait deployment web --version 2 waits for it",
      testing = "lanyard: deployment 2 is active, and its smoke tests did not end: repeat the command to continue",
      restoring = "lanyard: the rollback of deployment 2 did not end: repeat the command to continue",
    } do
      assert.equal(expected, interrupted { stage = stage, result = { kind = "requested", version = 2, grants = {} } })
    end
    assert.equal("lanyard: the request of the deployment may have been received: lanyard status web shows it",
      interrupted { result = { kind = "interrupted", grants = {} } })
    assert.equal("lanyard: the service 'web' may be being created: repeat the command to continue",
      interrupted { service_state = "sending", result = { kind = "not deployed", grants = {} } })
  end)
end)
