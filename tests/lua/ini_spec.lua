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

describe("AWS's profile parser cases", function()
  for number, case in ipairs(dofile "tests/vectors/config.lua") do
    it(("%d: %s"):format(number, case.name), function()
      assert.is_truthy(case.config or case.credentials)
      local found, err = merged(case)
      if case.error then
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
end)
