local query = require "lanyard.aws.protocol.query"

local SIMULATE = { reply = { EvaluationResults = "list", Marker = "string" } }

local function error_of(body)
  return query.decode_error { body = body, headers = {} }
end

describe("AWS Query", function()
  it("writes lists and structures as numbered and dotted fields", function()
    local headers, body = query.encode({ version = "2011-06-15" }, "AssumeRole", {
      RoleArn = "arn:aws:iam::1:role/a b", DurationSeconds = 900.0,
      Tags = { { Key = "k", Value = "v&w" }, { Key = "l", Value = "" } }, PolicyArns = {},
    })
    assert.matches("^application/x%-www%-form%-urlencoded", headers["Content-Type"])
    assert.equal("Action=AssumeRole&Version=2011-06-15&DurationSeconds=900&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b"
      .. "&Tags.member.1.Key=k&Tags.member.1.Value=v%26w&Tags.member.2.Key=l&Tags.member.2.Value=",
      (body:gsub("&PolicyArns=", "")))
  end)

  it("reads results, and an element without children as an empty list if a list is expected", function()
    local output = assert(query.decode([[<SimulateResponse><SimulateResult>
      <EvaluationResults>
      </EvaluationResults><Marker></Marker></SimulateResult></SimulateResponse>]], "Simulate", SIMULATE))
    assert.same({ EvaluationResults = {}, Marker = "" }, output)
  end)

  it("reads code, message and request id with and without the wrappers", function()
    for _, text in ipairs {
      "<ErrorResponse><Error><Type>Sender</Type><Code>C</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>",
      "<Response><Errors><Error><Code>C</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>",
      "<Error><Code>C</Code><Message>m</Message><RequestId>r</RequestId></Error>",
    } do
      assert.same({ code = "C", message = "m", request_id = "r" }, error_of(text), text)
    end
  end)

  it("omits the members that an error does not contain", function()
    for _, text in ipairs { "", "busy", "<a/>", "<ErrorResponse><Error/></ErrorResponse>",
      "<Error><Code/><Message><x>y</x></Message></Error>", "<ErrorResponse><Errors>x</Errors></ErrorResponse>" } do
      assert.same({}, error_of(text), text)
    end
  end)
end)
