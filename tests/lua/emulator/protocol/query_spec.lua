local query = require "lanyard.emulator.protocol.query"

local SERVICE = { version = "2011-06-15", xmlns = "https://sts.amazonaws.com/doc/2011-06-15/" }

local function request(body)
  return { body = body, headers = {} }
end

describe("the Query protocol", function()
  it("reads the operation, and only of the version of the service", function()
    assert.equal("AssumeRole", query.operation(request "Action=AssumeRole&Version=2011-06-15", SERVICE))
    assert.is_nil(query.operation(request "Action=AssumeRole&Version=2010-05-08", SERVICE))
  end)

  it("reads nested members and lists of a form", function()
    local input = query.input(request("Action=X&Version=Y&Name=a%2Fb+c&DurationSeconds=900&Tags.member.1.Key=env"
      .. "&Tags.member.1.Value=prod&Tags.member.2.Key=team"))
    assert.equal("a/b c", input.Name)
    assert.equal(900, input.DurationSeconds)
    assert.equal("env", input.Tags[1].Key)
    assert.equal("prod", input.Tags[1].Value)
    assert.equal("team", input.Tags[2].Key)
  end)

  it("writes outputs with escaped values and sorted members", function()
    local reply = query.output({ B = "<&>", A = { "x", "y" } }, "id-1", SERVICE, "Get")
    assert.equal('<GetResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetResult><A><member>x</member>'
      .. "<member>y</member></A><B>&lt;&amp;&gt;</B></GetResult><ResponseMetadata><RequestId>id-1</RequestId>"
      .. "</ResponseMetadata></GetResponse>\n", reply.body)
  end)

  it("writes exceptions with the side that caused them", function()
    local function type_of(status)
      local reply = query.exception({ code = "X", message = "m", status = status }, "id", SERVICE)
      assert.equal(status, reply.status)
      return reply.body:match "<Type>(%w+)</Type>"
    end
    assert.equal("Sender", type_of(403))
    assert.equal("Receiver", type_of(500))
  end)
end)
