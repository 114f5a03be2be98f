-- Who changed the policies of repositories, from the emulated CloudTrail.

local event_history = require "lanyard.access.event_history"
local json = require "lanyard.json"
local world = require "world"

local TEXT = [[{"Version":"2012-10-17","Statement":[
  {"Sid":"ci","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*"}]}]]
local NAME, OTHER = "my-private-repo", "shared-repo"

-- Returns what LookupEvents returns for a call of another program.
local function event(fields)
  local record = {
    eventName = "SetRepositoryPolicy", eventTime = "2026-11-27T10:00:00Z", eventID = "e",
    userIdentity = { arn = "arn:aws:iam::111122223333:user/terraform" }, sourceIPAddress = "192.0.2.1",
    userAgent = "APN/1.0 HashiCorp/1.0 Terraform/1.9.0 (+https://www.terraform.io) terraform-provider-aws/5.0",
    requestParameters = { repositoryName = NAME },
  }
  for name, value in pairs(fields or {}) do record[name] = value end
  return { CloudTrailEvent = json.encode(record) }
end

describe("the event history", function()
  it("returns the changes of one repository, newest first", function()
    local w <close> = world.new()
    local region = w.region
    assert(region.ecr:SetRepositoryPolicy { repositoryName = NAME, policyText = TEXT })
    w.passed = w.passed + 60
    assert(region.ecr:SetRepositoryPolicy { repositoryName = OTHER, policyText = TEXT })
    assert(region.ecr:DeleteRepositoryPolicy { repositoryName = NAME })
    local changes = assert(assert(event_history.open(region)):changes(NAME, 0))
    assert.equal(2, #changes)
    assert.same({ "delete policy", "set policy" }, { changes[1].action, changes[2].action })
    assert.equal("arn:aws:iam::111122223333:user/operator", changes[1].principal)
    assert.equal("lanyard", changes[1].tool)
  end)

  it("omits calls that failed and calls before the time", function()
    local w <close> = world.new()
    w.region.ecr:SetRepositoryPolicy { repositoryName = NAME, policyText = "{}" }
    assert(w.region.ecr:SetRepositoryPolicy { repositoryName = NAME, policyText = TEXT })
    local history = assert(event_history.open(w.region))
    assert.equal(1, #assert(history:changes(NAME, 0)))
    assert.equal(0, #assert(history:changes(NAME, w:time() + 1)))
  end)

  it("is asked for as often as the user says, or ten times", function()
    for _, case in ipairs { { nil, 10 }, { 2, 2 } } do
      local w <close> = world.new()
      w.change = function(operation, reply) reply.reset = operation == "LookupEvents" end
      w.region.session.sources.max_attempts = case[1] and "AWS_MAX_ATTEMPTS" or nil
      w.region.session.options.max_attempts = case[1] or w.region.session.options.max_attempts
      local changes, err = assert(event_history.open(w.region)):changes(NAME, 0)
      assert.is_nil(changes)
      assert.equal("Connection", err.code)
      assert.equal(case[2], w:count "LookupEvents")
    end
  end)

  it("reads all pages at two calls a second, and each page once", function()
    local w <close> = world.new()
    for _ = 1, 120 do
      assert(w.region.ecr:SetRepositoryPolicy { repositoryName = NAME, policyText = TEXT })
    end
    local history = assert(event_history.open(w.region))
    assert.equal(120, #assert(history:changes(NAME, 0)))
    local calls = w:count "LookupEvents"
    assert.equal(5, calls) -- none was throttled: three pages of one call, one each of the others
    assert.equal(0, #assert(history:changes(OTHER, 0)))
    assert.equal(calls, w:count "LookupEvents")
  end)

  it("reports that CloudTrail cannot be read, and does not ask again", function()
    local w <close> = world.new { faults = { { service = "cloudtrail", error = { code = "AccessDeniedException",
      message = "no", status = 400 } } } }
    local history = assert(event_history.open(w.region))
    local _, err = history:changes(NAME, 0)
    assert.equal("AccessDeniedException", err.code)
    history:changes(NAME, 0)
    assert.equal(1, w:count "LookupEvents")
  end)

  it("names the program", function()
    for agent, tool in pairs {
      ["APN/1.0 HashiCorp/1.0 Terraform/1.9.0 terraform-provider-aws/5.0 aws-sdk-go-v2/1.0"] = "Terraform",
      ["APN/1.0 Pulumi/1.0 (+https://www.pulumi.com) terraform-provider-aws/5.0"] = "Pulumi",
      ["aws-cli/2.9.19 Python/3.11.2 Linux/6.1 source/x86_64 prompt/off command/ecr.set-repository-policy"] = "AWS CLI",
      ["Boto3/1.26.27 Python/3.11.2 Linux/6.1 Botocore/1.29.27"] = "boto3",
      ["aws-sdk-go-v2/1.30.3 os/linux"] = "aws-sdk-go-v2",
      ["[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11 console.amazonaws.com]"] = "AWS console",
      [""] = "unknown",
    } do
      assert.equal(tool, event_history.parse(event { userAgent = agent }).tool)
    end
    local change = event_history.parse(event {
      userIdentity = { invokedBy = "cloudformation.amazonaws.com" }, userAgent = "cloudformation.amazonaws.com",
    })
    assert.same({ "CloudFormation", "cloudformation.amazonaws.com" }, { change.tool, change.principal })
  end)

  it("ignores events that are not as documented", function()
    assert.truthy(event_history.parse(event()))
    for _, damaged in ipairs {
      {}, { CloudTrailEvent = 1 }, { CloudTrailEvent = "{" }, { CloudTrailEvent = "[]" }, { CloudTrailEvent = '"x"' },
      event { eventTime = "yesterday" }, event { eventTime = 5 }, event { requestParameters = "x" },
      event { requestParameters = { repositoryName = { 1 } } }, event { eventName = "PutImage" },
      event { errorCode = "AccessDenied" },
    } do
      assert.is_nil(event_history.parse(damaged))
    end
    assert.equal("unknown", event_history.parse(event { userIdentity = json.null }).principal)
  end)
end)
