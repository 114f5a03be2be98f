-- Calls functions of the C modules with random arguments; tests/torture/api_spec.lua runs it in child processes.
--   lua5.4 api_fuzz.lua SEED CALLS MODULE...
-- It works in the current directory, which must be empty and temporary. Functions that write, run programs or connect
-- get only names below this directory, harmless programs and this machine: see `guards`. The last line is "done N".

local seed, calls = math.tointeger(arg[1]), math.tointeger(arg[2])
math.randomseed(seed)
local random = math.random

local modules = {}
for i = 3, #arg do modules[i - 2] = { name = arg[i], functions = require(arg[i]) } end

local function pick(list)
  return list[random(#list)]
end

-- ---------------------------------------------------------------------------------------------
-- Values

local POLICY = '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":["1","2"]},'
  .. '"Action":["x:y","x:z"],"Condition":{"StringLike":{"aws:x":["a","b*"]}}},'
  .. '{"Sid":"b","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}'
local PEM = [[
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEICohQ+AY94oRTSZac6B5Tp20NB4ajNk431zVPyQsjOOLoAoGCCqGSM49
AwEHoUQDQgAEHhy38VsWc2EmN1LfHsXNg/LSMhoUU6CIqXTaEPExswwGIe636fNU
juSS9JuJgcZb5E71Mc/2hlOdSlRxiODTMQ==
-----END EC PRIVATE KEY-----
]]

local STRINGS = {
  "", "a", "\0", "a\0b", "*", "%s%n%d", "\xff\xfe", "a\r\nb: c", "\27[2J", ("x"):rep(300), ("ab\n"):rep(20000), "1",
  "0x10", "1e400", "nan", POLICY, PEM, '{"a":[1,{"b":null}],"token":"t"}', "[[[[[[[[", "<r><k>v</k></r>", "json", "xml",
  "plain", "config", "credentials", "[default]\naws_secret_access_key = s\nregion = r\ns3 =\n  a = b\n", "StringLike",
  "arn:aws:iam::1:role/r", "SELECT 1, 'a', NULL, 2.5", "CREATE TABLE IF NOT EXISTS t (a)", "INSERT INTO t VALUES (?)",
  "SELECT ?", "PRAGMA quick_check", "return 1", "function f(...) return {...} end", "f", "GET", "any", "?=", "INT", "HUP",
}
local NUMBERS = {
  0, 1, 2, 3, -1, 7, 255, 65535, 65536, 1 << 31, (1 << 31) - 1, -(1 << 31), 1 << 32, (1 << 53) + 1, math.maxinteger,
  math.mininteger, 0.5, -0.0, 0 / 0, math.huge, -math.huge, 1e308, 1e20, 900.0, 1440938160,
}

-- Live objects by class, and objects after their end.
local objects, ended = {}, {}

local function keep(object, class)
  if type(object) == "userdata" then
    objects[class] = objects[class] or {}
    local list = objects[class]
    list[#list < 8 and #list + 1 or random(8)] = object
  end
  return object
end

local call_something -- defined below

local depth = 0
local function reenter()
  if depth < 3 then
    depth = depth + 1
    pcall(call_something)
    depth = depth - 1
  end
end

local value

-- A table whose border, and so its length, is far beyond its elements.
local function sparse()
  local list = {}
  for bit = 0, 61 do list[1 << bit] = "x" end
  return list
end

local FIELDS = {} -- the names of options, from the recipes

local function random_table(level)
  local result = {}
  for _ = 1, random(0, 4) do
    local key = random(3) == 1 and value(level) or random(2) == 1 and random(4) or #FIELDS > 0 and pick(FIELDS) or "a"
    if key ~= nil and key == key then result[key] = value(level) end
  end
  return result
end

-- A metatable whose metamethods call the API again, and change the table.
local function hostile(target)
  local function act()
    reenter()
    if random(2) == 1 then rawset(target, random(8), "grown") else rawset(target, #target, nil) end
    return random(3) == 1 and target or random(2) == 1 and "text" or random(100)
  end
  return setmetatable(target, {
    __index = act, __newindex = act, __len = act, __call = act, __tostring = function() act() return "t" end,
    __pairs = function() act() return next, target end, __eq = act, __lt = act, __le = act, __concat = act, __unm = act,
    __gc = act, __close = act, __name = "lanyard.policy",
  })
end

local function any_object()
  local list = objects[pick(objects.names)]
  return list and #list > 0 and pick(list) or nil
end

local MAKERS = {
  function() return nil end,
  function() return random(2) == 1 end,
  function() return pick(NUMBERS) end,
  function() return pick(NUMBERS) end,
  function() return pick(STRINGS) end,
  function() return pick(STRINGS) end,
  function() return random(-5, 300) end,
  function(level) return level > 0 and random_table(level - 1) or {} end,
  function(level) return hostile(level > 0 and random_table(level - 1) or {}) end,
  function() return sparse() end,
  function() return function() reenter() return random(2) == 1 end end,
  function() return function() error(setmetatable({}, { __tostring = function() reenter() return "e" end })) end end,
  function() return coroutine.create(function() coroutine.yield(1) end) end,
  function() return io.stdout end,
  any_object,
  any_object,
  function() return #ended > 0 and pick(ended) or nil end,
}

function value(level)
  return pick(MAKERS)(level or 2)
end

-- ---------------------------------------------------------------------------------------------
-- Recipes: arguments that a function accepts, to be changed at random

local function recipe(name)
  local module = {}
  for _, m in ipairs(modules) do module[m.name] = m.functions end
  return module[name]
end
local credentials, policy = recipe "lanyard.credentials", recipe "lanyard.policy.core"

local function new_key()
  return keep(credentials.new { access_key_id = "AKID", secret_access_key = "s", session_token = "t" }, "lanyard.credentials")
end

local function request()
  return {
    method = "GET", url = "https://h/p?b=1&a=%20&=", headers = { ["X-A"] = "v", Host = { "h" } }, body = "body",
    credentials = new_key(), region = "r", service = "s", time = 1440938160, steps = true, sign_body = true,
    normalize = false, expires = 60, omit_session_token = false,
  }
end

local question = { principal = "arn:aws:iam::1:role/r", action = "x:y", resource = "arn:aws:ecr:r:1:repository/x", partial = true,
  context = { ["aws:x"] = { "a", 1, true }, b = "c" }, unknown = "aws:PrincipalOrgID" }

local RECIPES = {
  ["lanyard.policy.core.parse"] = function() return POLICY end,
  ["lanyard.policy:allow"] = function()
    return { sid = "n", principal = "arn:aws:iam::1:role/" .. random(9), actions = { "x:y", "x:" .. random(9) },
      condition = '{"Bool":{"aws:SecureTransport":"true"}}' }
  end,
  ["lanyard.policy:revoke"] = function()
    return { [random(2) == 1 and "principal" or "match"] = random(2) == 1 and "1" or function() reenter() return true end,
      effect = "any", sid = "a" }
  end,
  ["lanyard.policy:remove"] = function() return { [pick { "sid", "index" }] = pick { "a", 1, 2 } } end,
  ["lanyard.policy:set"] = function()
    return { [pick { "sid", "index" }] = pick { "a", 1 }, element = pick { "Sid", "Condition", "Effect" },
      within = pick { {}, { "StringLike" } }, json = pick { '"Allow"', "{}", '"x"' } }
  end,
  ["lanyard.policy:fold"] = function() return { sid = "f", match = function() reenter() return true end } end,
  ["lanyard.policy:append"] = function() return policy.parse(POLICY), 1 end,
  ["lanyard.policy:can"] = function() return question end,
  ["lanyard.policy:weigh"] = function() return question end,
  ["lanyard.policy.core.question"] = function() return question end,
  ["lanyard.policy.core.decision"] = function() return policy.parse(POLICY), question end,
  ["lanyard.policy.question:weigh"] = function() return policy.parse(POLICY), pick { true, false } end,
  ["lanyard.policy.question:explain"] = function() return policy.parse(POLICY), false, 1, pick { true, false } end,
  ["lanyard.policy:covers"] = function() return 1, 2 end,
  ["lanyard.policy:equivalent"] = function() return policy.parse(POLICY) end,
  ["lanyard.credentials.new"] = function()
    return { access_key_id = "A", secret_access_key = credentials.secret "s", session_token = "t", expires = 1,
      account_id = "1", source = "x" }
  end,
  ["lanyard.credentials.join"] = function() return { '{"token":"', credentials.secret 'a"b', '"}' }, "json" end,
  ["lanyard.credentials.redactor"] = function() return { new_key(), credentials.secret "ab" } end,
  ["lanyard.secret:unseal"] = function() return { "token", "k" }, pick { "json", "xml" } end,
  ["lanyard.sigv4.sign"] = request,
  ["lanyard.sigv4.presign"] = request,
  ["lanyard.sigv4.explain"] = function()
    return { method = "GET", target = "/p?a=b", headers = { host = "h", ["x-a"] = { "1", "2" } }, signed_headers = { "host" },
      body = "b", amz_date = "20150830T123600Z", credentials = new_key(), region = "r", service = "s" }
  end,
  ["lanyard.jws.key"] = function() return PEM end,
  ["lanyard.jws.key:sign"] = function() return "dpop+jwt", "{}" end,
  ["lanyard.ini.parse"] = function() return "[profile a]\nx = y\n", "config", { plain = true } end,
  ["lanyard.ini.load"] = function() return "config", "credentials" end,
  ["lanyard.loop.signal"] = function() return pick { "INT", "HUP" } end,
  ["lanyard.policy:statement"] = function() return random(2) end,
  ["lanyard.json.encode"] = function() return { a = { 1, 2 }, b = { c = "d" } }, { pretty = true } end,
  ["lanyard.sqlite.open"] = function() return pick { ":memory:", "db" }, { busy = 0, readonly = false } end,
  ["lanyard.sqlite.database:prepare"] = function() return pick { "SELECT ?, 1, 'a', NULL", "SELECT 1 UNION SELECT 2" } end,
  ["lanyard.sqlite.statement:query"] = function() return pick { 1, "a", 2.5 } end,
  ["lanyard.http.core.start"] = function()
    return { method = "GET", url = "http://127.0.0.1:1/", headers = { A = "b" }, timeout = 1, connect_timeout = 1,
      max_size = 1000, direct = true, sealed = true, body = "x" }
  end,
  ["lanyard.httpd.core.open"] = function() return { address = "127.0.0.1", port = 0, max_body = 1000 } end,
  ["lanyard.httpd.request:reply"] = function() return 200, { ["content-type"] = "text/plain" }, "body" end,
  ["lanyard.loop.timer"] = function() return pick { 0, 0.001, 1e9 } end,
  ["lanyard.process.core.start"] = function()
    return { words = { "echo", "hi" }, timeout = 5, max_size = 100, stream = random(2) == 1, errors = "keep", input = "x" }
  end,
  ["lanyard.sandbox.open"] = function()
    return "function f(...) return {...} end", "name", { steps = 10000, memory = 1000000, seconds = 1 }
  end,
  ["lanyard.sandbox.box:call"] = function() return "f", 1, { 2 } end,
}

-- Collects the names of the options.
do
  local known = {}
  for name, make in pairs(RECIPES) do
    local options = make()
    for key in pairs(type(options) == "table" and options or {}) do
      if type(key) == "string" and not known[key] and name then
        known[key] = true
        FIELDS[#FIELDS + 1] = key
      end
    end
  end
  table.sort(FIELDS)
end

-- Returns a copy of a table with a changed, added or removed member.
local function mutated(original, level)
  local copy = {}
  for key, member in pairs(original) do
    copy[key] = type(member) == "table" and level > 0 and random(3) == 1 and mutated(member, level - 1) or member
  end
  for _ = 1, random(0, 2) do
    local key = random(4) == 1 and (value(1) or 1) or next(copy) and pick(FIELDS) or 1
    if key == key then copy[key] = value(2) end
  end
  return random(5) == 1 and hostile(copy) or copy
end

local function arguments_for(name)
  local args
  if RECIPES[name] and random(5) > 1 then
    args = table.pack(RECIPES[name]())
    local place = random(args.n)
    if type(args[place]) == "table" then
      args[place] = random(3) > 1 and mutated(args[place], 2) or args[place]
    elseif random(3) == 1 then
      args[place] = value()
    end
  else
    args = { n = random(0, 5) }
    for i = 1, args.n do args[i] = value() end
  end
  return args
end

-- ---------------------------------------------------------------------------------------------
-- Guards: what a function must not get, because it would leave this directory, this machine, or never end

-- A name below this directory, whatever the argument is.
local function local_name(name)
  if type(name) ~= "string" then
    return name
  end
  return (name:find "^/" or name:find("..", 1, true)) and "name" or name
end

local function local_names(args)
  for i = 1, args.n do args[i] = local_name(args[i]) end
end

local PROGRAMS = { ["true"] = true, echo = true, cat = true, ["no such program"] = true }

local guards = {
  ["lanyard.system"] = local_names,
  ["lanyard.ini"] = local_names,
  ["lanyard.sqlite"] = local_names,
  -- Statements could attach databases elsewhere.
  ["lanyard.sqlite.database"] = function(args)
    for i = 2, args.n do
      if type(args[i]) == "string" and args[i]:upper():find "ATTACH" then args[i] = "SELECT 1" end
    end
  end,
  -- It would wait for ever.
  ["lanyard.loop.step"] = function(args) args[1], args.n = false, 1 end,
  ["lanyard.process.core.start"] = function(args)
    local words = type(args[1]) == "table" and rawget(args[1], "words")
    if type(words) == "table" and not PROGRAMS[rawget(words, 1)] then rawset(words, 1, "no such program") end
  end,
  ["lanyard.http.core.start"] = function(args)
    local url = type(args[1]) == "table" and rawget(args[1], "url")
    if type(url) == "string" or type(url) == "number" then
      rawset(args[1], "url", "http://127.0.0.1:1/" .. tostring(url):sub(1, 1000))
    end
  end,
  ["lanyard.httpd.core.open"] = function(args)
    if type(args[1]) == "table" and rawget(args[1], "address") ~= nil then rawset(args[1], "address", "127.0.0.1") end
  end,
}

-- ---------------------------------------------------------------------------------------------
-- Calls

-- The functions of the modules, and the methods and metamethods of the classes: { name, owner, call, class }
local targets = {}
for _, module in ipairs(modules) do
  for name, member in pairs(module.functions) do
    if type(member) == "function" then
      targets[#targets + 1] = { name = module.name .. "." .. name, owner = module.name, call = member }
    end
  end
end
objects.names = {}
for class, meta in pairs(debug.getregistry()) do
  if type(class) == "string" and class:find "^lanyard%." and type(meta) == "table" then
    objects.names[#objects.names + 1] = class
    for name, member in pairs(type(meta.__index) == "table" and meta.__index or {}) do
      targets[#targets + 1] = { name = class .. ":" .. name, owner = class, call = member, class = class }
    end
    for name, member in pairs(meta) do
      if type(member) == "function" then
        targets[#targets + 1] = { name = class .. ":" .. name, owner = class, call = member, class = class }
      end
    end
  end
end
table.sort(targets, function(a, b) return a.name < b.name end)
table.sort(objects.names)

local class_of = {} -- [metatable] = class
for _, class in ipairs(objects.names) do class_of[debug.getregistry()[class]] = class end

-- With API_FUZZ_TRACE, how often each function was called, and returned.
local trace = os.getenv "API_FUZZ_TRACE" and {}

local function keep_results(...)
  for i = 1, select("#", ...) do
    local result = select(i, ...)
    local class = type(result) == "userdata" and class_of[debug.getmetatable(result)]
    if class then keep(result, class) end
  end
end

local function self_for(class)
  local list = objects[class]
  local choice = random(10)
  if choice <= 8 and list and #list > 0 then
    return pick(list)
  end
  return choice == 9 and #ended > 0 and pick(ended) or value()
end

local ENDS = { __gc = true, __close = true, close = true, cancel = true }

local function call(target)
  local args = arguments_for(target.name)
  if target.class then
    local self = self_for(target.class)
    -- Most objects live on.
    if ENDS[target.name:match ":(.+)$"] then
      if random(10) > 1 then return end
      ended[#ended < 20 and #ended + 1 or random(20)] = self
    end
    table.insert(args, 1, self)
    args.n = args.n + 1
    if self == nil then args[1] = false end
  end
  local guard = guards[target.name] or guards[target.owner]
  if guard then guard(args) end
  local run = pcall
  if random(10) == 1 then
    run = coroutine.wrap(pcall)
  end
  local results = table.pack(run(target.call, table.unpack(args, 1, args.n)))
  if trace then
    local counts = trace[target.name] or { 0, 0 }
    trace[target.name] = { counts[1] + 1, counts[2] + (results[1] and 1 or 0) }
  end
  keep_results(table.unpack(results, 2, results.n))
end

function call_something()
  call(pick(targets))
end

-- It runs last, when all other objects are collected.
local last = setmetatable({}, { __gc = function()
  for _, target in ipairs(targets) do
    for _, object in ipairs(objects[target.class] or {}) do pcall(target.call, object, 1, 2) end
    if not target.class and not guards[target.name] and not guards[target.owner] then pcall(target.call, "x", {}) end
  end
end })

-- One object of each class that a random call seldom makes.
local function set_up()
  assert(recipe "lanyard.system".write_file("config", "[a]\naws_secret_access_key = s\n"))
  keep_results(recipe "lanyard.jws".key(PEM), recipe "lanyard.system".lock "lock", recipe "lanyard.loop".readable(0))
  local http, httpd, loop = recipe "lanyard.http.core", recipe "lanyard.httpd.core", recipe "lanyard.loop"
  local server = assert(httpd.open { address = "127.0.0.1" })
  for _ = 1, 3 do
    local accept = server:accept()
    local sent = http.start { url = ("http://127.0.0.1:%d/"):format(server:port()), headers = {}, body = "x" }
    local timer = loop.timer(0.2)
    for _ = 1, 10 do
      local completed = loop.step(true)
      local found = {}
      for _, op in ipairs(completed or {}) do found[op] = true end
      if found[accept] then keep_results(accept:result()) break elseif found[timer] then break end
    end
    keep_results(accept, sent, timer)
  end
  keep_results(server)
end
set_up()

-- Makes a collection, and so finalizers, likely at every allocation.
collectgarbage("incremental", 20, 1000)
for number = 1, calls do
  call_something()
  if number % 50 == 0 then setmetatable({}, { __gc = reenter }) end
  if number % 500 == 0 then collectgarbage(pick { "generational", "incremental", "collect" }) end
end
for _, target in ipairs(trace and targets or {}) do
  io.stderr:write(("%-50s %6d %6d\n"):format(target.name, table.unpack(trace[target.name] or { 0, 0 })))
end
assert(last)
print("done " .. calls)
