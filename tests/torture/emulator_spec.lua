-- Hostile requests to every protocol of the emulator, from a seeded generator. Each gets an answer of the form that AWS
-- gives, never a traceback, and the emulator continues to serve.

local credentials = require "lanyard.credentials"
local emulator = require "lanyard.emulator"
local helper = require "helper"
local json = require "lanyard.json"
local server = require "lanyard.emulator.server"
local sigv4 = require "lanyard.sigv4"
local torture = require "torture"

local CASES = torture.choose(4000, 100000)
local TIME = 1700000000

local keys = credentials.new {
  access_key_id = emulator.ACCESS_KEY_ID, secret_access_key = emulator.SECRET_ACCESS_KEY,
}

local SERVICES = {
  ecr = require "lanyard.emulator.ecr", iam = require "lanyard.emulator.iam",
  lightsail = require "lanyard.emulator.lightsail", sts = require "lanyard.emulator.sts",
  organizations = require "lanyard.emulator.organizations", secretsmanager = require "lanyard.emulator.secretsmanager",
  ssm = require "lanyard.emulator.ssm",
}
local SERVICE_NAMES = { "ecr", "iam", "lightsail", "organizations", "secretsmanager", "ssm", "sts" }

local random = math.random

local function pick(list)
  return list[random(#list)]
end

local function bytes(most)
  local text = {}
  for i = 1, random(0, most) do text[i] = string.char(random(0, 255)) end
  return table.concat(text)
end

-- ---------------------------------------------------------------------------------------------
-- Values

local STRINGS = {
  "", " ", "my-private-repo", "shared", "my-container-service", "a", "A", "*", "a/b/c", "../..", "%s%n", "%", "\0", "\27[2J",
  "\u{202e}", "\u{fffe}", ("a"):rep(300), "null", "true", "1", "-1", "page-1", "page-0", "page-99999999999999999999", "00",
  "6", "zz", "arn:aws:ecr:us-east-1:111122223333:repository/shared", "arn:::::", "arn:aws:iam::111122223333:root",
  "sha256:" .. ("0"):rep(64), "[", "(", "%f", '"', "\\", "-\"", "?", "? -", '-"a b"', "ANY", "nano", "HTTP", "80", "AES256",
  "/my-app/log-level", "/my-app/log-level:1", ":1", "my-app", "AWSCURRENT", "my-certificate", ":my-container-service.my-app.1",
  "CPUUtilization", "Average", "200-499", "499-200", ("1 "):rep(40), "307831702b312031203100",
  '{"Version":"2012-10-17","Statement":[]}', '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}',
  '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Deny","Principal":{"AWS":"*"},"Action":["ecr:BatchGetImage"]}]}',
  '{"Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:ListImages","Resource":"*"}]}', "REGISTRY_POLICY_SCOPE", "V1",
  "{}", "[]", "{", '{"a":1e999}', "http://x", "123456789012", "111122223333",
}
local NUMBERS = { "0", "-0", "1", "-1", "20", "1000", "1001", "2147483648", "9223372036854775807", "9223372036854775808",
  "1e308", "1e999", "-1e999", "0.5", "1e-320", "1.0", "123456789012345678901234567890" }

local function json_string(text)
  local ok, encoded = pcall(json.encode, text)
  return ok and encoded or '"' .. text .. '"'
end

local any_value

local function nested(depth)
  return pick { "[", '{"a":' }, depth
end

function any_value(depth)
  local roll = random(depth > 3 and 8 or 11)
  if roll <= 3 then
    return json_string(pick(STRINGS))
  elseif roll <= 5 then
    return pick(NUMBERS)
  elseif roll <= 7 then
    return pick { "null", "true", "false" }
  elseif roll == 8 then
    return json_string(bytes(12))
  elseif roll == 9 then
    local open, levels = nested(random(1, 3000))
    return open:rep(levels) .. "1" .. (open == "[" and "]" or "}"):rep(levels)
  end
  local items, is_list = {}, roll == 10
  for i = 1, random(0, 4) do
    items[i] = (is_list and "" or json_string(pick(STRINGS)) .. ":") .. any_value(depth + 1)
  end
  return is_list and "[" .. table.concat(items, ",") .. "]" or "{" .. table.concat(items, ",") .. "}"
end

-- Values of members that name something that exists.
local FITTING = {
  serviceName = '"my-container-service"', resourceName = '"my-container-service"', label = '"app"', containerName = '"app"',
  image = '":my-container-service.my-app.1"', digest = json_string("sha256:" .. ("0"):rep(64)), certificateName = '"my-certificate"',
  Name = '"/my-app/log-level"', Names = '["/my-app/log-level","/my-app/database-url:1"]', SecretId = '"my-app"', startTime = "1699990000",
  endTime = "1700000000", period = "300", statistics = '["Average"]', filterPattern = '"ERROR"',
  containers = '{"app":{"image":"nginx","ports":{"80":"HTTP"}}}', publicDomainNames = '{"my-certificate":["example.com"]}',
}

-- Returns the JSON of a value of a shape, which breaks the shape now and then.
local function value_of(shape, depth, member_name)
  if random(12) == 1 then
    return any_value(depth)
  elseif FITTING[member_name] and random(3) > 1 then
    return FITTING[member_name]
  end
  local kind = shape.kind
  if kind == "string" then
    return json_string(shape.enum and random(3) > 1 and pick(shape.enum) or pick(STRINGS))
  elseif kind == "integer" or kind == "number" then
    return random(3) > 1 and tostring(random(0, 30)) or pick(NUMBERS)
  elseif kind == "boolean" then
    return pick { "true", "false" }
  end
  local parts = {}
  if kind == "list" then
    for i = 1, random(0, 3) do parts[i] = value_of(shape.item, depth + 1) end
    return "[" .. table.concat(parts, ",") .. "]"
  elseif kind == "map" then
    for i = 1, random(0, 3) do
      parts[i] = json_string(pick { "web", "80", "443", "", "a b", "x" }) .. ":" .. value_of(shape.value, depth + 1)
    end
  else
    for name, member in pairs(shape.members) do
      if member.required and random(15) > 1 or random(3) == 1 then
        parts[#parts + 1] = ('"%s":%s'):format(name, value_of(member, depth + 1, name))
      end
    end
    if random(10) == 1 then
      parts[#parts + 1] = json_string(pick(STRINGS)) .. ":" .. any_value(depth + 1)
    end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- ---------------------------------------------------------------------------------------------
-- Requests

local function encoded(text)
  return (text:gsub("[^%w._~-]", function(c) return random(20) == 1 and c or ("%%%02X"):format(c:byte()) end))
end

local FORM_NAMES = { "RoleName", "UserName", "RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId", "Version",
  "Action", "", ".", "..", "member", "Tags.member.1.Key", "Tags.member.99999999999999999999.Key", "Tags.member.1e999",
  "RoleName.member.1", "RoleName.a.b", "1", "0x10", "%", "=", "RoleName.member", ".RoleName" }

local function form(service, operation)
  local parts = { "Action=" .. operation, "Version=" .. service.version }
  local members = service.operations[operation] and service.operations[operation].input.members or {}
  for name, member in pairs(members) do
    if random(6) > 1 then
      local value = member.kind == "string" and pick { "operator", "audit", "x", pick(STRINGS), bytes(10) } or pick(NUMBERS)
      parts[#parts + 1] = name .. "=" .. encoded(value)
    end
  end
  for _ = 1, random(0, 3) do
    parts[#parts + 1] = encoded(pick(FORM_NAMES)) .. pick { "=", "" } .. encoded(pick { pick(STRINGS), bytes(8) })
  end
  return table.concat(parts, "&")
end

local function operation_of(service)
  local names = {}
  for name in pairs(service.operations) do names[#names + 1] = name end
  table.sort(names)
  return random(30) == 1 and pick { "", "FlyToTheMoon", bytes(6):gsub("[\r\n%z]", "") } or pick(names)
end

-- A request as lanyard.httpd passes it, correctly signed.
local function request_of()
  local name = pick(SERVICE_NAMES)
  local service = SERVICES[name]
  local operation = operation_of(service)
  local headers, body
  if service.protocol == "json" then
    local described = service.operations[operation]
    headers = { ["Content-Type"] = "application/x-amz-json-1.1", ["X-Amz-Target"] = service.target .. "." .. operation }
    body = described and random(15) > 1 and value_of(described.input, 0) or any_value(0)
  else
    headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
    body = form(service, operation)
  end
  local roll = random(25)
  body = roll == 1 and body:sub(1, random(0, #body)) or roll == 2 and body .. bytes(5) or roll == 3 and bytes(40) or body
  headers["X-Extra"] = random(10) == 1 and bytes(8):gsub("[\r\n%z]", " ") or nil
  local request = { method = "POST", target = "/", path = "/", query = "", body = body, headers = { host = "localhost" } }
  local added = sigv4.sign {
    method = "POST", url = "http://localhost/", headers = headers, body = body, credentials = keys, time = TIME,
    region = random(20) == 1 and pick { "eu-west-1", "nowhere", "us-east-99" } or "us-east-1", service = name,
  }
  for _, list in ipairs { headers, added } do
    for header, value in pairs(list) do request.headers[header:lower()] = value end
  end
  return request
end

local HEADER_NAMES = { "authorization", "x-amz-date", "x-amz-target", "content-type", "host", "x-amz-security-token",
  "x-amz-content-sha256", "date" }
local HEADER_VALUES = {
  "", " ", ",", "=", ";", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=", "Bearer x",
  "AWS4-HMAC-SHA256 Credential=/20231114/us-east-1/ecr/aws4_request, SignedHeaders=, Signature=",
  "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20231114/us-east-1/ecr/aws4_request, SignedHeaders=;;host;;x, Signature=0",
  "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20231114/%s/%d/aws4_request, SignedHeaders=host, Signature=%n",
  "99999999T999999Z", "20230231T000000Z", "20231114T221320Z", "application/json", "application/x-amz-json-1.1;;;",
  "AmazonEC2ContainerRegistry_V20150921.", ".", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories.x",
  "application/x-amz-json-1.1, application/x-amz-json-1.1", "localhost, localhost", ("x"):rep(5000),
}
local TARGETS = { "", "/", "/x", "//", "/?", "/?a", "/?%", "/%zz", "/?=&=&&", "/?\255", "http://x/", "*", "/_emulator/x",
  "/a/../b", "/?Action=DescribeRepositories", "/" .. ("a"):rep(3000) }

local CHANGES = {
  function(request) request.headers[pick(HEADER_NAMES)] = nil end,
  function(request) request.headers[pick(HEADER_NAMES)] = pick(HEADER_VALUES) end,
  function(request) request.headers[pick(HEADER_NAMES)] = bytes(30) end,
  function(request)
    local name = pick(HEADER_NAMES)
    local value = request.headers[name] or ""
    local at = random(0, #value)
    request.headers[name] = value:sub(1, at) .. string.char(random(128, 255)) .. value:sub(at + random(0, 2))
  end,
  function(request)
    request.target = pick(TARGETS)
    request.path, request.query = request.target:match "^([^?]*)%??(.*)$"
  end,
  function(request) request.method = pick { "GET", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH" } end,
  function(request) request.body = request.body .. bytes(3) end,
}

-- ---------------------------------------------------------------------------------------------
-- The property

local function is_aws_form(reply)
  local type_of = reply.headers["Content-Type"] or ""
  if type_of:find "json" then
    local value = json.decode(reply.body)
    return type(value) == "table" and (reply.status == 200 or type(value.__type) == "string" and value.message ~= nil)
  elseif type_of:find "xml" then
    return utf8.len(reply.body) and reply.body:find "^<%w+" and not reply.body:find "[\0-\8\11\12\14-\31]"
  end
  return type_of == "text/plain" or reply.status == 404
end

local function text_of(request)
  local headers = {}
  for name, value in pairs(request.headers) do headers[#headers + 1] = name .. ": " .. value end
  return ("%s %s\n%s\n\n%s"):format(request.method, request.target, table.concat(headers, "\n"), request.body:sub(1, 500))
end

local function new_world()
  return assert(emulator.world { activation_delay = 0, now = function() return TIME end })
end

describe("the emulator, sent hostile requests,", function()
  it("answers each as AWS does, and continues to serve", function()
    math.randomseed(20150921)
    local world = new_world()
    local counts = {}
    for case = 1, CASES do
      if case % 500 == 0 then
        world = new_world()
      end
      local request = request_of()
      for _ = 1, random(3) == 1 and random(2) or 0 do pick(CHANGES)(request) end
      local ok, reply = xpcall(server.dispatch, debug.traceback, world, request)
      assert(ok, ("case %d: %s\n%q"):format(case, reply, ok or text_of(request)))
      assert(reply.status == 200 or reply.status >= 400 and reply.status < 500,
        ("case %d: status %d\n%q"):format(case, reply.status, text_of(request)))
      assert(is_aws_form(reply), ("case %d: %q\n%q"):format(case, reply.body, text_of(request)))
      counts[reply.status] = (counts[reply.status] or 0) + 1
    end
    assert.is_true(counts[200] > CASES / 10, "too few requests are valid")
    assert.is_true(counts[400] > CASES / 10, "too few requests are invalid")
    torture.report("hostile requests", CASES)
  end)
end)

describe("the emulator, sent malformed HTTP,", function()
  it("answers no request with 500, prints nothing, and continues to serve", function()
    local cases = torture.choose(400, 20000)
    local em <close> = helper.emulator()
    local result = helper.run { "python3", "tests/torture/raw_requests.py", em.url:match "%d+$", "17", tostring(cases) }
    assert.equal("", result.err)
    local all = 0
    for status, count in result.out:match("[^\n]*\n$"):gmatch "(%w+):(%d+)" do
      assert.is_true(status == "closed" or status == "200" or status:find "^4%d%d$" ~= nil or status == "501", result.out)
      all = all + count
    end
    assert.equal(cases, all)
    assert.equal(0, em:run("status").status)
    assert.equal("", em:stop())
    torture.report("malformed HTTP", cases)
  end)
end)

describe("a member that is null", function()
  -- Sends an operation. Returns the status and the decoded body.
  local function send(world, name, operation, body)
    local service = SERVICES[name]
    local headers = { ["Content-Type"] = "application/x-amz-json-1.1", ["X-Amz-Target"] = service.target .. "." .. operation }
    local request = { method = "POST", target = "/", path = "/", body = body, headers = { host = "localhost" } }
    local added = sigv4.sign { method = "POST", url = "http://localhost/", headers = headers, body = body,
      credentials = keys, time = TIME, region = "us-east-1", service = name }
    for _, list in ipairs { headers, added } do
      for header, value in pairs(list) do request.headers[header:lower()] = value end
    end
    local reply = server.dispatch(world, request)
    return reply.status, json.decode(reply.body)
  end

  it("is absent, for every optional member of every operation", function()
    for name, service in pairs(SERVICES) do
      for operation, described in pairs(service.protocol == "json" and service.operations or {}) do
        local bare, nulls = {}, {}
        for member, shape in pairs(described.input.members) do
          if shape.required then
            bare[#bare + 1] = ('"%s":%s'):format(member, shape.kind == "list" and "[]" or shape.kind == "integer" and "1"
              or shape.enum and json_string(shape.enum[1]) or '"shared"')
          else
            nulls[#nulls + 1] = ('"%s":null'):format(member)
          end
        end
        local with_nulls = table.move(nulls, 1, #nulls, #bare + 1, { table.unpack(bare) })
        local status, answer = send(new_world(), name, operation, "{" .. table.concat(bare, ",") .. "}")
        local other, same = send(new_world(), name, operation, "{" .. table.concat(with_nulls, ",") .. "}")
        assert.equal(status, other, operation)
        assert.equal(answer.__type, same.__type, operation)
        assert.equal(answer.message, same.message, operation)
      end
    end
  end)

  it("of a list is an invalid value", function()
    local status, answer = send(new_world(), "ecr", "DescribeRepositories", '{"repositoryNames":[null]}')
    assert.equal(400, status)
    assert.equal("InvalidParameterException", answer.__type)
    assert.matches("must not be null", answer.message)
  end)
end)

describe("a page of many names", function()
  it("costs what it costs among few", function()
    local function cost(count)
      local seeds = {}
      for i = 1, count do seeds[i] = { name = ("repository-%06d"):format(i) } end
      local world = assert(emulator.world { seed = { regions = { ["us-east-1"] = { repositories = seeds } } } })
      local operation = SERVICES.ecr.operations.DescribeRepositories
      local function page()
        return operation.call(world, { maxResults = 10, nextToken = ("repository-000050"):gsub(".", function(c)
          return ("%02x"):format(c:byte())
        end) }, { region = "us-east-1", caller = world.caller })
      end
      assert.equal(10, #assert(page()).repositories)
      local steps = 0
      debug.sethook(function() steps = steps + 1 end, "", 100)
      page()
      debug.sethook()
      return steps
    end
    local few, many = cost(100), cost(10000)
    assert.is_true(many <= few * 2, ("%d and %d steps"):format(few, many))
  end)
end)

