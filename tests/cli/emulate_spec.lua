local helper = require "helper"
local http = require "lanyard.http"
local json = require "lanyard.json"

helper.emulating = helper.lanyard

describe("lanyard emulate", function()
  it("exits with 0 on SIGTERM and on SIGINT", function()
    for _, signal in ipairs { "TERM", "INT" } do
      local emulator <close> = helper.emulator_process()
      assert.equal(0, emulator:stop(signal))
    end
  end)

  it("stores its state in a file and continues from it", function()
    local folder <close> = helper.folder()
    local options = { "--state", folder .. "/state.json", "--activation-delay", "0" }
    local arn
    do
      local emulator <close> = helper.emulator_process(options)
      emulator:run { "grant", "my-container-service", "my-private-repo", "--enable" }
      arn = json.decode(emulator:run({ "status", "--output", "json" }).out)[1].principalArn
    end
    local emulator <close> = helper.emulator_process(options)
    local status = json.decode(emulator:run({ "status", "--output", "json" }).out)[1]
    assert.equal(arn, status.principalArn)
    assert.same({ "my-private-repo" }, { table.unpack(status.repositories) })
    assert.equal(0, emulator:run({ "revoke", "my-container-service", "my-private-repo" }).status)
  end)

  it("stores a role that has not been read", function()
    local folder <close> = helper.folder()
    local options = { "--state", folder .. "/state.json", "--activation-delay", "1" }
    do
      local emulator <close> = helper.emulator_process(options)
      emulator:run { "enable", "my-container-service", "--no-wait" }
    end
    local first
    for _ = 1, 2 do
      local emulator <close> = helper.emulator_process(options)
      local enabled = emulator:run { "enable", "my-container-service", "--output", "json" }
      local arn = json.decode(enabled.out).principalArn
      assert.match("/private%-repo%-access/", arn)
      first = first or arn
      assert.equal(first, arn)
    end
  end)

  it("starts from a seed in Lua or JSON", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/seed.lua", [[return { regions = { ["eu-west-1"] = {
      services = { { name = "web", role = true } }, repositories = { { name = "web", images = { "1" } } } } } }]])
    helper.write(folder .. "/seed.json", '{"regions":{"eu-west-1":{"services":[{"name":"web","role":true}],'
      .. '"repositories":[{"name":"web","images":["1"]}]}}}')
    for _, file in ipairs { "seed.lua", "seed.json" } do
      local emulator <close> = helper.emulator_process { "--seed", folder .. "/" .. file }
      local result = emulator:run { "grant", "web", "web", "--region", "eu-west-1" }
      assert.equal("", result.err)
      assert.match("web +granted", result.out)
    end
  end)

  it("injects faults, from which commands recover", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.lua", [[return {
      { operation = "GetContainerServices", throttle = true, times = 1 },
      { operation = "DescribeRepositories", status = 503, times = 1 },
      { operation = "GetRepositoryPolicy", cut = 5, times = 1 },
      { operation = "SetRepositoryPolicy", reset = true, late = true, times = 1 },
    }]])
    local emulator <close> = helper.emulator_process { "--faults", folder .. "/faults.lua", "--activation-delay", "0" }
    local result = emulator:run { "grant", "my-container-service", "my-private-repo", "shared-repo", "--enable" }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    local status = json.decode(emulator:run({ "status", "--output", "json" }).out)[1]
    assert.equal(2, #status.repositories)
  end)

  it("counts the calls of each operation in each Region, and the throttled ones", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/faults.json", '[{"service":"ecr","rate":0.01}]')
    local emulator <close> = helper.emulator_process { "--faults", folder .. "/faults.json" }
    emulator:run({ "audit", "--region", "eu-west-1" }, { AWS_MAX_ATTEMPTS = "1" })
    emulator:run({ "audit", "--region", "eu-west-1" }, { AWS_MAX_ATTEMPTS = "1" })
    local counts = assert(http.request { url = emulator.url .. "/_emulator/operations" }).body
    assert.match("eu%-west%-1 DescribeRepositories 2 1\n", counts)
    assert.match("eu%-west%-1 GetContainerServices 2 0\n", counts)
  end)

  it("denies a call, and the command reports the missing IAM statement", function()
    local folder <close> = helper.folder()
    local message = "User: arn:aws:iam::111122223333:user/operator is not authorized to perform: "
      .. "ecr:SetRepositoryPolicy on resource: arn:aws:ecr:us-east-1:111122223333:repository/shared-repo because no "
      .. "identity-based policy allows the ecr:SetRepositoryPolicy action"
    helper.write(folder .. "/faults.json", json.encode { {
      operation = "SetRepositoryPolicy", error = { code = "AccessDeniedException", message = message },
    } })
    local emulator <close> = helper.emulator_process { "--faults", folder .. "/faults.json", "--activation-delay", "0" }
    local result = emulator:run { "grant", "my-container-service", "shared-repo", "--enable" }
    assert.equal(1, result.status)
    assert.match("ecr:SetRepositoryPolicy: AccessDeniedException: ", result.err)
    assert.match("request id %x+%-", result.err)
    assert.truthy(result.err:find('{"Action":"ecr:SetRepositoryPolicy","Effect":"Allow",'
      .. '"Resource":"arn:aws:ecr:us-east-1:111122223333:repository/shared-repo"}', 1, true), result.err)
  end)

  it("reports what is wrong with a seed, a fault plan, a state file or a port", function()
    local folder <close> = helper.folder()
    local function fails(status, text, words, pattern)
      local path = folder .. "/file" .. (words[2] or ".json")
      helper.write(path, text)
      local result = helper.run { helper.lanyard, "emulate", words[1], words[3] or path }
      assert.equal(status, result.status)
      assert.match("^lanyard: [^\n]+\n$", result.err)
      assert.match(pattern, result.err)
      assert.equal("", result.out)
    end
    fails(1, "{", { "--seed" }, "file%.json: line 1")
    fails(1, '{"region":{}}', { "--seed" }, "'region'")
    fails(1, '{"regions":{"us-west-1":{"services":[]}}}', { "--seed" }, "services in us%-west%-1, where AWS does not offer")
    fails(1, '{"regions":{"us-est-1":{"repositories":[]}}}', { "--seed" }, "repositories in us%-est%-1, where AWS does not")
    fails(1, "return {", { "--seed", ".lua" }, "file%.lua:1")
    fails(1, "return os.exit(0)", { "--seed", ".lua" }, "'os'")
    fails(1, "return { ('x'):rep(1 << 30) }", { "--seed", ".lua" }, "file%.lua: used more than %d+ bytes of memory")
    fails(1, '[{"reset":1}]', { "--faults" }, "fault 1")
    fails(1, "[]", { "--state" }, "is not a state file")
    fails(1, "", { "--seed", ".json", "/nonexistent/seed.json" }, "/nonexistent/seed%.json")
    fails(2, "", { "--port", ".json", "70000" }, "'70000'")
  end)

  it("names a port that is in use", function()
    local emulator <close> = helper.emulator_process()
    local port = emulator.url:match "%d+$"
    local result = helper.run { helper.lanyard, "emulate", "--port", port }
    assert.equal(1, result.status)
    assert.match("port " .. port, result.err)
  end)
end)

describe("a secret", function()
  it("is in no byte that the program writes, including the wire log", function()
    local emulator <close> = helper.emulator_process()
    local all = {}
    local environment = { AWS_SESSION_TOKEN = "" }
    for _, words in ipairs {
      { "grant", "my-container-service", "shared-repo", "--enable", "--debug" },
      { "audit", "--debug" }, { "doctor", "--debug" }, { "undo", "shared-repo", "--debug" },
      { "-e", "local e = require('lanyard.aws').client('ecr', {debug=print}) assert(e:GetAuthorizationToken())" },
    } do
      local result = emulator:run(words, environment)
      assert.equal(0, result.status, result.err)
      all[#all + 1] = result.out .. result.err
    end
    local journal = helper.run { "sh", "-c", "find " .. emulator.folder.path .. "/state -type f -exec cat {} +" }
    all[#all + 1] = journal.out
    local text = table.concat(all)
    assert.match("> POST http://127", text)
    assert.match("Signature=%*%*%*", text)
    assert.is_nil(text:find(helper.SECRET_KEY, 1, true))
    assert.not_match('"authorizationToken":"[^*]', text)
  end)

  describe("help", function()
    local help = helper.run({ helper.lanyard, "help", "emulate" }).out

    -- The examples in a part of the help: indented blocks that begin with "return {", "{" or "[".
    local function examples(first, last)
      local part, found = help:match("\n" .. first .. "\n(.-)\n" .. last), {}
      for block in (part .. "\n\n"):gmatch "  ([%[{r].-)\n\n" do
        local kind = block:find "^return {" and "lua" or block:find "^[%[{]" and "json"
        found[#found + 1] = kind and { text = block, kind = kind } or nil
      end
      return found
    end

    it("shows seeds that the emulator accepts", function()
      local folder <close> = helper.folder()
      local seeds = examples("Seeds", "Fault plans")
      assert.equal(2, #seeds)
      for _, seed in ipairs(seeds) do
        local path = folder .. "/seed." .. seed.kind
        helper.write(path, seed.text)
        local region = seed.kind == "lua" and "us-east-1" or "eu-west-1"
        local result = helper.run { helper.lanyard, "--emulator=" .. path, "audit", "--region", region }
        assert.same({ 0, "" }, { result.status, result.err })
        assert.match("web", result.out)
      end
    end)

    it("shows fault plans that the emulator accepts", function()
      local folder <close> = helper.folder()
      local plans = examples("Fault plans", "Options")
      assert.equal(2, #plans)
      for _, plan in ipairs(plans) do
        helper.write(folder .. "/faults." .. plan.kind, plan.text)
        local emulator <close> = helper.emulator_process { "--activation-delay", "0", "--faults", folder .. "/faults." .. plan.kind }
        local result = emulator:run { "grant", "my-container-service", "my-private-repo", "--enable" }
        assert.same({ 0, "" }, { result.status, result.err })
      end
    end)

    it("names every member of seeds and fault plans, and no other", function()
      local known = {}
      for _, name in ipairs { "seed", "ecr/seed", "lightsail/seed", "values_seed", "program", "organizations_seed", "fault_plan" } do
        local source = helper.read("lua/lanyard/emulator/" .. name .. ".lua")
        for literal in source:gmatch "\n[^\n]*[ _]?[Mm][Ee][Mm][Bb][Ee][Rr][Ss] = (%b{})" do
          for member in literal:gmatch "([%w_]+) =" do known[member] = true end
        end
        for member in (source:match "local TYPES = (%b{})" or ""):gmatch "([%w_]+) =" do known[member] = true end
      end
      local count = 0
      for member in pairs(known) do
        count = count + 1
        assert.truthy(help:find("%f[%w_]" .. member .. "%f[^%w_]"), member .. " is not in the help")
      end
      assert.is_true(count > 70, "the spec finds too few members: " .. count)
      for line in help:match("\nSeeds\n(.-)\nOptions"):gmatch "\n  ([%l][%w_, ]-)   [^\n]+" do
        for member in line:gmatch "[%w_]+" do
          assert.truthy(known[member], "the help names " .. member .. ", which seeds do not have")
        end
      end
    end)

    it("shows a way to start it in a script, which works", function()
      local folder <close> = helper.folder()
      local lines = help:match "\n(  read %-r.-)\n\n"
      helper.write(folder .. "/script", lines .. [[

python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode(), end="")' \
  $AWS_ENDPOINT_URL/_emulator/calls
kill -0 $! && echo alive
]])
      local path = helper.build:find "^/" and helper.build or io.popen("pwd"):read "l" .. "/" .. helper.build
      local result = helper.run({ "bash", folder .. "/script" }, { PATH = path .. ":" .. os.getenv "PATH" })
      assert.same({ 0, "0\nalive\n", "" }, { result.status, result.out, result.err })
    end)

    it("states the first line of its output", function()
      assert.match("`listening on URL` as its first line", help)
    end)
  end)

  it("reports what is wrong with the types of a seed", function()
    local folder <close> = helper.folder()
    for seed, message in pairs {
      ['{"regions":5}'] = "the seed has a number as regions; expected a table",
      ['{"roles":[5]}'] = "the seed has a table as roles; expected a table of strings",
      ['{"regions":{"us-east-1":{"services":{"a":1}}}}'] = "the seed has a table as services in Region us-east-1; "
        .. "expected a list",
      ['{"regions":{"us-east-1":{"services":[{"name":5}]}}}'] = "the seed has a number as name in its services; "
        .. "expected a string",
      ['{"regions":{"us-east-1":{"services":[{"name":"web","power":"huge"}]}}}'] = "the seed has an invalid service "
        .. "'web': 1 validation error detected: Value 'huge' at 'power' failed to satisfy constraint: Member must "
        .. "satisfy enum value set: [nano, micro, small, medium, large, xlarge]",
      ['{"regions":{"us-east-1":{"services":[{"name":"web","containers":{"a":5}}]}}}'] =
        "the seed has the wrong type for containers.a.member in the service 'web'",
      ['{"regions":{"us-east-1":{"repositories":[{"name":"web"},{"name":"api"},{"name":"web"}]}}}'] =
        "the seed has the repository 'web' twice in Region us-east-1",
      ['{"regions":{"us-east-1":{"services":[{"name":"web"},{"name":"web"}]}}}'] =
        "the seed has the service 'web' twice in Region us-east-1",
      ['{"regions":{"us-east-1":{"repositories":[{"name":"web","images":["1",{"tag":"1"}]}]}}}'] =
        "the seed has the image '1' twice in 'web'",
      ['{"organization":{"accounts":[{"id":"444455556666"},{"id":"444455556666"}]}}'] =
        "the seed has the account '444455556666' twice",
      ['{"organization":{"units":[{"id":"ou-a1b2-11111111"},{"id":"ou-a1b2-11111111"}]}}'] =
        "the seed has the organizational unit 'ou-a1b2-11111111' twice",
      ['{"organization":{"units":[5]}}'] = "the seed has an unknown member '5' in an organizational unit; expected a table",
    } do
      helper.write(folder .. "/seed.json", seed)
      local result = helper.run { helper.lanyard, "--emulator=" .. folder .. "/seed.json", "audit" }
      assert.same({ 2, "", "lanyard: " .. message .. "\n" }, { result.status, result.out, result.err })
    end
  end)
end)
