-- The profile of documents about the time of requests (see reason.profiles).

local dimensions = require "reason.dimensions"
local oracle = require "reason.oracle"
local profile = require("reason.profile").make

local key = dimensions.key
local BOOLEAN = { { operators = { "Bool" }, operands = { "true", "false" } } }

local function time_text(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds)
end

-- aws:CurrentTime and aws:EpochTime are one time, which every request has. Temporary credentials were issued before it.
return function()
  local values, seconds = {}, { 1767225590, 1767225600, 1767225602, 1767225605, 1767225607, 1767225610, 1769904000 }
  for _, now in ipairs(seconds) do
    values[#values + 1] = { now = now }
    for _, issued in ipairs(seconds) do
      if issued <= now then values[#values + 1] = { now = now, issued = issued } end
    end
  end
  local operators = { "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals" }
  local dates = { { operators = operators, operands = { "2026-01-01T00:00:00Z", "1767225605", "2026-01-01T00:00:10Z" } } }
  local time = { name = "time", values = values, set = function(request, value)
    request.context["aws:CurrentTime"] = time_text(value.now)
    request.context["aws:EpochTime"] = tostring(value.now)
    request.context["aws:TokenIssueTime"] = value.issued and time_text(value.issued)
  end, flags = function(value) return value.issued and oracle.MEMBER or oracle.FLAGS.NO_TOKEN end }
  return profile("times", {
    anyone = 90, conditions = 90, keys = { time, key("aws:SecureTransport", { "true", "false" }) },
    tests = { { key = "aws:CurrentTime", families = dates, null = 3 }, { key = "aws:EpochTime", families = dates, null = 3 },
      { key = "aws:TokenIssueTime", families = dates }, { key = "aws:SecureTransport", families = BOOLEAN } },
  })
end
