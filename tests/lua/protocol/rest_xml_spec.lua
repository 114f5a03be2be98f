local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local model = require "lanyard.model"
local rest_xml = require "lanyard.protocol.rest_xml"

local NAMESPACE = { uri = "http://s3.example/doc/" }
local BUCKET = { shape = "Text", location = "uri", locationName = "Bucket" }

local SERVICE = model.new {
  metadata = { protocol = "rest-xml" },
  operations = {
    PutAcl = { http = { method = "PUT", requestUri = "/{Bucket}?acl" }, input = { shape = "PutAcl" } },
    GetAcl = { http = { method = "GET", requestUri = "/{Bucket}?acl" }, output = { shape = "Acl" } },
    PutRule = { http = { method = "POST", requestUri = "/rule" },
      input = { shape = "Rule", locationName = "PutRuleRequest", xmlNamespace = NAMESPACE } },
    PutPolicy = { http = { method = "PUT", requestUri = "/{Bucket}?policy" }, input = { shape = "PutPolicy" } },
    GetPolicy = { output = { shape = "Policy" } },
    GetObject = { output = { shape = "Object" }, errors = { { shape = "InvalidObjectState" } } },
    GetLocation = { output = { shape = "Location" } },
    Copy = { output = { shape = "Copied" } },
    PutObject = { output = { shape = "Put" } },
    Change = { errors = { { shape = "InvalidChangeBatch" } } },
    Delete = { http = { method = "DELETE", requestUri = "/{Bucket}" }, input = { shape = "Delete" } },
  },
  shapes = {
    PutAcl = { type = "structure", required = { "Bucket" }, payload = "Acl", members = {
      Bucket = BUCKET, Acl = { shape = "Acl", locationName = "AccessControlPolicy", xmlNamespace = NAMESPACE },
    } },
    Acl = { type = "structure", members = { Grants = { shape = "Grants", locationName = "AccessControlList" } } },
    Grants = { type = "list", member = { shape = "Grant", locationName = "Grant" } },
    Grant = { type = "structure", members = { Grantee = { shape = "Grantee" }, Permission = { shape = "Text" } } },
    Grantee = { type = "structure", xmlNamespace = { prefix = "xsi", uri = "http://www.w3.org/2001/XMLSchema-instance" }, members = {
      Type = { shape = "Text", locationName = "xsi:type", xmlAttribute = true }, ID = { shape = "Text" },
    } },
    Rule = { type = "structure", members = {
      Name = { shape = "Text" }, Labels = { shape = "Labels" }, Flat = { shape = "Labels", flattened = true, locationName = "Label" },
      Tags = { shape = "Tags", locationName = "Tag" }, Names = { shape = "Names" }, At = { shape = "Time" }, Data = { shape = "Blob" },
      Count = { shape = "Integer" },
    } },
    Labels = { type = "map", key = { shape = "Text" }, value = { shape = "Text" } },
    Tags = { type = "list", flattened = true, member = { shape = "Text" } },
    Names = { type = "list", member = { shape = "Text" } },
    PutPolicy = { type = "structure", payload = "Policy", members = { Bucket = BUCKET, Policy = { shape = "Text" } } },
    Policy = { type = "structure", payload = "Policy", members = { Policy = { shape = "Text" } } },
    Object = { type = "structure", payload = "Body", members = {
      Body = { shape = "Blob", streaming = true }, ETag = { shape = "Text", location = "header", locationName = "ETag" },
      Length = { shape = "Integer", location = "header", locationName = "Content-Length" },
      Expires = { shape = "Time", location = "header", locationName = "Expires" },
      Metadata = { shape = "Labels", location = "headers", locationName = "x-amz-meta-" },
    } },
    Put = { type = "structure", members = { ETag = { shape = "Text", location = "header", locationName = "ETag" } } },
    Location = { type = "structure", members = { LocationConstraint = { shape = "Text" } } },
    Copied = { type = "structure", payload = "Result", members = { Result = { shape = "CopyResult" } } },
    CopyResult = { type = "structure", members = { ETag = { shape = "Text" } } },
    Delete = { type = "structure", members = { Bucket = BUCKET } },
    InvalidObjectState = { type = "structure", exception = true, members = {
      StorageClass = { shape = "Text" }, Retry = { shape = "Integer", location = "header", locationName = "x-retry" } } },
    InvalidChangeBatch = { type = "structure", exception = true, members = { messages = { shape = "Messages", locationName = "Messages" } } },
    Messages = { type = "list", member = { shape = "Text", locationName = "Message" } },
    Text = { type = "string" }, Integer = { type = "integer" }, Time = { type = "timestamp" }, Blob = { type = "blob" },
  },
}

local function encode(operation, input)
  return rest_xml.encode(SERVICE, SERVICE:operation(operation), input)
end

local function decode(operation, body, headers, status)
  return rest_xml.decode(SERVICE, SERVICE:operation(operation), { status = status or 200, headers = headers or {}, body = body })
end

local function error_of(operation, status, body, headers)
  return rest_xml.decode_error(SERVICE, SERVICE:operation(operation), { status = status, headers = headers or {}, body = body })
end

local GRANTEE = '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>&lt;1&gt;</ID></Grantee>'

describe("a request of the REST XML protocol", function()
  it("has a payload with a namespace, attributes and lists", function()
    local request = assert(encode("PutAcl", { Bucket = "b", Acl = { Grants = { {
      Grantee = { Type = "CanonicalUser", ID = "<1>" }, Permission = "READ" } } } }))
    assert.same({ "PUT", "/b?acl", "application/xml" }, { request.method, request.target, request.headers["Content-Type"] })
    assert.equal('<AccessControlPolicy xmlns="http://s3.example/doc/"><AccessControlList><Grant>' .. GRANTEE
      .. "<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>", request.body)
  end)

  it("has a body of the members that are nowhere else", function()
    local request = assert(encode("PutRule", { Name = "n\r\n", Labels = { b = "2", a = "1" }, Flat = { c = "3" },
      Tags = { "x", "y" }, Names = {}, At = 0, Data = "\0", Count = 1 }))
    assert.equal('<PutRuleRequest xmlns="http://s3.example/doc/"><At>1970-01-01T00:00:00Z</At><Count>1</Count><Data>AA==</Data>'
      .. "<Label><key>c</key><value>3</value></Label><Labels><entry><key>a</key><value>1</value></entry><entry><key>b</key>"
      .. "<value>2</value></entry></Labels><Name>n&#xD;&#xA;</Name><Names></Names><Tag>x</Tag><Tag>y</Tag></PutRuleRequest>",
      request.body)
  end)

  it("has no body if no member has a value", function()
    assert.is_nil(assert(encode("PutAcl", { Bucket = "b" })).body)
    assert.is_nil(assert(encode("PutRule", { Name = json.null })).body)
    local request = assert(encode("Delete", { Bucket = "b" }))
    assert.same({ "DELETE", "/b", {} }, { request.method, request.target, request.headers })
  end)

  it("has a text as its body", function()
    local request = assert(encode("PutPolicy", { Bucket = "b", Policy = '{"a":"<"}' }))
    assert.equal('{"a":"<"}', request.body)
  end)

  it("is sealed if it has a secret", function()
    local sealed = assert(encode("PutRule", { Name = credentials.secret "a<b" })).body
    assert.equal("***", credentials.redactor { sealed }:redact
      '<PutRuleRequest xmlns="http://s3.example/doc/"><Name>a&lt;b</Name></PutRuleRequest>')
  end)

  it("is rejected with the path of a value that does not fit", function()
    for message, input in pairs {
      ["Name: the number 1; a string was expected"] = { Name = 1 },
      ["Name: the text contains NUL, which XML cannot have"] = { Name = "a\0" },
      ["Tags.1: a boolean; a string was expected"] = { Tags = { "x", true } },
      ["Names: a structure; a list was expected"] = { Names = { a = "b" } },
      ["Labels.a: the number 1; a string was expected"] = { Labels = { a = 1 } },
      ["Kind: the member is unknown"] = { Kind = "x" },
      ["Count: the number 0.5; an integer was expected"] = { Count = 0.5 },
    } do
      assert.same({ nil, message }, { encode("PutRule", input) })
    end
    assert.same({ nil, "Acl.Grants.0.Who: the member is unknown" }, { encode("PutAcl", { Bucket = "b", Acl = { Grants = { { Who = 1 } } } }) })
  end)
end)

describe("a reply of the REST XML protocol", function()
  it("has attributes, under any prefix", function()
    for _, prefix in ipairs { "xsi", "i" } do
      local grantee = GRANTEE:gsub("xsi", prefix)
      assert.same({ Grants = { { Grantee = { Type = "CanonicalUser", ID = "<1>" } } } }, decode("GetAcl",
        ('<AccessControlPolicy xmlns="u"><AccessControlList><Grant>%s</Grant></AccessControlList></AccessControlPolicy>')
        :format(grantee)))
    end
  end)

  it("keeps elements and attributes that the model does not have", function()
    assert.same({ Owner = { ID = "o" }, Grants = { { kind = "k" } } }, decode("GetAcl", [[<A xmlns:xsi="u" xsi:schemaLocation="x">
      <Owner><ID>o</ID></Owner><AccessControlList><Grant kind="k"/></AccessControlList></A>]]))
    assert.same({ Grants = {}, ["<Grants>"] = { "a", "b" } }, decode("GetAcl",
      "<A><Grants>a</Grants><AccessControlList/><Grants>b</Grants></A>"), "a name that a member has")
    assert.same({ Grants = { { Permission = "p", ["<Permission>"] = "q" } } }, decode("GetAcl",
      '<A><AccessControlList><Grant Permission="q"><Permission>p</Permission></Grant></AccessControlList></A>'))
  end)

  it("has headers, and a body of bytes", function()
    assert.same({ Body = "<\0>", ETag = '"e"', Length = 3, Metadata = { a = "1" } },
      decode("GetObject", "<\0>", { etag = '"e"', ["content-length"] = "3", ["x-amz-meta-a"] = "1" }))
    assert.same({ Body = "", Metadata = {} }, decode("GetObject", ""))
    assert.same({ Policy = '{"Version":"2012-10-17"}' }, decode("GetPolicy", '{"Version":"2012-10-17"}'))
  end)

  it("has the date after which an object expires, also as the text that its writer gave", function()
    local function expires(text)
      local output = assert(decode("GetObject", "", { expires = text }))
      return { output.Expires, output.ExpiresString }
    end
    assert.same({ 1784894400, "Fri, 24 Jul 2026 12:00:00 GMT" }, expires "Fri, 24 Jul 2026 12:00:00 GMT")
    assert.same({ nil, "tomorrow" }, expires "tomorrow")
    assert.same({}, expires(nil))
  end)

  it("has a text that is the root element", function()
    assert.same({ LocationConstraint = "eu-west-1" }, decode("GetLocation",
      '<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>'))
    assert.same({}, decode("GetLocation", "<LocationConstraint/>"))
  end)

  it("is not a page of a proxy", function()
    local output, message = decode("Copy", "<!-- x --><HTML><body>Log in</body></HTML>")
    assert.is_nil(output)
    assert.equal("Result: the reply is an HTML page", message)
    assert.equal("the reply is an HTML page", (select(2, decode("GetAcl", "<html></html>"))))
  end)

  it("is empty without a body", function()
    assert.same({}, decode("GetAcl", ""))
    assert.same({}, decode("Delete", "", {}, 204))
    assert.same({ Deleted = "1" }, decode("Delete", "<DeleteResult><Deleted>1</Deleted></DeleteResult>"))
    assert.same({ Result = { ETag = "e" } }, decode("Copy", "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>"))
    assert.same({}, decode("Copy", ""))
  end)

  it("can have any body if no member of the output is in the body", function()
    for _, text in ipairs { "", "null", "{}", "oops", "<a>" } do
      assert.same({ ETag = "e" }, decode("PutObject", text, { etag = "e" }))
      assert.same({}, decode("Delete", text))
    end
  end)

  it("is rejected if it does not fit", function()
    assert.same({ nil, "the reply is not XML: byte 1: text outside the root element" }, { decode("GetAcl", "oops") })
    assert.same({ nil, "Grants.0.Grantee: a text; a structure was expected" },
      { decode("GetAcl", "<A><AccessControlList><Grant><Grantee>x</Grantee></Grant></AccessControlList></A>") })
    assert.same({ nil, "Length: the text 'x'; an integer was expected" }, { decode("GetObject", "", { ["content-length"] = "x" }) })
  end)
end)

describe("an error of the REST XML protocol", function()
  it("has the members of its shape, of headers too", function()
    assert.same({ code = "InvalidObjectState", message = "m", request_id = "r", members = { StorageClass = "GLACIER", Retry = 3 } },
      error_of("GetObject", 403, [[<?xml version="1.0"?><Error><Code>InvalidObjectState</Code><Message>m</Message>
        <StorageClass>GLACIER</StorageClass><RequestId>r</RequestId><HostId>h</HostId></Error>]], { ["x-retry"] = "3" }))
    assert.same({ code = "InvalidObjectState", type = "Sender", request_id = "r", members = { StorageClass = "GLACIER" } },
      error_of("GetObject", 403, [[<ErrorResponse><Error><Type>Sender</Type><Code>InvalidObjectState</Code>
        <StorageClass>GLACIER</StorageClass></Error><RequestId>r</RequestId></ErrorResponse>]]))
  end)

  it("has further elements without a shape", function()
    assert.same({ code = "PermanentRedirect", message = "m", members = { Endpoint = "b.s3-eu.example", Bucket = "b" } },
      error_of("GetObject", 301, [[<Error><Code>PermanentRedirect</Code><Message>m</Message><Endpoint>b.s3-eu.example</Endpoint>
        <Bucket>b</Bucket></Error>]]))
  end)

  it("is the root element itself (Route 53)", function()
    assert.same({ code = "InvalidChangeBatch", request_id = "r", members = { messages = { "a", "b" } } },
      error_of("Change", 400, [[<InvalidChangeBatch xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Messages>
        <Message>a</Message><Message>b</Message></Messages><RequestId>r</RequestId></InvalidChangeBatch>]]))
  end)

  it("has an id only if the reply has no body, as for HEAD", function()
    assert.same({ request_id = "h", members = {} }, error_of("GetObject", 404, "", { ["x-amz-request-id"] = "h" }))
  end)
end)
