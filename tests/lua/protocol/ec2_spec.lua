local ec2 = require "lanyard.protocol.ec2"
local model = require "lanyard.model"

local SERVICE = model.new {
  metadata = { protocol = "ec2", apiVersion = "2016-11-15" },
  operations = {
    Describe = { input = { shape = "Request" }, output = { shape = "Result" } },
    Reboot = { input = { shape = "Request" } },
  },
  shapes = {
    Request = { type = "structure", members = {
      DryRun = { shape = "Boolean", locationName = "dryRun" }, Ids = { shape = "Ids", locationName = "InstanceId" },
      Filters = { shape = "Filters", locationName = "Filter" }, token = { shape = "Text" },
      Both = { shape = "Text", queryName = "Asked", locationName = "both" }, Nested = { shape = "Nested", locationName = "nested" },
    } },
    Nested = { type = "structure", members = { Ids = { shape = "Ids", locationName = "idSet" } } },
    Ids = { type = "list", member = { shape = "Text", locationName = "InstanceId" } },
    Filters = { type = "list", member = { shape = "Filter", locationName = "Filter" } },
    Filter = { type = "structure", members = { Name = { shape = "Text" }, Values = { shape = "Ids", locationName = "Value" } } },
    Result = { type = "structure", members = {
      Reservations = { shape = "Reservations", locationName = "reservationSet" },
      NextToken = { shape = "Text", locationName = "nextToken" },
    } },
    Reservations = { type = "list", member = { shape = "Reservation", locationName = "item" } },
    Reservation = { type = "structure", members = {
      Groups = { shape = "Ids", locationName = "groupSet" }, Count = { shape = "Integer", locationName = "count" },
    } },
    Text = { type = "string" }, Boolean = { type = "boolean" }, Integer = { type = "integer" },
  },
}

local function encode(input)
  local request, message = ec2.encode(SERVICE, SERVICE:operation "Describe", input)
  return request and request.body:gsub("^Action=Describe&Version=2016%-11%-15&?", "") or message
end

local function decode(text, operation)
  return ec2.decode(SERVICE, SERVICE:operation(operation or "Describe"), { status = 200, headers = {}, body = text })
end

describe("the EC2 protocol", function()
  it("names fields with a capital, or as the query name says", function()
    assert.equal("Asked=y&DryRun=true&Token=x", encode { DryRun = true, token = "x", Both = "y" })
  end)

  it("numbers lists without a name for their items, and leaves out empty ones", function()
    assert.equal("InstanceId.1=a&InstanceId.2=b", encode { Ids = { "a", "b" } })
    assert.equal("Filter.1.Name=n&Filter.1.Value.1=v", encode { Filters = { { Name = "n", Values = { "v" } } } })
    assert.equal("Nested.IdSet.1=a", encode { Nested = { Ids = { "a" } } })
    assert.equal("", encode { Ids = {} })
    assert.equal("Filters.0.Values.0: the number 1; a string was expected", encode { Filters = { { Values = { 1 } } } })
  end)

  it("reads the members from the root", function()
    assert.same({ Reservations = { { Groups = { "g" }, Count = 1 }, { Groups = {} } }, NextToken = "t", fresh = "f" }, decode [[
      <?xml version="1.0" encoding="UTF-8"?>
      <DescribeResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><reservationSet>
      <item><groupSet><item>g</item></groupSet><count>1</count></item><item><groupSet/></item></reservationSet>
      <nextToken>t</nextToken><fresh>f</fresh></DescribeResponse>]])
    assert.same({}, decode "<DescribeResponse><requestId>r</requestId></DescribeResponse>")
    assert.same({ nil, "Reservations.0.Count: the text '1.5'; an integer was expected" },
      { decode "<DescribeResponse><reservationSet><item><count>1.5</count></item></reservationSet></DescribeResponse>" })
  end)

  it("reads nothing from a reply that only reports success", function()
    assert.same({}, decode("<RebootResponse><requestId>r</requestId><return>true</return></RebootResponse>", "Reboot"))
    assert.same({ other = "x" }, decode("<RebootResponse><other>x</other></RebootResponse>", "Reboot"))
  end)

  it("accepts any reply to an operation without output", function()
    for _, text in ipairs { "", "null", "<html><body>x</body></html>", "<RebootResponse>" } do
      assert.same({}, decode(text, "Reboot"))
    end
  end)

  it("rejects a page that is not a response", function()
    local output, message = decode "<html><body>Log in</body></html>"
    assert.is_nil(output)
    assert.equal("the reply is <html>, not the response of an operation", message)
  end)

  it("reads errors", function()
    local err = ec2.decode_error(SERVICE, SERVICE:operation "Describe", { status = 400, headers = {}, body = [[<Response><Errors>
      <Error><Code>InvalidInstanceID.NotFound</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>]] })
    assert.same({ code = "InvalidInstanceID.NotFound", message = "m", request_id = "r", members = {} }, err)
  end)
end)
