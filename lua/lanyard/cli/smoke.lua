--- Prints smoke tests, and how an earlier version was restored after one failed.

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local meters = require "lanyard.meter"

local M = {}

-- "503" or why there was no reply
local function answer(result)
  return result.status and tostring(result.status) or result.err and escape.printable(result.err.message) or "no reply"
end

local function attempts(result)
  return result.attempts == 1 and "1 attempt" or result.attempts .. " attempts"
end

--- Returns what a table shows beside a smoke test.
---@param result access.deployment.SmokeResult
---@return string
function M.note(result)
  return ("%s%s, %s"):format(answer(result), result.passed and "" or ", not " .. result.codes, attempts(result))
end

--- Returns smoke tests for JSON.
---@param results? access.deployment.SmokeResult[]
---@return table[]?
function M.items(results)
  local list = results and json.array {}
  for i, one in ipairs(results or {}) do
    list[i] = { path = one.path, codes = one.codes, result = one.passed and "passed" or "failed", status = one.status,
      error = one.err and { code = one.err.code, message = one.err.message }, attempts = one.attempts,
      seconds = math.floor(one.seconds * 10 + 0.5) / 10 }
  end
  return list
end

--- Returns what a table shows beside the rollback after a failure.
---@param restored access.deployment.Restored
---@return string
function M.restored_note(restored)
  if restored.kind == "restored" then
    return ("version %d, with the containers of version %d"):format(restored.version, restored.to)
  elseif restored.kind == "still active" then
    return ("version %d"):format(restored.version)
  end
  return restored.err and escape.printable(restored.err.message) or ""
end

--- Returns the rollback after a failure for JSON.
---@param restored? access.deployment.Restored
---@return table?
function M.restored_item(restored)
  return restored and { result = restored.kind, version = restored.version, restores = restored.to,
    error = restored.err and { code = restored.err.code, message = restored.err.message } }
end

--- Prints on stderr which smoke tests failed.
---@param results access.deployment.SmokeResult[]
---@param url string
function M.failures(results, url)
  for _, one in ipairs(results) do
    if not one.passed then
      cli.note(cli.with_code(escape.format("lanyard: smoke test of %s%s: %s, not %s, after %s in %s",
        (url:gsub("/+$", "")), one.path, answer(one), one.codes, attempts(one), meters.elapsed(one.seconds)),
        "SmokeFailed"))
    end
  end
end

--- Prints on stderr what became of the version before.
---@param name string
---@param restored access.deployment.Restored
function M.restored(name, restored)
  if restored.kind == "restored" then
    cli.note(("lanyard: '%s' was rolled back: version %d is active, with the containers of version %d")
      :format(name, restored.version, restored.to))
  elseif restored.kind == "still active" then
    cli.note(("lanyard: version %d of '%s' is still active: nothing had to be rolled back")
      :format(restored.version, name))
  else
    cli.note(cli.with_code(escape.format("lanyard: '%s' was not rolled back: %s", name, restored.err.message),
      restored.err.code))
    if restored.err.tip then
      cli.note("  " .. escape.printable(restored.err.tip))
    end
  end
end

return M
