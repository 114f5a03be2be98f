-- Waiters of AWS's models, with each form that the models have.

local botocore = require "botocore"
local json = require "lanyard.json"
local model = require "lanyard.model"
local model_waiters = require "lanyard.aws.model_waiters"
local modelled = require "modelled"

local answer = modelled.answer

local OUTPUT = { type = "structure", members = {} }
for i, name in ipairs { "State", "Things", "Ready", "Count" } do
  OUTPUT.members[i] = { name = name, shape = "Any" }
end

local function data_of(waiter)
  return {
    metadata = { protocol = "json", jsonVersion = "1.0", targetPrefix = "T", endpointPrefix = "things", serviceId = "Things", signatureVersion = "v4" },
    operations = { Get = { input = { shape = "Input" }, output = { shape = "Output" }, errors = { { shape = "NoSuchThing" } } } },
    shapes = { Input = { type = "structure", members = { { name = "Id", shape = "Any" } } }, Output = OUTPUT, Any = { type = "structure", document = true },
      NoSuchThing = { type = "structure", exception = true, error = { code = "NoSuchThing.Missing" }, members = {} } },
    waiters = { ThingReady = waiter },
  }
end

local function waiter_of(...)
  return { operation = "Get", delay = 15, maxAttempts = 3, acceptors = { ... } }
end

-- Waits with these replies (texts), and errors ({ status, code }), one after another; the last one repeats.
local function wait(waiter, replies, options)
  local answers, slept, now = {}, {}, 0
  for i, reply in ipairs(replies) do
    answers[i] = type(reply) == "string" and answer(200, reply) or answer(reply[1], json.encode { __type = reply[2], message = "m" })
  end
  local thing, requests = modelled.client(data_of(waiter), answers, { client = { max_attempts = 1, clock = {
    now = function() return now end, time = function() return now end, random = function() return 1 end,
    sleep = function(seconds) slept[#slept + 1], now = seconds, now + seconds end,
  } } })
  local reply, err = thing:wait("ThingReady", { Id = "a" }, options)
  return reply, err, slept, #requests
end

local DONE = { state = "success", matcher = "path", argument = "State", expected = "DONE" }
local FAILED = { state = "failure", matcher = "path", argument = "State", expected = "FAILED" }

describe("a waiter of a model", function()
  it("pauses for its delay until the reply is the expected one", function()
    local reply, _, slept, count = wait(waiter_of(DONE, FAILED), { '{"State":"A"}', '{"State":"B"}', '{"State":"DONE","Count":1}' })
    assert.equal(1, reply.Count)
    assert.same({ 15, 15 }, slept)
    assert.equal(3, count)
  end)

  it("fails if the state cannot be reached, and says what it saw", function()
    local reply, err = wait(waiter_of(DONE, FAILED), { '{"State":"A"}', '{"State":"FAILED"}' })
    assert.is_nil(reply)
    assert.equal("WaiterFailed", err.code)
    assert.equal('ThingReady of thing: the state cannot be reached any more; last reply: State is "FAILED"', err.message)
    assert.equal("FAILED", err.reply.State)
  end)

  it("ends after its attempts, or after a timeout that the caller gives", function()
    local _, err, slept = wait(waiter_of(DONE), { '{"State":"A"}' })
    assert.same({ "WaiterTimeout", 'ThingReady of thing: not reached in 3 attempts; last reply: State is "A"' }, { err.code, err.message })
    assert.same({ 15, 15 }, slept)
    _, err, slept = wait(waiter_of(DONE), { '{"Count":1}' }, { timeout = 65 })
    assert.equal("ThingReady of thing: not reached within 65 s; last reply: State is absent", err.message)
    assert.same({ 15, 15, 15, 15, 5 }, slept)
  end)

  it("lets the first acceptor that matches decide", function()
    local retry = { state = "retry", matcher = "path", argument = "Ready", expected = false }
    local reply = wait(waiter_of(retry, DONE), { '{"State":"DONE","Ready":false}', '{"State":"DONE","Ready":true,"Count":2}' })
    assert.equal(2, reply.Count)
  end)

  -- Rows of a matcher, an argument, an expected value, a reply, and whether it matches.
  for _, row in ipairs {
    { "path", "length(Things[]) > `0`", true, '{"Things":[1]}', true },
    { "path", "length(Things[]) > `0`", true, '{"Things":[]}', false },
    { "path", "length(Things) == `0`", true, '{"State":"A"}', false },
    { "path", "Count", 3, '{"Count":3}', true },
    { "path", "Things[?Name == 'a'] | [0].State", "DONE", '{"Things":[{"Name":"b"},{"Name":"a","State":"DONE"}]}', true },
    { "path", "State", "DONE", '{"State":null}', false },
    { "path", "Ready", true, '{"Ready":"true"}', false },
    { "pathAll", "Things[].State", "DONE", '{"Things":[{"State":"DONE"},{"State":"DONE"}]}', true },
    { "pathAll", "Things[].State", "DONE", '{"Things":[{"State":"DONE"},{"State":"A"}]}', false },
    { "pathAll", "Things[].State", "DONE", '{"Things":[]}', false },
    { "pathAll", "Things[].State", "DONE", "{}", false },
    { "pathAll", "State", "DONE", '{"State":"DONE"}', false },
    { "pathAny", "Things[].State", "DONE", '{"Things":[{"State":"A"},{"State":"DONE"}]}', true },
    { "pathAny", "Things[].State", "DONE", '{"Things":[{"State":"A"}]}', false },
    { "pathAny", "Things[].Parts[].State", "DONE", '{"Things":[{"Parts":[{"State":"A"}]},{"Parts":[{"State":"DONE"}]}]}', true },
    { "status", nil, 200, "{}", true },
    { "status", nil, 404, "{}", false },
    { "error", nil, false, "{}", true },
    { "error", nil, true, "{}", false },
    { "error", nil, "NoSuchThing", "{}", false },
  } do
    it(("matches by %s %s: %s, %s"):format(row[1], tostring(row[2]), row[4], tostring(row[5])), function()
      local acceptor = { state = "success", matcher = row[1], argument = row[2], expected = row[3] }
      assert.equal(row[5], wait(waiter_of(acceptor), { row[4] }) ~= nil)
    end)
  end

  -- Rows of a matcher, an expected value, the status and the code of an error, and what the wait returns.
  for _, row in ipairs {
    { "error", "NoSuchThing", 404, "NoSuchThing", "success" },
    { "error", "com.example.things#NoSuchThing", 404, "NoSuchThing", "success" },
    { "error", "NoSuchThing", 404, "NoSuchThing.Missing", "success" }, -- the code that the model gives the shape
    { "error", "InvalidThing.NotFound", 400, "InvalidThing.NotFound", "success" },
    { "error", "NoSuchThing", 404, "Other", "Other" },
    { "error", true, 400, "Other", "success" },
    { "error", false, 400, "Other", "Other" },
    { "status", 404, 404, "Other", "success" },
    { "status", 200, 404, "Other", "Other" },
    { "path", "DONE", 404, "Other", "Other" },
    { "pathAll", "DONE", 404, "Other", "Other" },
  } do
    it(("has %s %s for the error %d %s: %s"):format(row[1], tostring(row[2]), row[3], row[4], row[5]), function()
      local argument = row[1]:find "path" and "State" or nil
      local reply, err = wait(waiter_of { state = "success", matcher = row[1], argument = argument, expected = row[2] }, { { row[3], row[4] } })
      assert.equal(row[5], reply and "success" or err.code)
    end)
  end

  it("retries after errors that it names, and names the last one", function()
    local acceptor = { state = "retry", matcher = "error", expected = "NoSuchThing" }
    assert(wait(waiter_of(DONE, acceptor), { { 404, "NoSuchThing" }, '{"State":"DONE"}' }))
    local _, err = wait(waiter_of(DONE, acceptor), { { 404, "NoSuchThing" } })
    assert.equal("ThingReady of thing: not reached in 3 attempts; last reply: thing:Get: NoSuchThing: m", err.message)
    assert.equal("NoSuchThing", err.cause.code)
  end)

  it("does not take a failed connection for an error of the service", function()
    local judge = assert(model_waiters.compile(model.new(data_of(waiter_of { state = "success", matcher = "error", expected = true })), "ThingReady")).judge
    assert.is_nil(judge(nil, { code = "ConnectionRefused" }))
    assert.equal("success", judge(nil, { code = "Any", status = 400 }))
  end)

  it("shortens long values in its errors", function()
    local _, err = wait(waiter_of { state = "success", matcher = "pathAll", argument = "Things[]", expected = "x" },
      { '{"Things":["' .. ("\u{e9}"):rep(5000) .. '"]}' })
    assert.truthy(#err.message < 300)
    assert.matches("%.%.%.$", err.message)
    assert.truthy(utf8.len(err.message))
  end)

  it("has an error with a suggestion for an unknown name", function()
    local thing = modelled.client(data_of(waiter_of(DONE)), { answer(200, "{}") })
    assert.has_error(function() thing:wait "ThingRaedy" end, "thing has no waiter 'ThingRaedy' (did you mean ThingReady?)")
  end)

  for message, waiter in pairs {
    ["the waiter ThingReady: lanyard does not know the matcher 'pathNone'"] = waiter_of { state = "success", matcher = "pathNone", expected = "x" },
    ["the waiter ThingReady: lanyard does not know the state 'done'"] = waiter_of { state = "done", matcher = "error", expected = "x" },
    ["the waiter ThingReady: the matcher status cannot expect a value of type string"] =
      waiter_of { state = "success", matcher = "status", expected = "200" },
    ["the argument of the waiter ThingReady is a nil, not a query"] = waiter_of { state = "success", matcher = "path", expected = "200" },
    ["the waiter ThingReady: the model has no operation 'Put'"] = { operation = "Put", delay = 1, maxAttempts = 1 },
    ["the waiter ThingReady: delay and maxAttempts have to be numbers"] = { operation = "Get", delay = "1", maxAttempts = 1 },
  } do
    it("is an error: " .. message, function()
      local found, err = model_waiters.compile(model.new(data_of(waiter)), "ThingReady")
      assert.is_nil(found)
      assert.same({ "InvalidModel", message }, { err.code, err.message })
      local thing = modelled.client(data_of(waiter), { answer(200, "{}") })
      assert.has_error(function() thing:wait "ThingReady" end, "thing: " .. message)
    end)
  end

  for _, data in ipairs(botocore.folders()) do
    it("can be read, for all in the models of botocore " .. data.version, function()
      local count = 0
      for _, name in ipairs(data:services "waiters-2.json") do
        local waiters = assert(data:file(name, "waiters-2.json")).waiters
        local service = model.new { metadata = {}, shapes = {}, waiters = waiters,
          operations = setmetatable({}, { __index = function() return {} end }) }
        for waiter in pairs(waiters) do
          assert(model_waiters.compile(service, waiter))
          count = count + 1
        end
      end
      print(("# %d waiters"):format(count))
      assert.truthy(count > 200)
    end)
  end
  if not botocore.folders()[1] then
    pending "can be read, for all in the models: needs botocore"
  end
end)
