local cli = require "lanyard.cli"
local deployment = require "lanyard.cli.deployment"

-- What a function tells on stderr, as one text.
local function told_by(f)
  local lines, note = {}, cli.note
  cli.note = function(text) lines[#lines + 1] = text end
  local ok, err = pcall(f)
  cli.note = note
  assert(ok, err)
  return table.concat(lines, "\n")
end

local OUTCOME = { version = 3, ending = "failed", seconds = 252.34 }
local LOGS = {
  { container = "app", lines = { { time = 1769860800.7, message = "no\27[31m database" } } },
  { container = "late", lines = {} },
  { container = "shut", lines = {}, err = { message = "not allowed" } },
}

describe("a failed deployment", function()
  it("is told with its reasons and logs, without what a terminal acts on", function()
    local text = told_by(function()
      deployment.failure("web", OUTCOME, { "image 'a\27b' is gone" }, LOGS)
    end)
    assert.equal([[
lanyard: deployment 3 of 'web' failed after 4 min 12 s
  image 'a\x1bb' is gone
  container 'app': the only line logged
    2026-01-31T12:00:00Z  no\x1b[31m database
  container 'late': nothing was logged yet; logs may come minutes late: lanyard wait deployment web --version 3 looks again
  container 'shut': the log could not be read: not allowed]], text)
  end)

  it("is told apart from one that was canceled, or replaced", function()
    for ending, words in pairs { canceled = "was canceled without a word after 1 s", replaced = "a later one replaced it" } do
      local text = told_by(function()
        deployment.failure("web", { version = 3, ending = ending, seconds = 1 }, {}, {})
      end)
      assert.is_truthy(text:find(words, 1, true), text)
    end
  end)

  it("is not said to have taken the time of a wait that came after its end", function()
    local outcome = { version = 3, ending = "failed", seconds = 0.2, created = 1769860800.7, had_ended = true }
    assert.equal("lanyard: deployment 3 of 'web' failed earlier; it was made at 2026-01-31T12:00:00Z", told_by(function()
      deployment.failure("web", outcome, {}, {})
    end))
    assert.equal("-", deployment.took(outcome))
    assert.same({ version = 3, created = "2026-01-31T12:00:00Z" }, deployment.ending({}, outcome))
  end)

  it("is plain data for JSON", function()
    local item = deployment.ending({ service = "web" }, OUTCOME, { "why" }, LOGS)
    assert.same({
      service = "web", version = 3, seconds = 252.3, reasons = { "why" },
      logs = {
        { container = "app", lines = { { time = "2026-01-31T12:00:00Z", message = "no\27[31m database" } } },
        { container = "late", lines = {} },
        { container = "shut", lines = {}, error = "not allowed" },
      },
    }, item)
    assert.same({ version = 3, seconds = 252.3 }, deployment.ending({}, OUTCOME))
  end)
end)

describe("a duration", function()
  it("has minutes from one on", function()
    assert.equal("0 s", deployment.duration(0.2))
    assert.equal("59 s", deployment.duration(59.4))
    assert.equal("1 min 0 s", deployment.duration(59.6))
    assert.equal("61 min 5 s", deployment.duration(3665))
  end)
end)
