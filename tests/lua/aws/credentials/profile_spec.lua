local errors = require "lanyard.errors"
local profile = require "lanyard.aws.credentials.profile"

local ROLE = "arn:aws:iam::111122223333:role/"

local function plan(profiles, name, sessions)
  return profile.plan { name = name or "A", profiles = profiles, sso_sessions = sessions or {} }
end

-- A step without the name of its profile, which the cases leave out. An sso step has the values of its sso-session
-- section too.
local function published(step, sessions)
  local copy = {}
  for name, value in pairs(step) do copy[name] = value end
  copy.profile = nil
  if step.kind == "sso" then
    copy.values = {}
    for _, values in ipairs { sessions[step.values.sso_session] or {}, step.values } do
      for key, value in pairs(values) do copy.values[key] = value end
    end
  end
  return copy
end

-- The error messages of the AWS SDK for Rust, each with a pattern of the equivalent message.
local MEANINGS = {
  ["profile must contain `source_profile`"] = "'A' has role_arn but neither source_profile nor credential_source",
  ["profile contained both source_profile and credential_source"] = "'A' has both source_profile and credential_source",
  ["profile missing aws_secret_access_key"] = "'B' has aws_access_key_id but not aws_secret_access_key",
  ["profile missing aws_access_key_id"] = "'B' has aws_secret_access_key but not aws_access_key_id",
  ["profile `B` did not contain credential information"] = "'B', the source_profile of 'A', has no credentials",
  ["profile `A` did not contain credential information"] = "^profile 'A' has no credentials$",
  ["could not find source profile B referenced from A"] = "'A' has source_profile = B, which does not exist",
  ["No profiles were defined"] = "^profile 'A' does not exist$",
  ["profile formed an infinite loop"] = "form a loop: A %-> B %-> A$",
  ["`role_arn` was missing"] = "'A' has web_identity_token_file but not role_arn",
  ["if `sso_role_name` is set, then `sso_account_id` must also be set"] = "'A' signs in .* has no sso_account_id",
  ["if `sso_account_id` is set, then `sso_role_name` must also be set"] = "'A' signs in .* has no sso_role_name",
  -- The section has no sso_region, and the one of the profile does not count.
  ["`sso_region` can only be specified in the [sso-session] config when a session name is given"] =
    "%[sso%-session A%], used by profile 'A', has no sso_region",
  ["sso-session named `oops` (referenced by profile `A`) was not found"] = "section %[sso%-session oops%] does not exist",
}

describe("AWS's cases of roles in profiles", function()
  for number, case in ipairs(dofile "tests/vectors/assume_role.lua") do
    it(("%d: %s"):format(number, case.name), function()
      local sessions = case.sso_sessions or {}
      local steps, message = plan(case.profiles, "A", sessions)
      if case.error then
        assert.is_nil(steps)
        assert.matches(MEANINGS[case.error], tostring(message))
      else
        assert.is_nil(message)
        local found = {}
        for i, step in ipairs(steps) do found[i] = published(step, sessions) end
        assert.same(case.steps, found)
      end
    end)
  end
end)

describe("the plan of a profile", function()
  it("continues with the next provider if the profile has no credentials, and stops if it is invalid", function()
    local _, message = plan { A = { region = "us-east-1" } }
    assert.equal("profile 'A' has no credentials", message)
    local _, err = plan { A = { aws_access_key_id = "AKID" } }
    assert.is_true(errors.is(err))
    assert.equal("PartialCredentials", err.code)
    _, err = plan { A = { role_arn = ROLE .. "a" } }
    assert.equal("InvalidConfig", err.code)
  end)

  it("has all parameters of an assumed role", function()
    local steps = assert(plan {
      A = { role_arn = ROLE .. "a", source_profile = "B", role_session_name = "me", external_id = "x",
        mfa_serial = "arn:aws:iam::111122223333:mfa/me", duration_seconds = "900" },
      B = { aws_access_key_id = "AKID", aws_secret_access_key = "s", aws_session_token = "t" },
    })
    assert.same({
      { kind = "keys", profile = "B", access_key_id = "AKID", secret_access_key = "s", session_token = "t" },
      { kind = "assume", profile = "A", role_arn = ROLE .. "a", session_name = "me", external_id = "x",
        mfa_serial = "arn:aws:iam::111122223333:mfa/me", duration = 900 },
    }, steps)
  end)

  it("rejects an invalid duration", function()
    for _, text in ipairs { "1h", "0", "-5", "1.5", "" } do
      local _, err = plan {
        A = { role_arn = ROLE .. "a", credential_source = "Environment", duration_seconds = text },
      }
      assert.equal(("duration_seconds of profile 'A' is '%s': a whole number of seconds is expected"):format(text),
        err.message)
    end
  end)

  it("accepts a named source in any case, and rejects unknown ones", function()
    local steps = assert(plan { A = { role_arn = ROLE .. "a", credential_source = "ecscontainer" } })
    assert.equal("EcsContainer", steps[1].source)
    local _, err = plan { A = { role_arn = ROLE .. "a", credential_source = "Ec2" } }
    assert.matches("credential_source = Ec2: Environment, Ec2InstanceMetadata or EcsContainer is expected", err.message)
  end)

  it("has a step for every other kind of profile, in the order of the AWS CLI", function()
    local values = {
      web_identity_token_file = "/token", role_arn = ROLE .. "a", role_session_name = "me",
      sso_start_url = "u", sso_region = "r", sso_account_id = "1", sso_role_name = "n",
      aws_access_key_id = "AKID", aws_secret_access_key = "s", login_session = "arn", credential_process = "p",
    }
    local kinds = {}
    for _, taken in ipairs { { "web_identity_token_file", "role_arn" },
      { "sso_start_url", "sso_region", "sso_account_id", "sso_role_name" },
      { "aws_access_key_id", "aws_secret_access_key" }, { "login_session" }, { "credential_process" } } do
      kinds[#kinds + 1] = assert(plan { A = values })[1].kind
      for _, key in ipairs(taken) do values[key] = nil end
    end
    assert.same({ "web_identity", "sso", "keys", "login", "process" }, kinds)
  end)

  it("can assume a role from a sign-in, a login or a command", function()
    for kind, values in pairs {
      sso = { sso_session = "s", sso_account_id = "1", sso_role_name = "n" },
      login = { login_session = "arn" },
      process = { credential_process = "p" },
    } do
      local steps = assert(plan({ A = { role_arn = ROLE .. "a", source_profile = "B" }, B = values }, "A",
        { s = { sso_region = "r", sso_start_url = "u" } }))
      assert.equal(kind, steps[1].kind)
      assert.equal("B", steps[1].profile)
      assert.equal("assume", steps[2].kind)
    end
  end)

  it("skips a sign-in without a role if there is another source", function()
    local keys = { sso_session = "s", aws_access_key_id = "AKID", aws_secret_access_key = "s" }
    assert.equal("keys", assert(plan { A = keys })[1].kind)
    local steps = assert(plan({ A = { sso_session = "s" } }, "A", { s = { sso_region = "r", sso_start_url = "u" } }))
    assert.equal("sso", steps[1].kind) -- which then reports what is missing
  end)

  it("rejects a profile that contradicts its sso-session", function()
    local sessions = { s = { sso_region = "r", sso_start_url = "u" } }
    local values = { sso_session = "s", sso_account_id = "1", sso_role_name = "n", sso_region = "r" }
    assert.equal("sso", assert(plan({ A = values }, "A", sessions))[1].kind)
    values.sso_region = "other"
    local _, err = plan({ A = values }, "A", sessions)
    assert.matches("another sso_region than its section %[sso%-session s%]", err.message)
  end)

  it("names the whole loop, also one that does not include the first profile", function()
    local _, err = plan {
      A = { role_arn = ROLE .. "a", source_profile = "B" },
      B = { role_arn = ROLE .. "b", source_profile = "C" },
      C = { role_arn = ROLE .. "c", source_profile = "B" },
    }
    assert.matches("form a loop: A %-> B %-> C %-> B$", err.message)
    _, err = plan { A = { role_arn = ROLE .. "a", source_profile = "A" } }
    assert.matches("form a loop: A %-> A$", err.message)
  end)
end)
