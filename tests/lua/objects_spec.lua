-- The userdata of the C modules: what a script sees of them, after their end too, and how much memory they keep.

local helper = require "helper"

-- Runs a script in a new process, because a failure would end the process. Returns its output.
local function run(script, prefix)
  local folder <close> = helper.folder()
  helper.write(folder .. "/script.lua", script)
  local ok, how, status = os.execute(("%s %s %s/script.lua >%s/out 2>&1"):format(prefix or "", helper.lua, folder, folder))
  local out = helper.read(folder .. "/out")
  assert.is_true(ok, ("%s %d: %s"):format(how, status, out:sub(-2000)))
  return out
end

-- Makes one object of each class.
local MAKERS = [[
  local credentials, policy, sqlite = require "lanyard.credentials", require "lanyard.policy", require "lanyard.sqlite"
  local jws, loop = require "lanyard.jws", require "lanyard.loop"
  local makers = {
    ["lanyard.policy"] = policy.new,
    ["lanyard.secret"] = function() return credentials.secret '{"a":"b"}' end,
    ["lanyard.credentials"] = function() return credentials.new { access_key_id = "A", secret_access_key = "s" } end,
    ["lanyard.redactor"] = function() return credentials.redactor { credentials.secret "s" } end,
    ["lanyard.jws.key"] = function() local file <close> = assert(io.open(arg[1])) return jws.key(file:read "a") end,
    ["lanyard.sqlite.database"] = function() return sqlite.open ":memory:" end,
    ["lanyard.sqlite.statement"] = function() return sqlite.open(":memory:"):prepare "SELECT 1" end,
  }
  -- Calls every method with plausible arguments, and prints the names of methods that raise no error.
  local function call_all(class, object)
    local meta = debug.getregistry()[class]
    local methods = { __tostring = meta.__tostring, __index = type(meta.__index) == "function" and meta.__index or nil }
    for name, method in pairs(type(meta.__index) == "table" and meta.__index or {}) do methods[name] = method end
    methods.close = nil -- which may be called again
    for name, method in pairs(methods) do
      local ok, err = pcall(method, object, 1, 2)
      if not ok and type(err) ~= "string" then print(class, name, "another error") end
      if ok then print(class, name, "no error") end
    end
  end
]]

local UNAWARE = { ["lanyard.secret\t__tostring\tno error\n"] = true, ["lanyard.jws.key\t__tostring\tno error\n"] = true }

-- Asserts that only methods that need nothing of an object succeeded.
local function check(out)
  for line in out:gmatch "[^\n]*\n" do
    assert.is_true(UNAWARE[line], line)
  end
end

local KEY = helper.folder()

describe("a userdata of a C module", function()
  setup(function()
    assert(os.execute(("openssl ecparam -name prime256v1 -genkey -noout -out %s/key.pem"):format(KEY)))
  end)
  teardown(function() getmetatable(KEY).__close() end)

  local arguments = ("local arg = { '%s/key.pem' }"):format(KEY)

  it("raises an error in a finalizer that runs after its collection", function()
    check(run(arguments .. MAKERS .. [[
      local objects = {}
      -- A global, because garbage would be finalized before the objects. At the end of the state it is finalized last.
      last = setmetatable({}, { __gc = function()
        for class, object in pairs(objects) do call_all(class, object) end
      end })
      for class, make in pairs(makers) do objects[class] = assert(make()) end
    ]]))
  end)

  it("raises an error after its finalizer was called", function()
    check(run(arguments .. MAKERS .. [[
      for class, make in pairs(makers) do
        local object = assert(make())
        for _ = 1, 2 do debug.getmetatable(object).__gc(object) end
        call_all(class, object)
      end
    ]]))
  end)

  it("raises an error as the self of another class", function()
    check(run(arguments .. MAKERS .. [[
      for class in pairs(makers) do
        for other, make in pairs(makers) do
          if other ~= class then call_all(class, make()) end
        end
        call_all(class, io.stdout)
        call_all(class, debug.setmetatable(io.tmpfile(), debug.getregistry()[class]))
      end
      os.exit(0, false) -- the files have the wrong finalizers
    ]]))
  end)

  it("has a protected metatable", function()
    assert.equal("", run(arguments .. MAKERS .. [[
      for class, make in pairs(makers) do
        local meta = getmetatable(make())
        if meta.__name ~= class or meta.__gc or meta.__index then print(class) end
        meta.__gc = print
      end
    ]]))
  end)

  it("is not reached by the functions that share a signer or a hasher at the end of the state", function()
    local out = run [[
      local sigv4, crypto, credentials
      last = setmetatable({}, { __gc = function()
        print(pcall(sigv4.sign, { url = "https://a/" }))
        print(pcall(crypto.sha256_hex, "x"))
      end })
      sigv4, crypto, credentials = require "lanyard.sigv4", require "lanyard.crypto", require "lanyard.credentials"
      sigv4.sign { url = "https://a/", region = "r", service = "s", time = 0,
        credentials = credentials.new { access_key_id = "A", secret_access_key = "s" } }
    ]]
    assert.equal("false\tthe signer is closed\nfalse\tthe hasher is closed\n", out)
  end)
end)

-- Each makes 10,000 objects that are garbage at once. The limit is far above what the live ones need, and far below what
-- all of them need.
describe("the memory of 10,000 objects", function()
  local SETUP = [[
    local policy, credentials, json = require "lanyard.policy", require "lanyard.credentials", require "lanyard.json"
    local sqlite, sigv4, ini = require "lanyard.sqlite", require "lanyard.sigv4", require "lanyard.ini"
    local statements = {}
    for i = 1, 20 do
      statements[i] = ('{"Sid":"s%d","Effect":"Allow","Principal":"*","Action":["a:b","c:d"]}'):format(i)
    end
    local text = '{"Version":"2012-10-17","Statement":[' .. table.concat(statements, ",") .. "]}"
    local doc, long = policy.parse(text), ("x"):rep(20000)
    local secret, db = credentials.secret(long), sqlite.open ":memory:"
    local keys = credentials.new { access_key_id = "A", secret_access_key = long, session_token = long }
  ]]
  local KINDS = {
    ["parsed policies"] = "policy.parse(text)",
    ["new policies"] = "policy.new()",
    ["copies of policies"] = "doc:copy()",
    ["edited policies"] = "policy.new():append(doc, 1)",
    ["trees of policies"] = "if i % 10 == 0 then doc:tree() end",
    ["statements of policies"] = "if i % 10 == 0 then doc:statements() end",
    ["JSON values"] = "if i % 5 == 0 then json.decode(text) end",
    ["secrets"] = "credentials.secret(long)",
    ["joined secrets"] = "credentials.join { secret, 'x' }",
    ["unsealed secrets"] = [[credentials.secret('{"a":"' .. long .. '"}'):unseal({ "a" }, "json")]],
    ["credentials"] = "credentials.new { access_key_id = 'A', secret_access_key = long }",
    ["redactors"] = "credentials.redactor { secret }",
    ["config files"] = "ini.parse('[a]\\nx = ' .. long, 'config')",
    ["databases"] = "sqlite.open ':memory:'",
    ["statements"] = "db:prepare 'SELECT 1, 2, 3'",
    ["rows"] = "if i % 500 == 0 then db:prepare 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c "
      .. "WHERE x < 1000) SELECT x FROM c':query() end",
    ["signatures"] = "sigv4.sign { url = 'https://a/', credentials = keys, region = 'r', service = 's', time = 0 }",
  }
  -- The sanitizers need more address space than any limit.
  for kind, code in pairs(helper.is_sanitized() and {} or KINDS) do
    it("is freed as they become garbage: " .. kind, function()
      local out = run(("%s for i = 1, 10000 do %s end print 'done'"):format(SETUP, code), "ulimit -v 100000;")
      assert.equal("done\n", out)
    end)
  end
end)
