-- Calls functions of the C modules while an allocation fails; tests/torture/alloc_api_spec.lua runs it in a child process
-- with tests/support/allocations.c loaded.
--   lua5.4 alloc_worker.lua MODULE LIMIT
-- It works in the current directory, which must be empty and temporary. It tries each allocation of a call, or LIMIT of
-- them at equal distances.
-- The last line is "done N".

local allocations = require "allocations"
local module, limit = arg[1], math.tointeger(arg[2])

local POLICY = '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":["1","2"]},'
  .. '"Action":["x:y","x:z"],"Condition":{"StringLike":{"aws:x":["a","b*"]},"NumericLessThan":{"aws:n":"3"},'
  .. '"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"},"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]},'
  .. '"Bool":{"aws:b":"true"},"BinaryEquals":{"k":"QQ=="},"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b*"}}},'
  .. '{"Sid":"b","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"},'
  .. '{"Sid":"d","Effect":"Allow","Principal":{"AWS":"2"},"Action":["x:y"]}]}'
local PEM = [[
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEICohQ+AY94oRTSZac6B5Tp20NB4ajNk431zVPyQsjOOLoAoGCCqGSM49
AwEHoUQDQgAEHhy38VsWc2EmN1LfHsXNg/LSMhoUU6CIqXTaEPExswwGIe636fNU
juSS9JuJgcZb5E71Mc/2hlOdSlRxiODTMQ==
-----END EC PRIVATE KEY-----
]]

-- A result as text, for comparison. Objects compare by their class.
local function show(value, depth)
  if type(value) == "userdata" then
    return (tostring(value):gsub("0x%x+", ""))
  elseif type(value) ~= "table" or depth > 6 then
    return tostring(value)
  end
  local parts = {}
  for key, member in pairs(value) do
    parts[#parts + 1] = tostring(key) .. "=" .. show(member, depth + 1)
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

local cases = {}

cases["lanyard.policy.reason.core"] = function(reason)
  local policy = require "lanyard.policy.core"
  local function parse(statements)
    return assert(policy.parse('{"Version":"2012-10-17","Statement":[' .. statements .. ']}'))
  end
  local first = parse [[{"Effect":"Allow","Principal":"*","Action":"s:*","Resource":"arn:aws:s3:::a*/${aws:username}","Condition":{
    "StringLike":{"aws:PrincipalTag/t":["a*","*b"]},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},
    "ForAnyValue:StringLike":{"aws:TagKeys":["a","b*"]},"DateLessThan":{"aws:CurrentTime":"2026-01-01"}}}]]
  local second = parse [[{"Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::444455556666:role/a"]},"Action":"s:?*",
    "Resource":"arn:aws:s3:::*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*a"},
    "StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}},{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"s:b"}]]
  local options = { accounts = { "111122223333" }, organizations = { "o-a1b2c3d4e5" }, always = { "aws:SourceIp" } }
  return {
    found = function() return reason.new_access(first, second, options) end,
    back = function() return { reason.new_access(second, first, {}) } end,
    forms = function() return { reason.forms(first), reason.forms(second, true) } end,
    none = function() return { reason.new_access(first, first, { identity = true, limit = 1000000 }) } end,
  }
end

cases["lanyard.policy.core"] = function(policy)
  local document = assert(policy.parse(POLICY))
  local other = assert(policy.parse(POLICY))
  local question = { principal = "1", action = "x:y", resource = "r", partial = true, unknown = "aws:o",
    context = { ["aws:x"] = { "a", "c" }, ["aws:n"] = 2, ["aws:b"] = true,
      ["aws:CurrentTime"] = "2026-01-01T00:00:00Z", ["aws:SourceIp"] = "192.0.2.1", ["aws:SourceArn"] = "arn:aws:s3:::bc",
      k = "QQ==" } }
  return {
    parse = function() return tostring(assert(policy.parse(POLICY))) end,
    invalid = function() return select(2, policy.parse '{"Statement":[{"Effect":"Maybe"}]}') end,
    allow = function()
      local copy = assert(policy.parse(POLICY))
      copy:allow { sid = "n", principal = "3", actions = { "x:y" }, condition = '{"Bool":{"aws:s":"true"}}' }
      return tostring(copy)
    end,
    revoke = function()
      local copy = assert(policy.parse(POLICY))
      copy:revoke { principal = "1", effect = "any" }
      return tostring(copy)
    end,
    revoke_matching = function()
      local copy = assert(policy.parse(POLICY))
      copy:revoke { match = function(principal) return principal == "1" end, effect = "any" }
      return tostring(copy)
    end,
    remove = function()
      local copy = assert(policy.parse(POLICY))
      copy:remove { sid = "b" }
      return tostring(copy)
    end,
    set = function()
      local copy = assert(policy.parse(POLICY))
      copy:set { sid = "a", element = "Condition", within = { "StringLike" }, json = '{"aws:y":"q"}' }
      return tostring(copy)
    end,
    fold = function()
      local copy = assert(policy.parse(POLICY))
      copy:fold { sid = "f", match = function() return true end }
      return tostring(copy)
    end,
    append = function()
      local copy = assert(policy.parse(POLICY))
      copy:append(other, 1)
      return tostring(copy)
    end,
    merge = function() return document.merge and tostring(document:merge(other)) end,
    sort = function() return document.sorted and tostring(document:sorted()) end,
    canonical = function() return document.canonical and document:canonical() end,
    can = function() return document:can(question) end,
    decision = function()
      local answer, statement, reason = policy.decision(document, { principal = "*", action = "a:b" })
      return { answer, statement, reason }
    end,
    with_context = function()
      return { policy.decision(document, { principal = "1", action = "x:y", account = "1", partial = true,
        context = question.context }) }
    end,
    impossible_decision = function()
      return { policy.decision(document, { principal = "1", action = "x:y", context = { ["aws:PrincipalAccount"] = "2" } }) }
    end,
    weigh = function() return document:weigh(question) end,
    question = function()
      local asked = policy.question { principal = "1", action = "x:y", resource = "r", context = question.context, scps = {} }
      local deny, maybe_deny, allow, maybe_allow = asked:weigh(document, false)
      return { deny, maybe_deny, allow, maybe_allow, asked:explain(document, true, 1, false) }
    end,
    impossible = function()
      return select(2, policy.question { principal = "1", action = "x:y", context = { ["aws:PrincipalAccount"] = "2" } })
    end,
    derived = function()
      local session = "arn:aws:sts::111122223333:assumed-role/a/s"
      return { document:can { principal = session, action = "x:y", resource = "arn:aws:ecr:r:444455556666:b", context = {} } }
    end,
    contradiction = function() return select(2, pcall(document.weigh, document, {
      principal = "arn:aws:sts::111122223333:assumed-role/a/s", action = "x:y", context = { ["aws:userid"] = "AROAX:t" } })) end,
    possible = function()
      return { policy.possible { principal = "111122223333", complete = true, context = { ["aws:PrincipalAccount"] = "2" } } }
    end,
    caller = function() return policy.caller "arn:aws:iam::111122223333:role/a/b" end,
    covers = function() return document:covers(1, 3) end,
    equivalent = function() return document:equivalent(other) end,
    statements = function() return document:statements() end,
  }
end

cases["lanyard.json"] = function(json)
  local value = { a = { 1, 2, { b = "x\n\u{20ac}" } }, c = { d = true, e = 1.5 }, f = ("long "):rep(100) }
  local text = json.encode(value)
  return {
    encode = function() return json.decode(json.encode(value)) end,
    pretty = function() return json.decode(json.encode(value, { pretty = true })) end,
    decode = function() return json.decode(text) end,
    escapes = function() return json.decode '["\\u20ac\\ud83d\\ude00\\n", 1e3, -0.5, null, true]' end,
    invalid = function() return select(2, pcall(json.decode, '{"a":[1,}')) end,
  }
end

cases["lanyard.text.xml.core"] = function(xml)
  local text = '<?xml version="1.0"?><r xmlns="u" b="&lt;x&#65;">t<a>&amp;</a><![CDATA[<]]>\r\n<b/></r>'
  return {
    parse = function() return xml.parse(text) end,
    invalid = function() return select(2, xml.parse "<r>&x;</r>") end,
    escape = function() return xml.escape "a<b>&\r" .. xml.escape("\"\n", true) end,
  }
end

cases["lanyard.credentials"] = function(credentials)
  return {
    new = function()
      return tostring(credentials.new { access_key_id = "A", secret_access_key = "s", session_token = "t", expires = 1,
        account_id = "1", source = "x" })
    end,
    secret = function() return tostring(credentials.secret "s") end,
    join = function() return tostring(credentials.join({ '{"t":"', credentials.secret 'a"b', '"}' }, "json")) end,
    join_xml = function() return tostring(credentials.join({ "<t>", credentials.secret "a<b", "</t>" }, "xml")) end,
    join_form = function() return tostring(credentials.join({ "t=", credentials.secret "a b" }, "form")) end,
    redactor = function()
      local redactor = credentials.redactor { credentials.secret "secret text", credentials.secret "other value" }
      return redactor:redact "a secret text and another"
    end,
    unseal = function() return credentials.secret('{"token":"v","k":{"a":[1,"x"]}}'):unseal({ "token" }, "json") end,
    unseal_xml = function() return credentials.secret("<r><k>v</k><token>t</token></r>"):unseal({ "token" }, "xml") end,
  }
end

cases["lanyard.sigv4"] = function(sigv4)
  local key = require("lanyard.credentials").new { access_key_id = "A", secret_access_key = "s", session_token = "t" }
  local request = {
    method = "GET", url = "https://h/p/a%20b?b=1&a=%20&=", headers = { ["X-A"] = "v  w", Host = { "h" } }, body = "body",
    credentials = key, region = "r", service = "s", time = 1440938160, sign_body = true,
  }
  local steps = setmetatable({ steps = true }, nil)
  for name, member in pairs(request) do steps[name] = member end
  return {
    sign = function() return sigv4.sign(request) end,
    steps = function() return sigv4.sign(steps) end,
    presign = function() return sigv4.presign(request) end,
    explain = function()
      return sigv4.explain { method = "GET", target = "/p?a=b", headers = { host = "h", ["x-a"] = { "1", "2" } },
        signed_headers = { "host", "x-a" }, body = "b", amz_date = "20150830T123600Z", credentials = key, region = "r", service = "s" }
    end,
  }
end

cases["lanyard.jws"] = function(jws)
  return {
    key = function() return type(assert(jws.key(PEM))) end,
    sign = function() return type(assert(jws.key(PEM):sign("dpop+jwt", "{}"))) end, -- the signature is random
    invalid = function() return select(2, jws.key "no key") end,
  }
end

cases["lanyard.ini"] = function(ini)
  local text = "[default]\naws_secret_access_key = s\nregion = r\ns3 =\n  a = b\n[profile a b]\nx = y # z\n"
  local file <close> = assert(io.open("config", "w"))
  assert(file:write(text))
  return {
    parse = function() return ini.parse(text, "config") end,
    plain = function() return ini.parse(text, "config", { plain = true }) end,
    load = function() return ini.load("config", "config") end,
    missing = function() return select(2, ini.load("missing", "config")) end,
  }
end

cases["lanyard.sqlite"] = function(sqlite)
  return {
    query = function()
      local db <close> = assert(sqlite.open ":memory:")
      assert(assert(db:prepare "CREATE TABLE t (a, b)"):run())
      assert(assert(db:prepare "INSERT INTO t VALUES (?, ?)"):run("x", 2.5))
      return assert(assert(db:prepare "SELECT a, b, NULL, 7, x'00' FROM t"):query())
    end,
    invalid = function()
      local db <close> = assert(sqlite.open ":memory:")
      return tostring((db:prepare "SELEKT"))
    end,
  }
end

cases["lanyard.sandbox"] = function(sandbox)
  local source = "function f(a, b) local t = { a, b, s = ('x'):rep(50) } t.g = t.s:gsub('x', 'y') return t end"
  return {
    call = function()
      local box = assert(sandbox.open(source, "name", { steps = 10000, memory = 1000000, seconds = 10 }))
      return { box:call("f", 1, { 2, k = "v" }) }
    end,
    invalid = function()
      return type((sandbox.open("function", "name", { steps = 10000, memory = 1000000, seconds = 10 })))
    end,
  }
end

cases["lanyard.system"] = function(system)
  return {
    files = function()
      assert(system.mkdirs "a/b/c")
      assert(system.write_file("a/b/c/f", "text"))
      assert(system.append_file("a/b/c/f", "more"))
      assert(system.lock "a/lock"):close()
      assert(system.remove "a/b/c/f")
      assert(system.remove_tree "a")
      return "done"
    end,
    temp_folder = function() return system.remove_tree((assert(system.temp_folder "w"))) end,
    random = function() return #system.random(16) end,
  }
end

cases["lanyard.process.core"] = function(process)
  local loop = require "lanyard.loop"
  return {
    run = function()
      local timer = loop.timer(20)
      local started = assert(process.start { words = { "cat" }, timeout = 10, max_size = 100, errors = "keep", input = "x" })
      for _ = 1, 50 do
        for _, op in ipairs(loop.step(true)) do
          if op == started then
            return started:result()
          end
        end
      end
      return tostring(timer)
    end,
    missing = function() return (process.start { words = { "no such program" } }) end,
  }
end

cases["lanyard.http.core"] = function(http)
  return {
    start = function()
      return type(assert(http.start { method = "POST", url = "http://127.0.0.1:1/", headers = { A = "b" }, body = "x",
        timeout = 10, connect_timeout = 10, max_size = 1000, direct = true }))
    end,
  }
end

cases["lanyard.crypto"] = function(crypto)
  return {
    sha256_hex = function() return crypto.sha256_hex "text" end,
    sha256_base64 = function() return crypto.sha256_base64 "text" end,
    sha1_hex = function() return crypto.sha1_hex "text" end,
    base64 = function() return crypto.base64(("x"):rep(1000)) end,
  }
end

-- Runs a case while the allocations fail, and then without a fault. Returns how many allocations it made.
local function try(name, run, expected, number, always)
  allocations.fail(number, always)
  local ok, result = pcall(run)
  local calls = allocations.stop()
  if calls < number and (not ok or show(result, 0) ~= expected) then
    error(("%s, not disturbed: %s instead of %s"):format(name, show(result, 0), expected))
  elseif ok and result ~= nil and result ~= false and show(result, 0) ~= expected and not show(result, 0):find "emory" then
    error(("%s, allocation %d: %s instead of %s"):format(name, number, show(result, 0), expected))
  end
  if not ok and type(result) == "table" and not show(result, 0):find "emory" then
    error(("%s, allocation %d: reported as %s"):format(name, number, show(result, 0)))
  end
  local again = show(run(), 0)
  if again ~= expected then
    error(("%s, after allocation %d failed: %s instead of %s"):format(name, number, again, expected))
  end
  return calls
end

local NEVER = 1 << 40

local function names_of(list)
  local names = {}
  for name in pairs(list) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local count = 0
local functions = cases[module](require(module))
for _, name in ipairs(names_of(functions)) do
  local run = functions[name]
  local expected = show(run(), 0)
  local calls = try(name, run, expected, NEVER)
  local step = math.max(1, calls // limit)
  for _, always in ipairs { false, true } do
    for number = 1, calls, step do
      try(name, run, expected, number, always)
      count = count + 1
    end
  end
end
print("done " .. count)
