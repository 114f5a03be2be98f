-- Where models come from: AWS_DATA_PATH, ~/.aws/models, and the index of this build.

local helper = require "helper"
local models = require "models"

-- Runs Lua code with the modules and an environment; returns what it prints.
local function run(code, environment)
  local words = { helper.lanyard, "-e", 'local load = require "lanyard.model.load" ' .. code }
  local result = helper.run(words, environment)
  return result.out .. result.err
end

-- A folder with one service.
local function with(name, version, text, companions)
  local root = helper.folder()
  local folder = ("%s/%s/%s"):format(root, name, version)
  os.execute(("mkdir -p '%s'"):format(folder))
  helper.write(folder .. "/service-2.json", text)
  for file, content in pairs(companions or {}) do helper.write(folder .. "/" .. file, content) end
  return root
end

local function service(version, operation)
  return ('{"metadata":{"apiVersion":"%s","protocol":"json","serviceId":"X"},"operations":{"%s":{}},"shapes":{}}'):format(version, operation)
end

local NAMES = 'local s, err = load.load(%q) print(s and table.concat(s:operation_names(), ","), err)'

describe("a model", function()
  it("comes from a folder of AWS_DATA_PATH", function()
    local root <close> = models.folder()
    local environment = { AWS_DATA_PATH = "/nowhere:" .. root .. "/data" }
    assert.equal("ListThings,PutThing,Wait\tnil\n", run(NAMES:format "things", environment))
    assert.equal("Go\tnil\n", run(NAMES:format "other", environment))
    assert.equal("true\n", run('print(load.load "things" == load.load "things")', environment))
    assert.matches("other .*things", run('print(table.concat(load.names(), " "))', environment))
  end)

  it("comes from ~/.aws/models", function()
    local home <close> = helper.folder()
    os.execute(("mkdir -p '%s/.aws/models/mine/2020-01-01'"):format(home))
    helper.write(home .. "/.aws/models/mine/2020-01-01/service-2.json", service("2020-01-01", "Mine"))
    assert.equal("Mine\tnil\n", run(NAMES:format "mine", { HOME = tostring(home) }))
  end)

  it("can be compressed", function()
    local root <close> = with("mine", "2020-01-01", service("2020-01-01", "Packed"))
    os.execute(("gzip '%s/mine/2020-01-01/service-2.json'"):format(root))
    assert.equal("Packed\tnil\n", run(NAMES:format "mine", { AWS_DATA_PATH = tostring(root) }))
  end)

  it("is the newest of all places, and the first of equal versions", function()
    local old <close> = with("mine", "2019-01-01", service("2019-01-01", "Old"))
    local new <close> = with("mine", "2020-01-01", service("2020-01-01", "New"))
    local same <close> = with("mine", "2020-01-01", service("2020-01-01", "Same"), { ["paginators-1.json"] = '{"pagination":{"New":{}}}' })
    assert.equal("New\tnil\n", run(NAMES:format "mine", { AWS_DATA_PATH = ("%s:%s:%s"):format(old, new, same) }))
    assert.equal("Same\tnil\n", run(NAMES:format "mine", { AWS_DATA_PATH = ("%s:%s:%s"):format(old, same, new) }))
    local code = 'print(load.load("mine").paginators.New ~= nil)'
    assert.equal("true\n", run(code, { AWS_DATA_PATH = ("%s:%s"):format(new, same) })) -- the companion file of the second folder
    assert.equal("false\n", run(code, { AWS_DATA_PATH = tostring(new) }))
  end)

  it("replaces a model of the index, or is older than it", function()
    local new <close> = with("ecr", "2999-01-01", service("2999-01-01", "Replaced"))
    local old <close> = with("ecr", "1999-01-01", service("1999-01-01", "Replaced"))
    assert.equal("Replaced\tnil\n", run(NAMES:format "ecr", { AWS_DATA_PATH = tostring(new) }))
    if run 'print(require("lanyard.model.index").source())' ~= "nil\n" then
      assert.matches("BatchGetImage", run(NAMES:format "ecr", { AWS_DATA_PATH = tostring(old) }))
      local same <close> = with("ecr", "2015-09-21", service("2015-09-21", "Replaced"))
      local environment = { AWS_DATA_PATH = tostring(same) }
      assert.equal("Replaced\tnil\n", run(NAMES:format "ecr", environment))
      assert.equal("true\n", run('print(load.load("ecr").paginators.DescribeImages ~= nil)', environment))
    end
  end)

  it("is extended by an extra file, as botocore does", function()
    local root <close> = with("mine", "2020-01-01", service("2020-01-01", "Go"), {
      ["service-2.sdk-extras.json"] = '{"version":1.0,"merge":{"operations":{"More":{}},"metadata":{"protocol":"query"}}}',
      ["paginators-1.json"] = '{"pagination":{"Go":{"result_key":"a"}}}',
      ["paginators-1.sdk-extras.json"] = '{"merge":{"pagination":{"Go":{"more_results":"b"}}}}',
    })
    local code = 'local s = load.load "mine" print(s.metadata.protocol, s.paginators.Go.result_key, s.paginators.Go.more_results)'
    assert.equal("query\ta\tb\n", run(code, { AWS_DATA_PATH = tostring(root) }))
    assert.equal("Go,More\tnil\n", run(NAMES:format "mine", { AWS_DATA_PATH = tostring(root) }))
  end)
end)

describe("a model that cannot be used", function()
  it("is an error that suggests a name", function()
    local root <close> = models.folder()
    assert.equal("nil\tno model describes a service 'thingz': did you mean 'things'?\n",
      run(NAMES:format "thingz", { AWS_DATA_PATH = root .. "/data" }))
    for _, name in ipairs { "", ".", "..", "../things", "a/b", "/etc", "x\ny" } do
      assert.matches("^nil\tno model describes a service '" .. name:gsub("%p", "%%%0"), run(NAMES:format(name), { AWS_DATA_PATH = root .. "/data" }))
    end
  end)

  it("is an error that names the file and the place", function()
    local shape = '{"metadata":{"protocol":"json"},"operations":{},"shapes":{"A":%s}}'
    local go = '{"metadata":{"protocol":"json"},"operations":{"Go":{%s}},"shapes":{"Text":{"type":"string"},'
      .. '"List":{"type":"list","member":{"shape":"List"}}}}'
    local cases = {
      [""] = "line 1, column 1", ["{"] = "line 1", ["null"] = "it is not a JSON object", ["[]"] = "it is not a JSON object",
      ["{}"] = "metadata is not an object", ['{"metadata":{}}'] = "metadata.protocol is not a text",
      ['{"metadata":{"protocol":"json"}}'] = "operations is not an object",
      ['{"metadata":{"protocol":"json"},"operations":{"A":{"input":{"shape":"B"}}}}'] = "operations.A.input names the shape 'B', which does not exist",
      ['{"metadata":{"protocol":"json"},"operations":{"A":{"http":{"method":5}}}}'] = "operations.A.http.method is not a text",
      ['{"metadata":{"protocol":"json"},"operations":{"A":{"errors":[1]}}}'] = "operations.A.errors.0 does not name a shape",
      ['{"metadata":{"protocol":"json"},"operations":{"A":{"errors":{"a":1}}}}'] = "operations.A.errors is not a list",
      [go:format '"http":{"method":"POST","requestUri":"@b.example/"}'] = "operations.Go.http.requestUri is not a path that begins with /",
      [go:format '"http":{"method":"POST","requestUri":"/ HTTP/1.1"}'] = "operations.Go.http.requestUri is not a path that begins with /",
      [go:format '"http":{"method":"GET /","requestUri":"/"}'] = "operations.Go.http.method is not a method of HTTP",
      [go:format '"endpoint":{"hostPrefix":"b.example/"}'] = "operations.Go.endpoint.hostPrefix is not the beginning of a host name",
      [go:format '"endpoint":{"hostPrefix":"a@{Id}."}'] = "operations.Go.endpoint.hostPrefix is not the beginning of a host name",
      [go:format '"endpoint":[5]'] = "operations.Go.endpoint is not an object",
      [go:format '"input":{"shape":"List"}'] = "operations.Go.input names the shape 'List', which is not a structure",
      [go:format '"output":{"shape":"Text"}'] = "operations.Go.output names the shape 'Text', which is not a structure",
      [go:format '"errors":[{"shape":"Text"}]'] = "operations.Go.errors.0 names the shape 'Text', which is not a structure",
      [shape:format '{"type":"list"}'] = "shapes.A.member does not name a shape",
      [shape:format '{"type":"structure","members":[1]}'] = "shapes.A.members is not an object",
      [shape:format '{"type":"structure","members":{"x":{"shape":"A"}},"required":7}'] = "shapes.A.required is not a list",
      [shape:format '{"type":"map","key":{"shape":"A"}}'] = "shapes.A.value does not name a shape",
      [shape:format '{}'] = "shapes.A has the type 'nil', which is unknown",
      [shape:format '{"type":{}}'] = "shapes.A has the type",
      ['{"metadata":{"protocol":"json","endpointPrefix":"b.example/"},"operations":{}}'] = "metadata.endpointPrefix is not a part of a host name",
      ['{"metadata":{"protocol":"json","serviceId":5},"operations":{}}'] = "metadata.serviceId is not a text",
      [go:format '"requestcompression":5'] = "operations.Go.requestcompression is not an object",
      [go:format '"httpChecksum":"x"'] = "operations.Go.httpChecksum is not an object",
      [go:format '"auth":"x"'] = "operations.Go.auth is not a list",
      [shape:format '{"type":"string","min":"x"}'] = "shapes.A.min is not a number",
      [shape:format '{"type":"structure","payload":"Z"}'] = "shapes.A.payload names the member 'Z', which does not exist",
      [shape:format '{"type":"structure","members":{"x":{"shape":"A","locationName":5}}}'] = "shapes.A.x.locationName is not a text",
      [shape:format '{"type":"structure","members":{"x":{"shape":"A","locationName":"a\\r\\nb"}}}'] = "shapes.A.x.locationName is not a text",
      [("["):rep(200)] = "nested deeper than 128",
    }
    for text, expected in pairs(cases) do
      local root <close> = with("mine", "2020-01-01", text)
      local out = run(NAMES:format "mine", { AWS_DATA_PATH = tostring(root) })
      assert.truthy(out:find("/mine/2020-01-01/service-2.json: ", 1, true), text .. " " .. out)
      assert.truthy(out:find(expected, 1, true), text .. " " .. out)
    end
  end)

  it("is an error for companion files that are not as expected", function()
    local cases = {
      ["paginators-1.json"] = { ["5"] = "it is not a JSON object", ['{"pagination":5}'] = "pagination is not an object",
        ['{"pagination":null}'] = "pagination is not an object", ['{"pagination":{"Go":[1]}}'] = "pagination.Go is not an object" },
      ["waiters-2.json"] = { ["[]"] = "it is not a JSON object", ['{"waiters":{"A":true}}'] = "waiters.A is not an object" },
      ["endpoint-rule-set-1.json"] = { ["1"] = "it is not a JSON object", ["{"] = "line 1" },
    }
    for file, texts in pairs(cases) do
      for text, expected in pairs(texts) do
        local root <close> = with("mine", "2020-01-01", service("2020-01-01", "Go"), { [file] = text })
        local out = run(NAMES:format "mine", { AWS_DATA_PATH = tostring(root) })
        assert.truthy(out:find("/mine/2020-01-01/" .. file .. ": " .. expected, 1, true), text .. " " .. out)
      end
    end
  end)

  it("is an error for what is not a file, and does not wait for it", function()
    local root <close> = with("mine", "2020-01-01", "")
    local path = root .. "/mine/2020-01-01/service-2.json"
    os.remove(path)
    os.execute(("mkfifo '%s'"):format(path))
    assert.matches("service%-2%.json: it is a FIFO or a device, not a regular file", run(NAMES:format "mine", { AWS_DATA_PATH = tostring(root) }))
    os.execute(("ln -sf /dev/zero '%s'"):format(path))
    assert.matches("it is a FIFO or a device, not a regular file", run(NAMES:format "mine", { AWS_DATA_PATH = tostring(root) }))
  end)

  it("can be a link to a file", function()
    local root <close> = with("mine", "2020-01-01", service("2020-01-01", "Linked"))
    local path = root .. "/mine/2020-01-01/service-2.json"
    os.execute(("mv '%s' '%s/real' && ln -s ../../real '%s'"):format(path, root, path))
    assert.equal("Linked\tnil\n", run(NAMES:format "mine", { AWS_DATA_PATH = tostring(root) }))
  end)

  it("is an error for a file of gzip that is damaged", function()
    local root <close> = with("mine", "2020-01-01", "")
    os.remove(root .. "/mine/2020-01-01/service-2.json")
    helper.write(root .. "/mine/2020-01-01/service-2.json.gz", "\31\139x")
    assert.matches("service%-2%.json%.gz: the compressed data is damaged", run(NAMES:format "mine", { AWS_DATA_PATH = tostring(root) }))
  end)
end)
