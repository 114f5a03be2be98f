local requests = require "lanyard.access.service.request"
local waiting = require "lanyard.access.wait"
local world = require "world"

local NAME = "my-container-service"
local BUSY = { code = "InvalidInputException", status = 400, service = "lightsail",
  message = 'The specified service is in a transition state ("UPDATING") and cannot be updated.' }
local LOST = { code = "Connection", message = "reset", retryable = true, sent = true }
local REFUSED = { code = "AccessDeniedException", status = 400, message = "no", sent = true }

-- Sends a request whose attempts have these errors, and succeed after them; its effect is found after `found` reads.
-- Returns how | nil, err, the number of attempts, and what was observed.
local function send(w, errors, found, timeout)
  local attempts, reads, observed = 0, 0, {}
  local wait = waiting.new(w.region, NAME, { timeout = timeout or 60 })
  local how, err = requests.send(wait, {
    activity = "changing it",
    send = function()
      attempts = attempts + 1
      return not errors[attempts] and {} or nil, errors[attempts]
    end,
    arrived = function()
      reads = reads + 1
      return found ~= nil and reads >= found
    end,
    observe = function(state) observed[#observed + 1] = state or "rejected" end,
  })
  return how, err, attempts, observed
end

describe("a request that changes a service", function()
  it("is sent once if Lightsail accepts it", function()
    local w <close> = world.new()
    local how, err, attempts, observed = send(w, {})
    assert.same({ "sent", nil, 1, { "sending", "requested" } }, { how, err, attempts, observed })
  end)

  it("is sent again while another change is in progress, without an end but the timeout", function()
    local w <close> = world.new()
    local how, _, attempts, observed = send(w, { BUSY, BUSY, BUSY, BUSY, BUSY })
    assert.same({ "sent", 6 }, { how, attempts })
    assert.same({ "sending", "rejected", "sending" }, { table.unpack(observed, 1, 3) })
    local many = {}
    for i = 1, 50 do many[i] = BUSY end
    local _, err = send(w, many, nil, 10)
    assert.equal("WaiterTimeout", err.code)
  end)

  it("is not sent again if its effect is found after a lost reply", function()
    local w <close> = world.new()
    local how, _, attempts, observed = send(w, { LOST, LOST, LOST }, 1)
    assert.same({ "found", 1, { "sending", "requested" } }, { how, attempts, observed })
    assert.is_true(w.passed > 0) -- a reply that was lost can be carried out a moment later
  end)

  it("is sent three times whose replies are lost, and then fails", function()
    local w <close> = world.new()
    local how, err, attempts = send(w, { LOST, LOST, LOST, LOST })
    assert.same({ nil, "Connection", 3 }, { how, err.code, attempts })
    how, err, attempts = send(w, { LOST, LOST })
    assert.same({ "sent", nil, 3 }, { how, err, attempts })
    how, err, attempts = send(w, { LOST, LOST, LOST }, 3)
    assert.same({ "found", nil, 3 }, { how, err, attempts })
  end)

  it("fails at once if it is refused, unless its effect is found after an earlier attempt", function()
    local w <close> = world.new()
    local how, err, attempts = send(w, { REFUSED }, 1)
    assert.same({ nil, REFUSED, 1 }, { how, err, attempts })
    local later = { code = "InvalidInputException", status = 400, message = "Some names are already in use", earlier = LOST }
    how, err = send(w, { later }, 1)
    assert.same({ "found", nil }, { how, err })
    how, err = send(w, { later })
    assert.same({ nil, later }, { how, err })
  end)
end)
