local double = require "double"
local helper = require "helper"
local process = require "lanyard.aws.credentials.process"

local NOW = 1700000000 -- 2023-11-14T22:13:20Z

local function load(command, account_id)
  return process.load({ time = function() return NOW end },
    { command = command, profile = "ops", account_id = account_id })
end

-- Runs a command that prints this text and exits with this status.
local function print_and_end(text, status, signal)
  local folder <close> = helper.folder()
  helper.write(folder .. "/out", text)
  local code = ('cat "$1"; %s'):format(signal and "kill -" .. signal .. " $$" or "exit " .. (status or 0))
  helper.write(folder .. "/sign in", code)
  return load(("sh '%s/sign in' %s/out"):format(folder, folder))
end

local GOOD = '{"Version":1,"AccessKeyId":"AKIDPROCESS","SecretAccessKey":"HIDDEN","SessionToken":"TOKEN",'
  .. '"Expiration":"2023-11-14T23:13:20Z","AccountId":"111122223333"}'

describe("credential_process", function()
  it("returns the credentials that the command prints", function()
    local keys = assert(print_and_end(GOOD))
    assert.equal("AKIDPROCESS", keys.access_key_id)
    assert.equal(NOW + 3600, keys.expires)
    assert.equal("111122223333", keys.account_id)
    assert.equal("profile 'ops'", keys.source)
    assert.is_true(double.holds(keys, "HIDDEN", "TOKEN"))
  end)

  it("accepts credentials without expiration or token, and uses the account of the profile", function()
    for _, more in ipairs { "", ',"Expiration":null,"SessionToken":null' } do
      local keys = assert(load(([[printf '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"HIDDEN"%s}']]):format(more),
        "444455556666"))
      assert.is_nil(keys.expires)
      assert.is_false(keys.has_token)
      assert.equal("444455556666", keys.account_id)
    end
  end)

  it("reports invalid output in one line, without the output", function()
    local function without(member) return (GOOD:gsub('"' .. member .. '":[^,}]*,?', "")) end
    for text, message in pairs {
      [""] = "sh did not print JSON",
      ["HIDDEN"] = "sh did not print JSON",
      ['["HIDDEN"]'] = "sh printed no Version",
      ['"HIDDEN"'] = "sh did not print JSON",
      [GOOD .. "HIDDEN"] = "sh did not print JSON",
      [without "Version"] = "sh printed no Version",
      [GOOD:gsub(":1,", ":2,")] = "sh printed Version 2, but only 1 is supported",
      [GOOD:gsub(":1,", ':"1",')] = "sh printed no Version",
      [without "AccessKeyId"] = "sh printed no AccessKeyId",
      [GOOD:gsub('"AKIDPROCESS"', "5")] = "sh printed no AccessKeyId",
      [without "SecretAccessKey"] = "sh printed no SecretAccessKey",
      [GOOD:gsub('"HIDDEN"', '""')] = "sh printed no SecretAccessKey",
      [GOOD:gsub("2023%-11%-14T23:13:20Z", "tomorrow")] = "sh printed an Expiration that is not a time in ISO 8601",
      [GOOD:gsub('"2023%-11%-14T23:13:20Z"', "1700003600")] = "sh printed an Expiration that is not a time in ISO 8601",
      [GOOD:gsub("T23", "T22")] = "sh printed credentials that expired at 2023-11-14T22:13:20Z",
    } do
      local keys, err = print_and_end(text)
      assert.is_nil(keys, text)
      assert.equal("CredentialProcessFailed", err.code)
      assert.equal("credential_process of profile 'ops': " .. message, err.message)
      assert.is_nil(err.message:find "[\n\r]")
    end
  end)

  it("reports the exit status of the command, even if it printed credentials", function()
    local _, err = print_and_end(GOOD, 1)
    assert.equal("credential_process of profile 'ops': sh exited with status 1", err.message)
    _, err = print_and_end(GOOD, nil, "TERM")
    assert.equal("credential_process of profile 'ops': sh was terminated by signal 15", err.message)
  end)

  it("reports a command that does not exist, is empty, or prints endlessly", function()
    local _, err = load "/nonexistent/sign-in --json"
    assert.equal("CannotRun", err.code)
    assert.equal("credential_process of profile 'ops': cannot run /nonexistent/sign-in: No such file or directory",
      err.message)
    for command, message in pairs { [""] = "it is empty", [" "] = "it is empty", ["'a"] = "a quote is not closed",
      ["a\\"] = "it ends with a backslash" } do
      _, err = load(command)
      assert.equal("InvalidConfig", err.code)
      assert.equal("credential_process of profile 'ops': " .. message, err.message)
    end
    _, err = load "yes"
    assert.equal("TooLarge", err.code)
  end)
end)
