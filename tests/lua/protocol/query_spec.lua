local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local model = require "lanyard.model"
local query = require "lanyard.protocol.query"

local SERVICE = model.new {
  metadata = { protocol = "query", apiVersion = "2014-10-31" },
  operations = {
    Put = { input = { shape = "Put" } },
    Describe = { output = { shape = "Described", resultWrapper = "DescribeResult" }, errors = { { shape = "NoSuchThing" } } },
    Delete = { input = { shape = "Put" }, endpoint = { hostPrefix = "{Name}.data-" } },
    Bare = { output = { shape = "Described" } },
    Free = {},
  },
  shapes = {
    Put = { type = "structure", members = {
      Name = { shape = "Text" }, Count = { shape = "Long" }, Ratio = { shape = "Double" }, Yes = { shape = "Boolean" },
      Names = { shape = "Names" }, Ids = { shape = "Ids" }, Renamed = { shape = "Flat", locationName = "Hi" },
      Flat = { shape = "Flat" }, Tags = { shape = "Tags" }, Labels = { shape = "Labels" }, FlatLabels = { shape = "Labels", flattened = true },
      TagMap = { shape = "NamedMap" },
      At = { shape = "Time" }, Since = { shape = "Time", timestampFormat = "unixTimestamp" }, Data = { shape = "Blob" },
    } },
    Described = { type = "structure", members = {
      DBInstances = { shape = "Instances" }, Marker = { shape = "Text" }, Labels = { shape = "Labels" },
      Flat = { shape = "Flat" },
    } },
    Instances = { type = "list", member = { shape = "Instance", locationName = "DBInstance" } },
    Instance = { type = "structure", members = {
      Id = { shape = "Text" }, Port = { shape = "Long" }, Load = { shape = "Double" }, Public = { shape = "Boolean" },
      Created = { shape = "Time" }, Data = { shape = "Blob" }, Names = { shape = "Names" }, Child = { shape = "Instance" },
    } },
    Names = { type = "list", member = { shape = "Text" } },
    Ids = { type = "list", member = { shape = "Long", locationName = "Id" } },
    Flat = { type = "list", flattened = true, member = { shape = "Text", locationName = "Item" } },
    Tags = { type = "list", member = { shape = "Tag", locationName = "Tag" } },
    Tag = { type = "structure", members = { Key = { shape = "Text" }, Value = { shape = "Text" } } },
    Labels = { type = "map", key = { shape = "Text", locationName = "Name" }, value = { shape = "Text" } },
    NamedMap = { type = "map", flattened = true, locationName = "Tag", key = { shape = "Text", locationName = "Key" },
      value = { shape = "Text", locationName = "Value" } },
    NoSuchThing = { type = "structure", exception = true, error = { code = "NoSuchThing.NotFound" }, members = {
      Thing = { shape = "Text" }, Count = { shape = "Long" } } },
    Text = { type = "string" }, Long = { type = "long" }, Double = { type = "double" }, Boolean = { type = "boolean" },
    Time = { type = "timestamp" }, Blob = { type = "blob" },
  },
}

local function encode(input, operation)
  return query.encode(SERVICE, SERVICE:operation(operation or "Put"), input)
end

local function body(input)
  return assert(encode(input)).body:gsub("^Action=Put&Version=2014%-10%-31&?", "")
end

local function decode(text, operation)
  return query.decode(SERVICE, SERVICE:operation(operation or "Describe"), { status = 200, headers = {}, body = text })
end

local function described(text)
  return decode(("<DescribeResponse xmlns='x'><DescribeResult>%s</DescribeResult></DescribeResponse>"):format(text))
end

describe("a request of the Query protocol", function()
  it("is a form with the action and the version", function()
    local request = encode {}
    assert.same({ "POST", "/", "Action=Put&Version=2014-10-31" }, { request.method, request.target, request.body })
    assert.same({ ["Content-Type"] = "application/x-www-form-urlencoded" }, request.headers)
    assert.equal("Action=Free&Version=2014-10-31", encode({}, "Free").body)
    assert.equal("web.data-", encode({ Name = "web" }, "Delete").host_prefix)
  end)

  it("writes values of each type", function()
    assert.equal("Name=a%20b%26%C3%A9~", body { Name = "a b&é~" })
    assert.equal("Count=9007199254740993&Ratio=0.1&Yes=false", body { Count = 9007199254740993, Ratio = 0.1, Yes = false })
    assert.equal("Ratio=-Infinity", body { Ratio = -math.huge })
    assert.equal("At=2014-04-29T18%3A30%3A38Z&Data=AP8%3D&Since=1398796238",
      body { At = 1398796238, Since = 1398796238, Data = "\0\255" })
    assert.equal("", body { Name = json.null })
  end)

  it("numbers the items of lists", function()
    assert.equal("Names.member.1=a&Names.member.2=b", body { Names = { "a", "b" } })
    assert.equal("Ids.Id.1=1", body { Ids = { 1 } })
    assert.equal("Tags.Tag.1.Key=k&Tags.Tag.1.Value=", body { Tags = { { Key = "k", Value = "" } } })
    assert.equal("Names=", body { Names = {} })
  end)

  it("names a flattened list after itself, or after its items", function()
    assert.equal("Item.1=a&Item.2=b", body { Flat = { "a", "b" } })
    assert.equal("Hi.1=a", body { Renamed = { "a" } })
  end)

  it("numbers the entries of maps, in the order of their keys", function()
    assert.equal("Labels.entry.1.Name=a&Labels.entry.1.value=x&Labels.entry.2.Name=b&Labels.entry.2.value=y",
      body { Labels = { b = "y", a = "x" } })
    assert.equal("FlatLabels.1.Name=a&FlatLabels.1.value=x", body { FlatLabels = { a = "x" } })
    assert.equal("", body { Labels = {} })
    assert.equal("Tag.1.Key=a&Tag.1.Value=x", body { TagMap = { a = "x" } })
  end)

  it("is sealed if it has a secret", function()
    local secret = credentials.secret "p w&"
    local sealed = encode({ Name = secret, Count = 1 }).body
    assert.equal("userdata", type(sealed))
    assert.equal("***", credentials.redactor { sealed }:redact "Action=Put&Version=2014-10-31&Count=1&Name=p%20w%26")
  end)

  it("is rejected with the path of a value that does not fit", function()
    for message, input in pairs {
      ["Name: the number 1; a string was expected"] = { Name = 1 },
      ["Tags.1.Key: a boolean; a string was expected"] = { Tags = { { Key = "a" }, { Key = true } } },
      ["Tags.0.Kind: the member is unknown"] = { Tags = { { Kind = "a" } } },
      ["Count: the number 1.5; an integer was expected"] = { Count = 1.5 },
      ["Names: a string; a list was expected"] = { Names = "a" },
      ["Names: a structure; a list was expected"] = { Names = { a = "b" } },
      ["Labels.a: the number 1; a string was expected"] = { Labels = { a = 1 } },
    } do
      assert.same({ nil, message }, { encode(input) })
    end
  end)
end)

describe("a reply of the Query protocol", function()
  it("has the items of a list whatever their name is", function()
    for _, name in ipairs { "DBInstance", "member", "Other" } do
      local text = ("<DBInstances><%s><Id>a</Id></%s><%s><Id>b</Id></%s></DBInstances>"):format(name, name, name, name)
      assert.same({ DBInstances = { { Id = "a" }, { Id = "b" } } }, described(text))
    end
  end)

  it("has values of each type", function()
    local output = assert(described [[<DBInstances><DBInstance><Id> a </Id><Port>9007199254740993</Port><Load>0.5</Load>
      <Public>true</Public><Created>2014-04-29T18:30:38.5Z</Created><Data>AP
      8=</Data><Names><member/></Names><Child><Load>NaN</Load></Child></DBInstance></DBInstances>]])
    local instance = output.DBInstances[1]
    assert.is_true(instance.Child.Load ~= instance.Child.Load)
    instance.Child = nil
    assert.same({ Id = " a ", Port = 9007199254740993, Load = 0.5, Public = true, Created = 1398796238.5, Data = "\0\255",
      Names = { "" } }, instance)
    assert.equal("integer", math.type(instance.Port))
  end)

  it("has empty lists and maps, which print as such", function()
    local output = assert(described "<DBInstances/><Labels>\n</Labels><Marker/>")
    assert.same({ DBInstances = {}, Labels = {}, Marker = "" }, output)
    assert.equal("[]", json.encode(output.DBInstances))
  end)

  it("has maps and flattened lists", function()
    assert.same({ Labels = { a = "1", b = "" }, Flat = { "x", "y" } }, described [[<Flat>x</Flat><Labels>
      <entry><Name>a</Name><value>1</value></entry><entry><value/><Name>b</Name></entry></Labels><Flat>y</Flat>]])
    assert.same({ Flat = { "x" } }, described "<Item>x</Item>")
  end)

  it("keeps elements that the model does not have", function()
    assert.same({ Marker = "m", Fresh = { A = "1", B = { "2", "3" } }, Twice = { "x", "y" } },
      described "<Marker>m</Marker><Twice>x</Twice><Fresh><A>1</A><B>2</B><B>3</B></Fresh><Twice>y</Twice>")
    assert.same({ Marker = "m", Items = { "x" } }, described "<Marker>m</Marker><Items><member>x</member></Items>")
  end)

  it("is rejected with the path of a value that does not fit", function()
    for text, message in pairs {
      ["<DBInstances><x/><x><Port>many</Port></x></DBInstances>"] = "DBInstances.1.Port: the text 'many'; an integer was expected",
      ["<DBInstances><x><Port>9223372036854775808</Port></x></DBInstances>"] =
        "DBInstances.0.Port: the text '9223372036854775808'; an integer was expected",
      ["<DBInstances><x><Public>maybe</Public></x></DBInstances>"] = "DBInstances.0.Public: the text 'maybe'; true or false was expected",
      ["<DBInstances><x><Created>soon</Created></x></DBInstances>"] = "DBInstances.0.Created: the text 'soon'; a timestamp was expected",
      ["<DBInstances><x><Data>*</Data></x></DBInstances>"] = "DBInstances.0.Data: a text that is not base64",
      ["<DBInstances>none</DBInstances>"] = "DBInstances: a text; a list was expected",
      ["<DBInstances><x>none</x></DBInstances>"] = "DBInstances.0: a text; a structure was expected",
      ["<Marker><x/></Marker>"] = "Marker: elements; a string was expected",
      ["<Marker/><Marker/>"] = "Marker: the element occurs twice",
      ["<Labels><entry><Name>a</Name></entry></Labels>"] = "Labels: an entry of a map that is not one key and one value",
      ["<Labels><entry><Name>a</Name><value/></entry><entry><Name>a</Name><value/></entry></Labels>"] = "Labels.a: the key occurs twice",
    } do
      assert.same({ nil, message }, { described(text) })
    end
  end)

  it("is read without a wrapper if the model has none", function()
    local text = "<BareResponse><Marker>m</Marker><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></BareResponse>"
    assert.same({ Marker = "m" }, decode(text, "Bare"))
    assert.same({}, decode("", "Describe"))
    assert.same({}, decode("<FreeResponse><ResponseMetadata/></FreeResponse>", "Free"))
    assert.same({ A = "1" }, decode("<FreeResponse><FreeResult><A>1</A></FreeResult></FreeResponse>", "Free"))
  end)

  it("is a success of an operation without output whatever its body is", function()
    for _, text in ipairs { "", "null", "{}", "<html><body>x</body></html>", "<FreeResponse/>", "<FreeResponse>" } do
      assert.same({}, decode(text, "Free"))
    end
  end)

  it("is rejected if it is a page of something else", function()
    local output, message = decode "<html><body>Log in</body></html>"
    assert.is_nil(output)
    assert.equal("the reply is <html>, not the response of an operation", message)
  end)

  it("is rejected if it is not XML or has no result", function()
    assert.same({ nil, "the reply is not XML: byte 1: text outside the root element" }, { decode "{}" })
    assert.same({ nil, "the reply has no DescribeResult" }, { decode "<DescribeResponse/>" })
  end)
end)

describe("an error of the Query protocol", function()
  local function error_of(text, headers)
    return query.decode_error(SERVICE, SERVICE:operation "Describe", { status = 400, headers = headers or {}, body = text })
  end

  it("has code, message, request id, type and the members of its shape", function()
    assert.same({ code = "NoSuchThing.NotFound", message = "m", type = "Sender", request_id = "r",
      members = { Thing = "t", Count = 3, Other = "o" } }, error_of [[<ErrorResponse><Error><Type>Sender</Type>
      <Code>NoSuchThing.NotFound</Code><Message>m</Message><Thing>t</Thing><Count>3</Count><Other>o</Other></Error>
      <RequestId>r</RequestId></ErrorResponse>]])
  end)

  it("is read as far as possible", function()
    assert.same({ members = {} }, error_of "busy")
    assert.same({ members = {} }, error_of "")
    assert.same({ members = {}, request_id = "h" }, error_of("<html/>", { ["x-amzn-requestid"] = "h" }))
    assert.same({ code = "NoSuchThing.NotFound", members = { Count = "many" } },
      error_of "<Error><Code>NoSuchThing.NotFound</Code><Count>many</Count></Error>")
    assert.same({ code = "C", type = "Receiver", members = {} },
      error_of "<ErrorResponse><Error><Type>Receiver</Type><Code>C</Code><Message><x/></Message></Error></ErrorResponse>")
  end)
end)
