-- Configuration as the AWS CLI reads it, where AWS's published cases (ini_spec, recorded_spec) say nothing else. botocore_spec
-- compares generated configurations with an installed botocore.

local aws = require "lanyard.aws"
local config = require "lanyard.aws.config"
local double = require "double"
local helper = require "helper"
local ini = require "lanyard.ini"
local system = require "lanyard.system"

-- Returns the profiles of a file.
local function profiles(text, kind)
  return assert(ini.parse(text, kind or "config", { plain = true })).profiles
end

describe("a config file", function()
  it("may have indented sections and properties, as the AWS CLI reads them", function()
    for text, expected in pairs {
      ["[default]\n region = us-east-1\n"] = { default = { region = "us-east-1" } },
      ["  [default]\nregion = us-east-1\n"] = { default = { region = "us-east-1" } },
      ["[default]\n  region = r\n\t output = o\n\tx = y\n"] = { default = { region = "r", output = "o", x = "y" } },
      ["[default]\n  region = r\n  [profile a]\n  x = 1\n"] = { default = { region = "r" }, a = { x = "1" } },
      ["[default]\n   region = r\n   output = o\n[profile a]\nx = 1\n"] = { default = { region = "r", output = "o" }, a = { x = "1" } },
      ["  # a comment\n  ; another\n[default]\n  # a comment\n region = r\n"] = { default = { region = "r" } },
      ["[default]\n s3 =\n   a = b\n   c = d\n region = r\n"] = { default = { s3 = "\na = b\nc = d", region = "r" } },
      ["[default]\n a = 1\n  2\n  3\n b = 4\n"] = { default = { a = "1\n2\n3", b = "4" } },
      ["[preview]\n a = 1\n[default]\n b = 2\n"] = { default = { b = "2" } },
    } do
      assert.same(expected, profiles(text), text)
    end
  end)

  it("continues a value with a line that is indented more than its property", function()
    assert.same({ default = { a = "1\nb = 2" } }, profiles "[default]\na = 1\n b = 2\n")
    assert.same({ default = { a = "1\n[profile b]" } }, profiles "[default]\n a = 1\n  [profile b]\n")
  end)

  it("may have a colon in place of an equals sign", function()
    for text, expected in pairs {
      ["[default]\nregion: r\n"] = { region = "r" }, ["[default]\nregion : r = s\n"] = { region = "r = s" },
      ["[default]\nrole_arn = arn:aws:iam::1:role/a\n"] = { role_arn = "arn:aws:iam::1:role/a" },
      ["[default]\n  region:r\n"] = { region = "r" }, ["[default]\nregion:\n"] = { region = "" },
    } do
      assert.same({ default = expected }, profiles(text), text)
      assert.same({ default = expected }, profiles(text, "credentials"), text)
    end
  end)

  it("reports lines that neither reads", function()
    for text, message in pairs {
      ["[default]\n region\n"] = "line 2: Expected a property definition, found continuation",
      [" region = r\n[default]\n"] = "line 1: Expected a profile definition",
      ["[default]\n : r\n"] = "line 2: Property did not have a name",
      ["[default]\nregion\n"] = "line 2: Expected an '=' sign",
      ["[default]\ns3 =\n  a : b\n"] = "line 3: Expected an '=' sign defining a sub-property",
    } do
      local found, err = ini.parse(text, "config")
      assert.is_nil(found)
      assert.matches(message, err.message, 1, true)
    end
  end)

  it("begins no comment within the quotes of a command", function()
    for value, expected in pairs {
      ["sh -c 'a ; b' # why"] = "sh -c 'a ; b'", ['sh -c "a # b" ; why'] = 'sh -c "a # b"', ["a # it's"] = "a",
      ["it's # why"] = "it's", ["a 'b' \"c ; d\""] = "a 'b' \"c ; d\"",
    } do
      assert.equal(expected, profiles("[default]\ncredential_process = " .. value .. "\n").default.credential_process)
    end
    assert.equal("'a", profiles("[default]\nregion = 'a # b'\n").default.region)
  end)
end)

-- Calls f(folder) with these files in a home folder, and these variables.
local function with(files, variables, f)
  local folder <close> = helper.folder()
  assert(system.mkdirs(folder .. "/.aws"))
  for name, text in pairs(files) do
    helper.write(folder .. "/.aws/" .. name, text)
  end
  local all = { HOME = folder.path, AWS_EC2_METADATA_DISABLED = "true" }
  for name, value in pairs(variables) do all[name] = value end
  return double.environment(all, f, folder)
end

describe("a published case of configuration", function()
  local FOLDER = helper.vectors .. "/cases/"
  if not helper.exists(FOLDER .. "EXPECTED.md") then
    pending("is not read: there are none at " .. FOLDER)
    return
  end

  it("with an indented first property is read", function()
    with({ config = helper.read(FOLDER .. "46-indented-first-property.ini") }, {}, function()
      assert.equal("us-east-1", assert(aws.session()).region)
    end)
  end)

  it("with a blank in a key, or a line end in a Region, is rejected before the call", function()
    local id = helper.read(FOLDER .. "49-key-with-blank.env"):match '"(.-)"'
    local region = helper.read(FOLDER .. "50-region-line-end.env"):match "%$'(.-)'":gsub("\\n", "\n")
    with({}, { AWS_REGION = "us-east-1", AWS_ACCESS_KEY_ID = id, AWS_SECRET_ACCESS_KEY = "s" }, function()
      local _, err = aws.session():credentials()
      assert.matches("the access key id of the environment contains a blank", err.message)
    end)
    with({}, { AWS_DEFAULT_REGION = region }, function()
      local _, err = aws.session()
      assert.matches("a line end was copied with it; write us-east-1", err.message, 1, true)
    end)
  end)
end)

describe("a path in the settings", function()
  it("may contain ~ and variables", function()
    for _, path in ipairs { "~/.aws/other", "$HOME/.aws/other", "${HOME}/.aws/other", "$LANYARD_TEST_FOLDER/other" } do
      with({ other = "[default]\nregion = eu-west-3\n", ["bundle.pem"] = "certificates" }, { AWS_CONFIG_FILE = path }, function(folder)
        system.setenv("LANYARD_TEST_FOLDER", folder .. "/.aws")
        assert.equal("eu-west-3", assert(aws.session()).region, path)
        system.setenv("LANYARD_TEST_FOLDER", nil)
      end)
    end
    with({ other = "[default]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = s\n" },
      { AWS_SHARED_CREDENTIALS_FILE = "$HOME/.aws/other", AWS_REGION = "us-east-1" }, function()
        assert.equal("AKIDOTHER", assert(aws.session():credentials()).access_key_id)
      end)
    with({ ["bundle.pem"] = "certificates", config = "[default]\nregion = us-east-1\nca_bundle = ~/.aws/bundle.pem\n" }, {}, function(folder)
      assert.equal(folder .. "/.aws/bundle.pem", assert(aws.session()).options.ca_bundle)
    end)
  end)

  it("is never below the current directory because a variable or HOME is not known", function()
    local folder <close> = helper.folder()
    for _, part in ipairs { "$HOME", "~", "$LANYARD_UNSET", "${LANYARD_UNSET}" } do
      os.execute(("mkdir -p '%s/%s'"):format(folder, part))
      helper.write(("%s/%s/config"):format(folder, part), "[default]\nregion = eu-west-3\n")
      local binary = helper.build:find "^/" and helper.lanyard or io.popen("realpath " .. helper.lanyard):read "l"
      local result = helper.run({ "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", folder.path, binary, "-e",
        "print(require('lanyard.aws').session())" }, { AWS_CONFIG_FILE = part .. "/config", HOME = "." })
      assert.matches("^nil\t", result.out)
      assert.matches(part:find "HOME" and "HOME is not an absolute path" or part == "~" and "HOME is not an absolute path"
        or "LANYARD_UNSET is not set", result.out, 1, true)
    end
  end)
end)

describe("the certificates of a session", function()
  it("are REQUESTS_CA_BUNDLE's if no other setting names some", function()
    with({ ["a.pem"] = "a", ["b.pem"] = "b" }, { AWS_REGION = "us-east-1" }, function(folder)
      local before = os.getenv "REQUESTS_CA_BUNDLE"
      system.setenv("REQUESTS_CA_BUNDLE", folder .. "/.aws/a.pem")
      local session = assert(aws.session())
      assert.equal(folder .. "/.aws/a.pem", session.options.ca_bundle)
      assert.equal("REQUESTS_CA_BUNDLE", session.sources.ca_bundle)
      helper.write(folder .. "/.aws/config", "[default]\nca_bundle = ~/.aws/b.pem\n")
      assert.equal(folder .. "/.aws/b.pem", assert(aws.session()).options.ca_bundle)
      system.setenv("REQUESTS_CA_BUNDLE", before)
    end)
  end)
end)

describe("the credentials of a profile", function()
  local KEYS = "aws_access_key_id = AKIDKEYS\naws_secret_access_key = s\n"
  local COMMAND = [[credential_process = echo '{"Version":1,"AccessKeyId":"AKIDCOMMAND","SecretAccessKey":"s"}']] .. "\n"

  local function key_of(files, variables)
    return with(files, variables or { AWS_REGION = "us-east-1" }, function()
      return assert(aws.session():credentials()).access_key_id
    end)
  end

  it("are the command's before keys in the config file, and after keys in the credentials file", function()
    assert.equal("AKIDCOMMAND", key_of { config = "[default]\n" .. KEYS .. COMMAND })
    assert.equal("AKIDKEYS", key_of { config = "[default]\n" .. COMMAND, credentials = "[default]\n" .. KEYS })
    assert.equal("AKIDKEYS", key_of { credentials = "[default]\n" .. KEYS .. COMMAND })
    assert.equal("AKIDKEYS", key_of { config = "[default]\n" .. KEYS, credentials = "[default]\noutput = json\n" })
  end)

  -- Returns what STS was asked, or the access key.
  local function asked(files, variables)
    local sts <close> = double.new(function(request)
      local body = request.body
      return { status = 200, headers = { ["Content-Type"] = "text/xml" }, body = ([[<R><%sResult><Credentials>
        <AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
        <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></%sResult></R>]]):format(
        body:match "Action=(%w+)", body:match "Action=(%w+)") }
    end)
    return with(files, variables, function(folder)
      helper.write(folder .. "/token", "TOKEN")
      local session = assert(aws.session { region = "us-east-1", endpoint_url = sts.server.url,
        transport = function(request) return sts:send(request) end })
      local keys = assert(session:credentials())
      local last = sts.requests[#sts.requests]
      return last and ("%s %s %s"):format(last.body:match "Action=(%w+)", last.body:match "role%%2F(%w+)",
        last.body:match "RoleSessionName=([%w-]+)") or keys.access_key_id, session:explain()
    end)
  end

  it("are the web identity's of the environment before keys, and after a role with a source", function()
    local WEB = { AWS_WEB_IDENTITY_TOKEN_FILE = "$HOME/token", AWS_ROLE_ARN = "arn:aws:iam::111122223333:role/env",
      AWS_ROLE_SESSION_NAME = "me" }
    local found, steps = asked({ credentials = "[default]\n" .. KEYS }, WEB)
    assert.equal("AssumeRoleWithWebIdentity env me", found)
    assert.equal("profile", steps[3].provider)
    assert.equal("not used: the web identity of the environment comes before the keys of a profile", steps[3].outcome)
    assert.is_true(steps[4].chosen)
    assert.equal("AssumeRole profile me", asked({ config = "[default]\nrole_arn = arn:aws:iam::111122223333:role/profile\n"
      .. "source_profile = keys\nrole_session_name = me\n[profile keys]\n" .. KEYS }, WEB))
    assert.equal("AssumeRoleWithWebIdentity env me", asked({ config = "[default]\n" .. COMMAND .. KEYS }, WEB))
  end)

  it("are requested for the role and the session of the environment in a web identity of the profile", function()
    local own = "[default]\nweb_identity_token_file = ~/token\nrole_arn = arn:aws:iam::111122223333:role/profile\nrole_session_name = own\n"
    assert.equal("AssumeRoleWithWebIdentity profile own", asked({ config = own }, {}))
    assert.equal("AssumeRoleWithWebIdentity env me", asked({ config = own },
      { AWS_ROLE_ARN = "arn:aws:iam::111122223333:role/env", AWS_ROLE_SESSION_NAME = "me" }))
    assert.equal("AssumeRoleWithWebIdentity profile own", asked({ config = own }, { AWS_WEB_IDENTITY_TOKEN_FILE = "~/token" }))
  end)

  it("are a source profile's web identity or sign-in before its keys, and its keys before its role", function()
    local function source(values)
      return { config = "[default]\nrole_arn = arn:aws:iam::111122223333:role/last\nsource_profile = s\nrole_session_name = x\n[profile s]\n"
        .. values .. KEYS }
    end
    with(source "web_identity_token_file = /t\nrole_arn = arn:aws:iam::111122223333:role/web\n", {}, function()
      assert.equal("web_identity", require("lanyard.aws.credentials.profile").plan(assert(config.load()))[1].kind)
    end)
    with(source "role_arn = arn:aws:iam::111122223333:role/r\nsource_profile = x\n", {}, function()
      assert.equal("keys", require("lanyard.aws.credentials.profile").plan(assert(config.load()))[1].kind)
    end)
  end)
end)

describe("a copied blank or line end", function()
  it("in credentials is named before the call", function()
    local ENV = { AWS_REGION = "us-east-1", AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "s", AWS_SESSION_TOKEN = "t" }
    for name, part in pairs { AWS_ACCESS_KEY_ID = "access key id", AWS_SECRET_ACCESS_KEY = "secret access key",
      AWS_SESSION_TOKEN = "session token" } do
      for text, fault in pairs { [" x"] = "a blank", ["x "] = "a blank", ["x y"] = "a blank", ["x\n"] = "a control character",
        ["x\r"] = "a control character", ["x\t"] = "a control character", ["\u{a0}x"] = "a character that is not ASCII" } do
        local variables = {}
        for key, value in pairs(ENV) do variables[key] = value end
        variables[name] = text
        with({}, variables, function()
          local keys, err = aws.session():credentials()
          assert.is_nil(keys)
          assert.equal("InvalidCredentials", err.code)
          assert.matches(("the %s of the environment contains %s"):format(part, fault), err.message, 1, true)
        end)
      end
    end
    with({ credentials = "[default]\naws_access_key_id = AKID X\naws_secret_access_key = s\n" }, { AWS_REGION = "us-east-1" }, function()
      local _, err = aws.session():credentials()
      assert.matches("the access key id of profile 'default' contains a blank", err.message, 1, true)
    end)
  end)

  it("in a Region is named, visibly quoted, wherever the Region is from", function()
    local function message(region, variables, files)
      return with(files or {}, variables or {}, function()
        local session, err = aws.session { region = region }
        assert.is_nil(session)
        assert.equal("InvalidRegion", err.code)
        assert.is_nil(err.message:find "%c")
        return err.message
      end)
    end
    assert.equal("'us-east-1\\x0a' is not a Region: a line end was copied with it; write us-east-1 (AWS_DEFAULT_REGION)",
      message(nil, { AWS_DEFAULT_REGION = "us-east-1\n" }))
    assert.equal("' us-east-1' is not a Region: a blank was copied with it; write us-east-1 (AWS_REGION)",
      message(nil, { AWS_REGION = " us-east-1" }))
    assert.matches("a blank was copied with it; write us%-east%-1 %(AWS_REGION%)$", message(nil, { AWS_REGION = "us-east-1\u{a0}" }))
    assert.matches("^'us%-east%-1\\x0d' is not a Region: a line end was copied with it; write us%-east%-1 %(", message "us-east-1\r")
    assert.equal("'us-east-1 us-west-2' is not a Region: write it like us-east-1 (region of profile 'default')",
      message(nil, {}, { config = "[default]\nregion = us-east-1 us-west-2\n" }))
    assert.matches("'US%-East%-1' is not a Region: write us%-east%-1", message "US-East-1")
    assert.matches("'us%-east%-1a' is not a Region: it is an Availability Zone; write us%-east%-1", message "us-east-1a")
  end)

  it("in the name of a profile is named", function()
    with({ config = "[profile ops]\nregion = us-east-1\n" }, { AWS_PROFILE = "ops\n" }, function()
      local _, err = aws.session()
      assert.matches("profile 'ops\\x0a' not found", err.message, 1, true)
      assert.matches("a blank or a line end was copied with the name", err.tip)
    end)
  end)
end)

describe("a value of several lines", function()
  it("is ignored if nothing reads it, and rejected if it swallows a property", function()
    with({ config = "[default]\nregion = us-east-1\ndescription = of several\n  lines\n" }, {}, function()
      assert.equal("us-east-1", assert(aws.session()).region)
    end)
    with({ config = "[default]\nregion = us-east-1\ndescription = x\n  aws_session_token: SECRET\n" }, {}, function()
      local session, err = aws.session()
      assert.is_nil(session)
      assert.matches("description of profile 'default' spans several lines", err.message)
      assert.is_nil(err.message:find "SECRET")
    end)
  end)
end)
