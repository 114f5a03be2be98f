-- The grammar of the config files against the profile parser cases of AWS (tests/vectors/config.lua).

local ini = require "lanyard.ini"

-- Merges both files: the properties of the credentials file take precedence.
local function merged(case)
  local all = { profiles = {}, sso_sessions = {} }
  for _, pair in ipairs { { case.config, "config" }, { case.credentials, "credentials" } } do
    if pair[1] then
      local file, err = ini.parse(pair[1], pair[2], { plain = true })
      if not file then
        return nil, err
      end
      for kind in pairs(all) do
        for name, properties in pairs(file[kind]) do
          all[kind][name] = all[kind][name] or {}
          for key, value in pairs(properties) do
            all[kind][name][key] = value
          end
        end
      end
    end
  end
  return all
end

-- What the AWS CLI reads where AWS's parser cases expect an error.
local READ_BY_THE_CLI = {
  ["Property definitions must contain an equals sign."] = { foo = { key = "value" } },
}

describe("AWS's profile parser cases", function()
  for number, case in ipairs(dofile "tests/vectors/config.lua") do
    it(("%d: %s"):format(number, case.name), function()
      assert.is_truthy(case.config or case.credentials)
      local found, err = merged(case)
      if READ_BY_THE_CLI[case.name] then
        assert.same(READ_BY_THE_CLI[case.name], assert(found).profiles)
      elseif case.error then
        assert.is_nil(found)
        assert.equal("InvalidConfig", err.code)
        assert.truthy(err.message:find(case.error, 1, true), err.message)
      else
        assert.is_nil(err)
        assert.same(case.profiles, found.profiles)
        assert.same(case.sso_sessions or {}, found.sso_sessions)
      end
    end)
  end
end)

describe("ini", function()
  it("seals secrets", function()
    local file = ini.parse("[default]\naws_access_key_id = A\naws_secret_access_key = hidden\n", "credentials")
    assert.equal("A", file.profiles.default.aws_access_key_id)
    assert.equal("secret: ***", tostring(file.profiles.default.aws_secret_access_key))
  end)

  it("reads the endpoints of a services section", function()
    local file = ini.parse("[services local]\necr =\n  endpoint_url = http://127.0.0.1:1\n", "config")
    assert.same({ ecr = { endpoint_url = "http://127.0.0.1:1" } }, file.services["local"])
  end)

  it("reports the line of an error", function()
    local _, err = ini.parse("[default]\nregion = r\n\nnonsense\n", "config")
    assert.equal(4, err.line)
    assert.matches("^line 4: ", err.message)
  end)

  it("ignores an indented comment below a secret", function()
    local file = ini.parse("[default]\nkey = value\n  # a comment\n", "config", { plain = true })
    assert.equal("value", file.profiles.default.key)
  end)

  it("reports a file that does not exist", function()
    local _, err = ini.load("/nonexistent/config", "config")
    assert.equal("NotFound", err.code)
    assert.matches("/nonexistent/config", err.message)
  end)

  it("reads sub-properties without the spaces around their names and values", function()
    local file = ini.parse("[default]\ns3 =\n  a =  1\n  b\t=\t2\n  c=3\n  d =\n", "config")
    assert.same({ a = "1", b = "2", c = "3", d = "" }, file.profiles.default.s3)
  end)

  it("seals each secret value, and drops an empty one", function()
    local text = "[default]\naws_secret_access_key = s\naws_session_token = t\naws_security_token = u\n"
    local profile = ini.parse(text .. "[other]\naws_security_token =\n", "credentials").profiles.default
    for _, name in ipairs { "aws_secret_access_key", "aws_session_token", "aws_security_token" } do
      assert.equal("secret: ***", tostring(profile[name]))
    end
    assert.same({}, ini.parse("[other]\naws_security_token =\n", "credentials").profiles.other)
  end)
end)

describe("a file", function()
  local helper = require "helper"

  it("of several blocks is read whole", function()
    local folder <close> = helper.folder()
    local lines = { "[default]" }
    for i = 1, 2000 do
      lines[#lines + 1] = ("key%d = value %d"):format(i, i)
    end
    helper.write(folder .. "/config", table.concat(lines, "\n"))
    local file = assert(ini.load(folder .. "/config", "config"))
    assert.equal("value 1", file.profiles.default.key1)
    assert.equal("value 2000", file.profiles.default.key2000)
  end)

  it("of more than 16 MiB is not read", function()
    local folder <close> = helper.folder()
    do
      local file <close> = assert(io.open(folder .. "/config", "wb"))
      assert(file:seek("set", 16 * 1024 * 1024))
      assert(file:write "\n")
    end
    local content, err = ini.load(folder .. "/config", "config")
    assert.is_nil(content)
    assert.equal("SystemError", err.code)
    assert.matches("File too large", err.message)
  end)

  it("that is a folder, or is below a file, is reported", function()
    local folder <close> = helper.folder()
    local _, err = ini.load(tostring(folder), "config")
    assert.equal("SystemError", err.code)
    assert.matches("Is a directory", err.message)
    _, err = ini.load("/dev/null/config", "config")
    assert.equal("NotFound", err.code)
  end)

  it("that is in a loop of links is reported as an error of the system", function()
    local folder <close> = helper.folder()
    assert(os.execute(("ln -s loop %s/loop"):format(folder)))
    local _, err = ini.load(folder .. "/loop", "config")
    assert.equal("SystemError", err.code)
    assert.matches("symbolic links", err.message)
  end)
end)
