-- The emulated CloudTrail, through the client that scripts use.

local cloudtrail = require "lanyard.emulator.cloudtrail"
local emulator = require "lanyard.emulator"
local json = require "lanyard.json"
local world = require "world"

local TEXT = [[{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*"}]}]]

local function named(name)
  return { { AttributeKey = "EventName", AttributeValue = name } }
end

local function set_policy(w, count)
  for _ = 1, count or 1 do
    assert(w.region.ecr:SetRepositoryPolicy { repositoryName = "my-private-repo", policyText = TEXT })
  end
end

local function fails(code, reply, err)
  assert.is_nil(reply)
  assert.equal(code, err.code)
end

describe("the emulated CloudTrail", function()
  it("records who changed a policy, when, and with which program", function()
    local w <close> = world.new()
    set_policy(w)
    local trail = w.region.session:client "cloudtrail"
    local events = assert(trail:LookupEvents { LookupAttributes = named "SetRepositoryPolicy" }).Events
    assert.equal(1, #events)
    assert.equal("operator", events[1].Username)
    assert.is_true(math.abs(events[1].EventTime - w:time()) < 60)
    local record = assert(json.decode(events[1].CloudTrailEvent))
    assert.equal("arn:aws:iam::111122223333:user/operator", record.userIdentity.arn)
    assert.truthy(record.userAgent:find "^lanyard/")
    assert.equal("my-private-repo", record.requestParameters.repositoryName)
    assert.is_nil(record.errorCode)
  end)

  it("records calls that fail, with the error", function()
    local w <close> = world.new()
    w.region.ecr:SetRepositoryPolicy { repositoryName = "absent", policyText = TEXT }
    local trail = w.region.session:client "cloudtrail"
    local event = assert(trail:LookupEvents { LookupAttributes = named "SetRepositoryPolicy" }).Events[1]
    assert.equal("RepositoryNotFoundException", assert(json.decode(event.CloudTrailEvent)).errorCode)
  end)

  it("shows a call only after a delay", function()
    local w <close> = world.new { trail_delay = 300 }
    set_policy(w)
    local trail = w.region.session:client "cloudtrail"
    assert.equal(0, #assert(trail:LookupEvents {}).Events)
    w.passed = w.passed + 301
    assert.equal(1, #assert(trail:LookupEvents {}).Events)
    w.passed = w.passed + 90 * 24 * 60 * 60
    assert.equal(0, #assert(trail:LookupEvents {}).Events)
  end)

  it("keeps the newest 300 events of a Region", function()
    local w = assert(emulator.world { trail_delay = 0 })
    for i = 1, 950 do
      cloudtrail.record(w, { service = "ecr", operation = "SetRepositoryPolicy", region = "us-east-1", caller = w.caller,
        request_id = tostring(i), user_agent = "a\xffb", input = { repositoryName = "web" } })
    end
    local context, input, found = { region = "us-east-1", now = os.time() + 1 }, {}, {}
    repeat
      w.lookups = nil -- without the limit of two calls a second
      local page = assert(cloudtrail.operations.LookupEvents.call(w, input, context))
      for _, event in ipairs(page.Events) do
        found[#found + 1] = assert(json.decode(event.CloudTrailEvent)).requestID
      end
      input = { NextToken = page.NextToken }
    until not page.NextToken
    assert.equal(300, #found)
    assert.equal("950", found[1])
    assert.equal("651", found[300])
    assert.is_true(#w.trail["us-east-1"] <= 600)
  end)

  it("returns pages, the newest event first", function()
    local w <close> = world.new()
    set_policy(w, 5)
    local trail, seen = w.region.session:client "cloudtrail", {}
    local token
    repeat
      w.passed = w.passed + 1
      local page = assert(trail:LookupEvents {
        LookupAttributes = { { AttributeKey = "ResourceName", AttributeValue = "my-private-repo" } }, MaxResults = 2,
        NextToken = token,
      })
      for _, event in ipairs(page.Events) do
        assert.is_nil(seen[event.EventId])
        seen[event.EventId] = true
        seen[#seen + 1] = event
      end
      token = page.NextToken
    until not token
    assert.equal(5, #seen)
  end)

  it("answers two calls a second", function()
    local w <close> = world.new()
    local answered
    w.after = function() answered = (answered or 0) + 1 end
    local trail = w.region.session:client "cloudtrail"
    local began = w.passed
    for _ = 1, 5 do
      assert(trail:LookupEvents {})
    end
    assert.is_true(answered > 5) -- some calls were throttled, and repeated
    assert.is_true(w.passed > began)
  end)

  it("refuses what the service refuses", function()
    local w <close> = world.new()
    local trail = w.region.session:client "cloudtrail"
    local function lookup(input)
      w.passed = w.passed + 1
      return trail:LookupEvents(input)
    end
    fails("InvalidMaxResultsException", lookup { MaxResults = 51 })
    fails("InvalidLookupAttributesException", lookup { LookupAttributes = {
      named "SetRepositoryPolicy"[1], named "DeleteRepositoryPolicy"[1],
    } })
    fails("InvalidLookupAttributesException", lookup { LookupAttributes = {
      { AttributeKey = "UserAgent", AttributeValue = "x" },
    } })
    fails("InvalidTimeRangeException", lookup { StartTime = 2, EndTime = 1 })
    fails("InvalidNextTokenException", lookup { NextToken = "x" })
    fails("InvalidEventCategoryException", lookup { EventCategory = "management" })
  end)
end)
