local arguments = require "lanyard.access.deployment.arguments"
local helper = require "helper"

-- Reads options with no images.
local function read(options)
  options.image = options.image or {}
  return arguments.read(options)
end

describe("the arguments of a deployment", function()
  it("name images and the public endpoint", function()
    assert.same({
      images = { { container = "app", text = "web:1.4" }, { container = "side", text = "x.test/a=b" } },
      public_endpoint = { containerName = "app", containerPort = 8080 },
      resolve = true,
    }, arguments.read { image = { "app=web:1.4", "side=x.test/a=b" }, public_endpoint = "app:8080", resolve = true })
    assert.same({ images = {}, force = true }, arguments.read { image = {}, force = true })
    assert.same({ images = {} }, arguments.read { image = {}, file = "web.json" })
  end)

  it("name ports of the only container, or of a named one", function()
    local wants = assert(read { port = { "80:HTTP", "app:81:https", "82", "app:83", "a1:5000:TCP" } })
    assert.same({
      { option = "--port", port = "80", protocol = "HTTP" },
      { option = "--port", container = "app", port = "81", protocol = "HTTPS" },
      { option = "--port", port = "82", protocol = "HTTP" },
      { option = "--port", container = "app", port = "83", protocol = "HTTP" },
      { option = "--port", container = "a1", port = "5000", protocol = "TCP" },
    }, wants.ports)
    for _, word in ipairs { "", "http", "0", "65536", "80:HTTPP", "app:80:", "80:", "80:HTTP:x", "-1", "8080/HTTP" } do
      local none, message = read { port = { word } }
      assert.is_nil(none, word)
      assert.equal(("--port: '%s' is not of the form [CONTAINER:]PORT:PROTOCOL, with HTTP, HTTPS, TCP or UDP"):format(word), message)
    end
  end)

  it("name commands as a shell does, or as a list", function()
    local wants = assert(read { command = { "serve --name 'a b'", 'app:["sh","-c","echo $X"]', "b:", "c:  " } })
    local words = {}
    for i, one in ipairs(wants.commands) do words[i] = { one.container or "-", table.unpack(one.words) } end
    assert.same({ { "-", "serve", "--name", "a b" }, { "app", "sh", "-c", "echo $X" }, { "b" }, { "c" } }, words)
    for word, message in pairs {
      ["a 'b"] = "--command: a quote is not closed",
      ['["a"'] = "--command: it begins with [ but is not a JSON list of strings",
      ['[1]'] = "--command: the JSON list has something else than strings",
    } do
      assert.same({ nil, message }, { read { command = { word } } })
    end
  end)

  it("name variables, literal or by reference", function()
    local wants = assert(read { env = { "A=1", "app:B=x=y:z", "C=", "D=ssm:/web/key", "app:E=secretsmanager:db#password",
      "F=ssm::/web/key", "URL=https://x.test/", "app:x:y=1" }, unset_env = { "G", "app:H" } })
    local found = {}
    for i, one in ipairs(wants.variables) do
      found[i] = { one.container or "-", one.name, one.value or one.reference.kind .. " " .. one.reference.name }
    end
    assert.same({ { "-", "A", "1" }, { "app", "B", "x=y:z" }, { "-", "C", "" }, { "-", "D", "ssm /web/key" },
      { "app", "E", "secretsmanager db" }, { "-", "F", "ssm:/web/key" }, { "-", "URL", "https://x.test/" },
      { "app", "x:y", "1" } }, found)
    assert.equal("password", wants.variables[5].reference.key)
    assert.same({ { option = "--unset-env", name = "G" }, { option = "--unset-env", container = "app", name = "H" } }, wants.unset)
  end)

  it("are rejected without repeating a value", function()
    for expected, options in pairs {
      ["--env: write [CONTAINER:]KEY=VALUE; the value is not repeated here"] = { env = { "hunter2" } },
      ["--env: A: a reference to a parameter is ssm:NAME, such as ssm:/web/key"] = { env = { "A=ssm:" } },
      ["--env: A: a reference to a secret is secretsmanager:NAME or secretsmanager:NAME#KEY"] = { env = { "A=secretsmanager:db#" } },
      ["--env: the value of A is not UTF-8 text"] = { env = { "A=hunter2\255" } },
      ["--unset-env: 'A=...' is not of the form [CONTAINER:]KEY"] = { unset_env = { "A=hunter2" } },
      ["--env and --unset-env both name A"] = { env = { "A=1" }, unset_env = { "A" } },
    } do
      assert.same({ nil, expected }, { read(options) })
    end
    assert.same({ nil, "--env: write [CONTAINER:]KEY=VALUE; the value is not repeated here" }, { read { env = { "=hunter2" } } })
    assert.same({ nil, "--env: write [CONTAINER:]KEY=VALUE; the value is not repeated here" }, { read { env = { "app:=hunter2" } } })
  end)

  it("can name the public endpoint by its port alone, or remove it", function()
    assert.same({ containerPort = 8080 }, assert(read { public = "8080" }).public_endpoint)
    assert.is_true(assert(read { no_public = true }).no_public)
    for expected, options in pairs {
      ["--no-public removes the public endpoint: pass no other option of it"] = { no_public = true, health_path = "/" },
      ["--public and --public-endpoint are the same option: pass one of them"] = { public = "a:1", public_endpoint = "a:1" },
      ["--file describes the whole deployment: pass --containers or --file"] = { file = "a", containers = "b" },
      ["--smoke asks the public endpoint, which --no-public removes"] = { no_public = true, smoke = { "/" } },
    } do
      assert.same({ nil, expected }, { read(options) })
    end
  end)

  it("read files of variables, which the command line replaces", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/one.env", "A=1\nB=ssm:/b\n")
    helper.write(folder .. "/two.env", "A=2\nC='ssm::c'\n")
    local options = { env = { "A=3" }, env_file = { folder .. "/one.env", "app:" .. folder .. "/two.env" } }
    local wants = assert(read(options))
    assert(arguments.read_files(wants, options, "web"))
    local found = {}
    for i, one in ipairs(wants.variables) do
      found[i] = { one.option, one.container or "-", one.name, one.value or one.reference.text }
    end
    assert.same({ { "--env-file", "-", "A", "1" }, { "--env-file", "-", "B", "ssm:/b" }, { "--env-file", "app", "A", "2" },
      { "--env-file", "app", "C", "ssm:c" }, { "--env", "-", "A", "3" } }, found)
    for text, message in pairs { ["hunter2"] = "line 1 is neither", ["A=ssm: hunter2"] = "A: a reference to a parameter" } do
      helper.write(folder .. "/one.env", text)
      local ok, err = arguments.read_files({}, options, "web")
      assert.is_nil(ok)
      assert.equal("InvalidFile", err.code)
      assert.matches(message, err.message)
      assert.not_matches("hunter2", err.message)
    end
    local _, err = arguments.read_files({}, { env_file = { "app:/nonexistent/.env" } }, "web")
    assert.equal("NotFound", err.code)
  end)

  it("read AWS's two files", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/containers.json", '{"app":{"image":"nginx:1","ports":{"80":"HTTP"}}}')
    helper.write(folder .. "/public.json", '{"containerName":"app","containerPort":80,"healthCheck":{"path":"/up"}}')
    local options = { containers = "file://" .. folder .. "/containers.json", public_endpoint = folder .. "/public.json" }
    local wants = assert(read(options))
    assert(arguments.read_files(wants, options, "web"))
    assert.same({ app = { image = "nginx:1", ports = { ["80"] = "HTTP" } } }, wants.containers)
    assert.same({ containerName = "app", containerPort = 80, healthCheck = { path = "/up" } }, wants.public_endpoint_file)
    assert.is_nil(wants.public_endpoint)
    for text, message in pairs {
      ['{"app":{"imgae":"x"}}'] = "app.imgae is not a known member: image", ['{"App":{"image":"x"}}'] = "App: 'App' is not a container name",
      ["[]"] = "the file must be an object", ["{"] = "line 1, column 2",
    } do
      helper.write(folder .. "/containers.json", text)
      local ok, err = arguments.read_files({}, options, "web")
      assert.is_nil(ok, text)
      assert.equal(folder .. "/containers.json: " .. message, err.message:sub(1, #(folder .. "/containers.json: " .. message)))
    end
  end)

  it("are rejected with a message if they are not valid", function()
    for expected, options in pairs {
      ["'app' is not of the form CONTAINER=IMAGE"] = { image = { "app" } },
      ["'=web' is not of the form CONTAINER=IMAGE"] = { image = { "=web" } },
      ["container 'a' is named twice"] = { image = { "a=b", "a=c" } },
      ["--port names port 80 twice"] = { image = {}, port = { "80:HTTP", "80:TCP" } },
      ["--port names port 80 of container 'app' twice"] = { image = {}, port = { "app:80:HTTP", "side:80:HTTP", "app:80:HTTP" } },
      ["--command is given twice"] = { image = {}, command = { "a", "b" } },
      ["--command is given twice for container 'app'"] = { image = {}, command = { "app:a", "side:a", "app:b" } },
      ["'app' is not of the form CONTAINER:PORT"] = { image = {}, public_endpoint = "app" },
      ["'app:0' is not of the form CONTAINER:PORT"] = { image = {}, public_endpoint = "app:0" },
      ["'app:65536' is not of the form CONTAINER:PORT"] = { image = {}, public_endpoint = "app:65536" },
      ["'app:99999999999999999999' is not of the form CONTAINER:PORT"] = { image = {}, public_endpoint = "app:99999999999999999999" },
      ["pass CONTAINER=IMAGE or --file; --force alone deploys the current deployment again"] = { image = {} },
    } do
      local wants, message = arguments.read(options)
      assert.is_nil(wants)
      assert.equal(expected, message)
    end
  end)
end)
