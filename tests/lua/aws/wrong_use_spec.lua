-- What a script can do wrong: each mistake is one line that says what was expected, never an error inside lanyard.

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local modelled = require "modelled"
local stream = require "lanyard.stream"

local DATA = { metadata = { protocol = "json", jsonVersion = "1.0", targetPrefix = "T", endpointPrefix = "things", serviceId = "Thing" },
  operations = { Put = { input = { shape = "In" }, output = { shape = "Out" } } },
  waiters = { Done = { operation = "Put", delay = 1, maxAttempts = 2, acceptors = { { matcher = "status", expected = 200, state = "success" } } } },
  shapes = {
    In = { type = "structure", members = { { name = "Name", shape = "Text" }, { name = "Count", shape = "Number" }, { name = "Tree", shape = "Tree" },
      { name = "Tags", shape = "Map" } } },
    Out = { type = "structure", members = { { name = "Name", shape = "Text" }, { name = "Names", shape = "Names" } } },
    Tree = { type = "structure", members = { { name = "Left", shape = "Tree" }, { name = "List", shape = "Trees" } } },
    Trees = { type = "list", member = { shape = "Tree" } }, Map = { type = "map", key = { shape = "Text" }, value = { shape = "Text" } },
    Names = { type = "list", member = { shape = "Text" } },
    Text = { type = "string" }, Number = { type = "long" },
  } }

local function thing()
  return modelled.client(DATA, { modelled.answer(200, "{}") })
end

-- Returns the message of an error that is raised or returned, without the position of the script.
local function message_of(run, ...)
  local result = table.pack(pcall(run, ...))
  local err = result[1] and result[3] or not result[1] and result[2] or "no error"
  local text = type(err) == "table" and err.message or tostring(err)
  assert.is_nil(text:find "attempt to", text)
  assert.is_nil(text:find "lua/lanyard/", text)
  assert.is_nil(text:find "\n", text)
  return (text:gsub("^[^: ]+:%d+: ", ""))
end

describe("a wrong argument", function()
  it("is named: the service", function()
    local session = assert(aws.session { region = "us-east-1", credentials = modelled.KEY })
    for expected, name in pairs {
      ["the name of a service was expected, got a number"] = 5, ["the name of a service was expected, got a table"] = {},
      ["the service 'a\\x0ab' is not described: see lanyard.aws.services.add"] = "a\nb",
    } do
      assert.equal(expected, message_of(session.client, session, name))
    end
    assert.equal("the name of a service was expected, got nothing", message_of(session.client, session))
    assert.matches("^the service 'x+%.%.%.' is not described", message_of(session.client, session, ("x"):rep(100000)))
  end)

  it("is named: options of sessions and clients", function()
    local session = assert(aws.session { region = "us-east-1", credentials = modelled.KEY })
    for expected, options in pairs {
      ["the options are a number; a table was expected"] = 5,
      ["the option 'timeout' is a string; a number of seconds was expected"] = { timeout = "x" },
      ["the option 'connect_timeout' is -1; a number of seconds was expected"] = { connect_timeout = -1 },
      ["the option 'ca_bundle' is 5; a string was expected"] = { ca_bundle = 5 },
      ["the option 'debug' is 5; a function was expected"] = { debug = 5 },
      ["the option 'clock' is a string; a table was expected"] = { clock = "x" },
    } do
      assert.equal(expected, message_of(aws.session, options))
      assert.equal(expected, message_of(aws.client, "ecr", options))
      assert.equal(expected, message_of(session.client, session, "ecr", options))
    end
    assert.equal("the option 'endpoint_url' is 5; a string was expected", message_of(aws.session, { endpoint_url = 5 }))
    assert.equal("the option 'profile' is 5; a string was expected", message_of(aws.session, { profile = 5 }))
    assert.matches("^the option 'timeout' is %-?nan; a number of seconds was expected$", message_of(aws.session, { timeout = 0 / 0 }))
    assert.equal("the option 'max_attempts' is 0; a whole number of at least 1 was expected",
      message_of(session.client, session, "ecr", { max_attempts = 0 }))
    assert.equal("'5' is not a retry mode: use standard, adaptive or legacy", message_of(session.client, session, "ecr", { retry_mode = 5 }))
  end)

  it("is named: the operation, the waiter, and their options", function()
    local client = thing()
    assert.equal("thing: the name of the operation was expected, got nothing", message_of(client.call, client))
    assert.equal("thing: the name of the operation was expected, got a table", message_of(client.pages, client, {}))
    assert.equal("thing: the name of the waiter was expected, got nothing", message_of(client.wait, client))
    assert.equal("thing has no operation 'put\\x00' (did you mean Put?)", message_of(client.call, client, "put\0"))
    assert.equal("the options are a number; a table was expected", message_of(client.Put, client, {}, 5))
    assert.equal("the options are a string; a table was expected", message_of(client.wait, client, "Done", {}, "x"))
    for _, timeout in ipairs { "x", -1, 0 / 0, {} } do
      assert.matches("^the option 'timeout' is .*; a number of seconds was expected$", message_of(client.wait, client, "Done", {}, { timeout = timeout }))
    end
    assert.equal("the options are a boolean; a table was expected", message_of(client.presign, client, "Put", {}, true))
    assert.equal("presign has no option 'expire': use expires", message_of(client.presign, client, "Put", {}, { expire = 5 }))
  end)

  it("is named: the input", function()
    local client = thing()
    for _, input in ipairs { 5, "x", true, print, json.null, { "a" }, { [true] = 1 }, coroutine.create(print) } do
      assert.matches("^thing:Put: expected a table of members, got ", message_of(client.Put, client, input))
    end
    for _, count in ipairs { 1e300, 1.5, math.huge, 0 / 0, "5", {}, print, json.null, credentials.secret "5", modelled.KEY } do
      assert.matches("^thing:Put: Count: expected an integer, got ", message_of(client.Put, client, { Count = count }))
    end
    assert.equal("Name: the text is not UTF-8", message_of(client.Put, client, { Name = "\xff" }))
    local recursive = {}
    recursive.Left, recursive.List = recursive, { recursive }
    assert.equal("thing:Put: Tree.Left.Left...: nested deeper than 200 levels", message_of(client.Put, client, { Tree = recursive }))
    recursive.Left = nil
    assert.equal("thing:Put: Tree.List.0...: nested deeper than 200 levels", message_of(client.Put, client, { Tree = recursive }))
    recursive = {}
    recursive.Tags = recursive
    assert.equal("thing:Put: Tags.Tags: expected a string, got a map", message_of(client.Put, client, recursive))
  end)

  it("is named: the input of an operation that lanyard describes", function()
    local session = assert(aws.session { region = "us-east-1", credentials = modelled.KEY, transport = function()
      return { status = 200, headers = {}, body = "{}", elapsed = 0 }
    end })
    local recursive, deep = {}, {}
    recursive.a = recursive
    for _ = 1, 10000 do deep = { deep } end
    for service, operation in pairs { ecr = "DeleteRegistryPolicy", sts = "GetCallerIdentity", lightsail = "GetContainerServices" } do
      local client = session:client(service)
      local function message(input) return message_of(client[operation], client, input) end
      local where = service .. ":" .. operation .. ": "
      for _, input in ipairs { 5, "x", true, print, json.null, { "a" }, { [true] = 1 }, credentials.secret "x" } do
        assert.equal(where .. "expected a table of members, got a ", (message(input):gsub("got a .*", "got a ")))
      end
      if service ~= "lightsail" then -- whose members are fields of the URL
        assert.matches("^" .. where .. ".*nested deeper than %d+.*in itself", message(recursive))
        assert.matches("^" .. where .. ".*nested deeper than %d+.*in itself", message { x = deep })
        assert.matches("^" .. where .. ".*a function cannot be ", message { x = print })
      end
    end
  end)

  it("is named: the path of a file", function()
    for _, path in ipairs { 5, {}, "", "a\0b" } do
      assert.matches("^the path of a file was expected, got ", message_of(aws.file, path))
    end
    assert.equal("the path of a file was expected, got nothing", message_of(aws.file))
    local closed = assert(stream.open "Makefile")
    closed:close()
    local data = { metadata = { protocol = "rest-json", endpointPrefix = "things" }, operations = {
      Put = { http = { method = "POST", requestUri = "/" }, input = { shape = "In" } },
      Get = { http = { method = "GET", requestUri = "/" }, output = { shape = "In" } } },
      shapes = { In = { type = "structure", payload = "Body", members = {
        { name = "Body", shape = "Bytes", streaming = true } } }, Bytes = { type = "blob" } } }
    local client, requests = modelled.client(data, { modelled.answer(200, "{}") })
    assert.equal("thing:Put: Body: the file is closed", message_of(client.Put, client, { Body = closed }))
    for _, to in ipairs { 5, "", "a\0b", {} } do
      assert.equal("options.to: the path of a file was expected", message_of(client.Get, client, {}, { to = to }))
    end
    assert.equal(0, #requests)
  end)
end)
