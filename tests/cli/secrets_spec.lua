-- Tests that nothing the program writes contains a secret that it received: runs real commands with --debug against the
-- emulator, and searches everything that they wrote.

local deployable = require "deployable"
local helper = require "helper"
local json = require "lanyard.json"

local SESSION_TOKEN = "IQoJb3JpZ2luX2VjEExampleSession/Token+With=Signs=="
local PASSWORD = "pass/word+of=the@proxy"
local FILE_SECRET = "FileSecret/wJalrXUtnFEMI+K7MDENG=bPxRfiCY"
local PROCESS_SECRET = "ProcessSecret/je7MtGbClwBF+2Zp9Utk=h3yCo8nv"

local function percent(text, format)
  return (text:gsub("[^%w._~-]", function(c) return format:format(c:byte()) end))
end

local BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- Encodes whole groups of three bytes and drops the rest.
local function base64(text)
  return (text:gsub("..?.?", function(group)
    if #group < 3 then
      return ""
    end
    local a, b, c = group:byte(1, 3)
    local bits = a << 16 | b << 8 | c
    return (("x"):rep(4):gsub("x", function()
      bits = bits << 6
      local digit = bits >> 24 & 63
      return BASE64:sub(digit + 1, digit + 1)
    end))
  end))
end

-- Returns every form of a secret that reveals it: plain, its halves, and encoded.
local function forms_of(secret)
  local half = #secret // 2
  local forms = {
    plain = secret,
    ["first half"] = secret:sub(1, half),
    ["second half"] = secret:sub(half + 1),
    percent = percent(secret, "%%%02X"),
    ["percent in lower case"] = percent(secret, "%%%02x"),
    json = secret:gsub("/", "\\/"),
    hex = secret:gsub(".", function(c) return ("%02x"):format(c:byte()) end),
  }
  for skipped = 0, 2 do
    forms["base64 at " .. skipped] = base64(secret:sub(1 + skipped))
  end
  return forms
end

-- Searches the files of a folder for secrets. Returns a list of "FILE: NAME (FORM)", and the number of files.
local function search(folder, secrets)
  local found, count, forms = {}, 0, {}
  for name, secret in pairs(secrets) do
    forms[name] = forms_of(secret)
  end
  local pipe <close> = assert(io.popen(("find %s -type f"):format(folder)))
  for path in pipe:lines() do
    local text = helper.read(path)
    count = count + 1
    for name in pairs(secrets) do
      for form, written in pairs(forms[name]) do
        if text:find(written, 1, true) then
          found[#found + 1] = ("%s: %s (%s)"):format(path, name, form)
        end
      end
    end
  end
  return found, count
end

-- Returns a folder where commands run with core files allowed and write their output to N.out and N.err.
-- run(words, environment) returns the exit status and N.
local function workplace()
  local folder, number = helper.folder(), 0
  local pipe <close> = assert(io.popen("realpath " .. helper.lanyard))
  local lanyard = pipe:read "l"
  return setmetatable({
    folder = folder,
    run = function(words, environment)
      number = number + 1
      local script = ('cd %s; ulimit -c unlimited; "$@" >%d.out 2>%d.err'):format(folder, number, number)
      local line = { "sh", "-c", script, "sh" }
      table.move(words, 1, #words, #line + 1, line)
      line[5] = line[5] == "lanyard" and lanyard or line[5]
      return helper.run(line, environment).status, number
    end,
    text = function(name)
      return helper.read(("%s/%s"):format(folder, name))
    end,
  }, { __close = function() getmetatable(folder).__close() end })
end

-- Returns the environment of a command: the emulator's, with its state in the searched folder, and `more`.
local function environment_of(emulator, work, more)
  local all = { HOME = emulator.folder.path, XDG_STATE_HOME = work.folder .. "/state", LANYARD_DEBUG = "1" }
  for name, value in pairs(emulator.environment) do
    all[name] = all[name] or value
  end
  for name, value in pairs(more) do
    all[name] = value ~= "" and value or nil
  end
  return all
end

local COMMANDS = {
  { "grant", "my-container-service", "my-private-repo", "--enable" },
  { "grant", "nobody", "my-private-repo" },
  { "audit" }, { "status" }, { "doctor" }, { "permissions" }, { "undo", "--list" }, { "undo", "my-private-repo" },
  { "status", "--profile", "nobody" },
  { "-e", "local e = require('lanyard.aws').client('ecr', {debug=print}) print(e:GetAuthorizationToken() ~= nil)" },
  { "-e", "local e = require('lanyard.aws').client('ecr') print(e) print(e.session:credentials(), e.session.none.at.all)" },
}

local function run_all(work, environment)
  local statuses = {}
  for i, words in ipairs(COMMANDS) do
    local line = { "lanyard", table.unpack(words) }
    if words[1] ~= "-e" then
      line[#line + 1] = "--debug"
    end
    statuses[i] = work.run(line, environment)
  end
  return statuses
end

-- Kills lanyard directly after it used its keys.
local CRASH = "assert(require('lanyard.aws').client('ecr'):DescribeRepositories()) "
  .. "os.execute('kill -%s $PPID') require('lanyard.task').sleep(20)"

-- Reports whether a program killed by a signal leaves a core file in its folder.
local function leaves_cores(work, environment)
  work.run({ "sh", "-c", "kill -SEGV $$" }, environment)
  local pipe <close> = assert(io.popen(("find %s -name '*core*'; rm -f %s/*core*"):format(work.folder, work.folder)))
  return pipe:read "l" ~= nil
end

describe("the search for secrets", function()
  it("finds a planted secret in every form", function()
    local secret = helper.SECRET_KEY
    for form, written in pairs(forms_of(secret)) do
      local folder <close> = helper.folder()
      helper.write(folder .. "/out", "before " .. written .. " after")
      local found = search(folder, { key = secret })
      assert.is_true(#found > 0, form)
    end
  end)

  it("finds the output of real encoders", function()
    for _, prefix in ipairs { "", "u", "us", "user:" } do
      local folder <close> = helper.folder()
      helper.run { "sh", "-c", ("printf %%s '%s' | base64 -w0 >%s/out"):format(prefix .. PASSWORD .. "tail", folder) }
      assert.is_true(#search(folder, { password = PASSWORD }) > 0, prefix)
    end
  end)
end)

describe("the program never writes a secret", function()
  it("from the environment", function()
    local work <close> = workplace()
    local emulator <close> = helper.emulator { "--activation-delay", "0", "--state", work.folder .. "/emulator.json" }
    local statuses = run_all(work, environment_of(emulator, work, {}))
    assert.same({ 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1 }, statuses)
    local found, files = search(work.folder, { key = helper.SECRET_KEY })
    assert.same({}, found)
    assert.is_true(files > 2 * #COMMANDS) -- includes the journal
    assert.matches("> POST http://127", work.text "1.err")
    assert.matches("Signature=%*%*%*", work.text "1.err")
    assert.matches("stack traceback", work.text "11.err")
  end)

  it("that is a session token", function()
    local emulator <close> = helper.emulator()
    local work <close> = workplace()
    run_all(work, environment_of(emulator, work, { AWS_SESSION_TOKEN = SESSION_TOKEN }))
    assert.same({}, (search(work.folder, { key = helper.SECRET_KEY, token = SESSION_TOKEN })))
    assert.matches("\n> [Xx]%-[Aa]mz%-[Ss]ecurity%-[Tt]oken: %*%*%*\n", work.text "3.err")
  end)

  it("from the credentials file, even if the file is invalid", function()
    local emulator <close> = helper.emulator()
    local work <close> = workplace()
    os.execute("mkdir " .. emulator.folder .. "/.aws")
    local path = emulator.folder .. "/.aws/credentials"
    local text = ("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n")
      :format(helper.ACCESS_KEY, FILE_SECRET, SESSION_TOKEN)
    local environment = environment_of(emulator, work, { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" })
    for _, broken in ipairs { "", " " .. FILE_SECRET .. "\n[", "\n" .. SESSION_TOKEN .. "\n", "region =\n  a" } do
      helper.write(path, text .. broken)
      run_all(work, environment)
    end
    helper.write(path, text:gsub("aws_access_key_id[^\n]*\n", ""))
    run_all(work, environment)
    assert.same({}, (search(work.folder, { key = FILE_SECRET, token = SESSION_TOKEN })))
  end)

  it("from a credential process", function()
    local emulator <close> = helper.emulator()
    local work <close> = workplace()
    os.execute("mkdir " .. emulator.folder .. "/.aws")
    local reply = ('{"Version": %%s, "AccessKeyId": "%s", "SecretAccessKey": "%s", "SessionToken": "%s"}')
      :format(helper.ACCESS_KEY, PROCESS_SECRET, SESSION_TOKEN)
    for _, script in ipairs {
      "echo '" .. reply:format "1" .. "'", "echo '" .. reply:format "9" .. "'", "echo '" .. reply:sub(1, -6) .. "'",
    } do
      helper.write(emulator.folder .. "/keys", script .. "\n")
      helper.write(emulator.folder .. "/.aws/config",
        ("[default]\ncredential_process = sh %s/keys\n"):format(emulator.folder))
      run_all(work, environment_of(emulator, work, { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" }))
    end
    assert.same({}, (search(work.folder, { key = PROCESS_SECRET, token = SESSION_TOKEN })))
  end)

  it("from the URL of an endpoint, which is rejected, or of a proxy", function()
    local emulator <close> = helper.emulator()
    local work <close> = workplace()
    local written = percent(PASSWORD, "%%%02X")
    local environment = environment_of(emulator, work, {
      AWS_ENDPOINT_URL = "http://user:" .. written .. "@" .. emulator.url:sub(8),
    })
    for i, status in ipairs(run_all(work, environment)) do
      assert.is_true(status ~= 0 or COMMANDS[i][1] == "permissions" or COMMANDS[i][2] == "--list",
        table.concat(COMMANDS[i], " "))
    end
    assert.matches("AWS_ENDPOINT_URL contains a user or a password", work.text "3.err")
    for _, url in ipairs { "http://user:%s@127.0.0.1:1", "http://user:%s@nowhere.invalid", "bad://user:%s@[" } do
      for _, endpoint in ipairs { "http://aws.invalid", "https://aws.invalid" } do
        run_all(work, environment_of(emulator, work, {
          AWS_ENDPOINT_URL = endpoint, ALL_PROXY = url:format(written), AWS_MAX_ATTEMPTS = "1",
        }))
      end
    end
    assert.same({}, (search(work.folder, { key = helper.SECRET_KEY, password = PASSWORD, written = written })))
  end)

  it("from the environment of a container", function()
    local seed <close> = helper.folder()
    helper.write(seed .. "/seed.json", json.encode(deployable.SEED))
    local emulator <close> = helper.emulator { "--activation-delay", "0", "--seed", seed .. "/seed.json" }
    local work <close> = workplace()
    local environment = environment_of(emulator, work, {})
    -- One image is rejected after the secret was read, one fails and logs the secret, one runs.
    for i, image in ipairs { "web:9", "web:broken", "web:1.1" } do
      for _, more in ipairs { "--dry-run", "--debug" } do
        local status = work.run({ "lanyard", "deploy", "web", "app=" .. image, more }, environment)
        assert.equal(i == 1 and 1 or i == 2 and more == "--debug" and 1 or 0, status)
      end
      work.run({ "lanyard", "wait", "deployment", "web", "--debug" }, environment)
      work.run({ "lanyard", "status", "--output", "json", "--debug" }, environment)
    end
    assert.same({}, (search(work.folder, { environment = deployable.SECRET })))
  end)

  it("to a core file when a signal kills it", function()
    local emulator <close> = helper.emulator()
    local work <close> = workplace()
    local environment = environment_of(emulator, work, { AWS_SESSION_TOKEN = "" })
    if helper.run({ "sh", "-c", "nm -D " .. helper.lanyard .. " | grep -q __asan" }).status == 0 then
      pending "AddressSanitizer handles the signals and needs readable memory"
      return
    elseif not leaves_cores(work, environment) then
      pending "this system writes no core files (kernel.core_pattern)"
      return
    end
    for _, signal in ipairs { "SEGV", "ABRT", "BUS" } do
      assert.is_true(work.run({ "lanyard", "-e", CRASH:format(signal) }, environment) > 128)
    end
    assert.same({}, (search(work.folder, { key = helper.SECRET_KEY })))
    -- A program without protected memory leaves the key in its core file, and the search finds it.
    work.run({ "lua5.4", "-e", "key = os.getenv 'AWS_SECRET_ACCESS_KEY' os.execute 'kill -SEGV $PPID'" }, environment)
    assert.is_true(#search(work.folder, { key = helper.SECRET_KEY }) > 0)
  end)
end)
