-- What version 0.1.0 recorded, for the specs in tests/cli/compat. The recordings are in tests/compat; README.md there
-- describes them.
--
-- The specs assert on what must not change (ids, names, Sids, policies, counts, exit statuses), and neither on the
-- texts of messages nor on the member names of JSON output.

local assert = require "luassert"
local helper = require "helper"
local json = require "lanyard.json"

local M = {}

M.RECORDED = "tests/compat/0.1.0/"
local RECORDED_AT = 1795165200 -- 2026-11-20T09:00:00Z
M.SCRIPTS = os.getenv "PWD" .. "/" .. M.RECORDED .. "scripts"
M.JOURNAL = M.RECORDED .. "journal/127.0.0.1_18080"
M.REGIONS = "us-east-1,eu-west-1"
local DAY = 86400

-- ---------------------------------------------------------------------------------------------
-- Helpers

function M.recorded(name)
  return helper.read(M.RECORDED .. name)
end

function M.lines_of(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

-- Adds every text and number in a value to a set, and returns it.
function M.scalars(value, set)
  set = set or {}
  if type(value) ~= "table" then
    set[value] = true
    return set
  end
  for _, member in pairs(value) do
    M.scalars(member, set)
  end
  return set
end

-- Returns how many items of a list have all these values, whatever the names of the members are.
function M.count_with(items, ...)
  local count = 0
  for _, item in ipairs(items) do
    local set, all = M.scalars(item), true
    for _, text in ipairs { ... } do
      all = all and set[text] ~= nil
    end
    count = count + (all and 1 or 0)
  end
  return count
end

-- Returns the samples of a Prometheus text, sorted, without comments and the times of the audit.
function M.samples(text)
  local list = {}
  for _, line in ipairs(M.lines_of(text)) do
    if not line:find "^#" and not line:find "^lanyard_audit_timestamp_seconds" then
      list[#list + 1] = line
    end
  end
  table.sort(list)
  return list
end

-- Returns the value of one sample, or nil.
function M.sample(text, name)
  for _, line in ipairs(M.lines_of(text)) do
    if line:sub(1, #name + 1) == name .. " " then
      return tonumber(line:sub(#name + 2))
    end
  end
  return nil
end

-- Returns the sum of all samples with a prefix.
function M.total(text, beginning)
  local sum = 0
  for _, line in ipairs(M.lines_of(text)) do
    if line:sub(1, #beginning) == beginning then
      sum = sum + tonumber(line:match "(%d+)$")
    end
  end
  return sum
end

-- The fingerprints of a SARIF log, sorted.
function M.fingerprints(text)
  local list = {}
  for _, result in ipairs(json.decode(text).runs[1].results) do
    list[#list + 1] = result.partialFingerprints["lanyard/v1"]
  end
  table.sort(list)
  return list
end

function M.seeded(more)
  return helper.emulator { "--activation-delay", "0", "--no-reformat", "--seed", M.RECORDED .. "seed.lua", table.unpack(more or {}) }
end

function M.in_state(folder, text)
  helper.write(folder .. "/state.json", text)
  return helper.emulator { "--activation-delay", "0", "--no-reformat", "--state", folder .. "/state.json" }
end

-- Returns the state of the account with findings, with its times shifted so that their age is the recorded one, and
-- a second more: some times of the state have fractions past RECORDED_AT, and would lie in the future else.
function M.account_today()
  local shift = os.time() - 1 - RECORDED_AT
  local text, numbers = M.recorded("account.state.json"):gsub(": (%d%d%d%d%d%d%d%d%d%d)(%.?%d*)", function(seconds, rest)
    return (": %d%s"):format(math.tointeger(seconds) + shift, rest)
  end)
  assert.is_true(numbers > 50)
  for _, days in ipairs { 13, 15 } do
    local old = os.date("!%Y-%m-%dT%H:%M:%SZ", RECORDED_AT + days * DAY)
    local count
    text, count = text:gsub(old:gsub("%-", "%%-"), (os.date("!%Y-%m-%dT%H:%M:%SZ", RECORDED_AT + days * DAY + shift)))
    assert.is_true(count > 0, old)
  end
  return text
end

-- Runs a command that must exit with the given status. Returns its stdout and its stderr.
function M.run(emulator, status, ...)
  local words = { ... }
  local result = emulator and emulator:run(words) or helper.run { helper.lanyard, ... }
  assert.equal(status, result.status, table.concat(words, " ") .. "\n" .. result.err .. result.out)
  return result.out, result.err
end

-- The text of a repository's policy, "" for none.
function M.policy(emulator, repository)
  return (M.run(emulator, 0, "-e", [[
    local reply, err = require("lanyard.aws").client("ecr"):GetRepositoryPolicy { repositoryName = ... }
    assert(reply or err.code == "RepositoryPolicyNotFoundException", err)
    io.write(reply and reply.policyText or "")
  ]], repository))
end

function M.set_policy(emulator, repository, text)
  M.run(emulator, 0, "-e", [[
    local name, text = ...
    assert(require("lanyard.aws").client("ecr"):SetRepositoryPolicy { repositoryName = name, policyText = text })
  ]], repository, text)
end

-- The Sids of a repository's policy, sorted and joined by commas.
function M.sids(emulator, repository)
  local text, list = M.policy(emulator, repository), {}
  for i, statement in ipairs(text ~= "" and json.decode(text).Statement or {}) do
    list[i] = statement.Sid
  end
  table.sort(list)
  return table.concat(list, ",")
end

M.CI_POLICY = '{"Version":"2012-10-17","Statement":[{"Sid":"by hand","Effect":"Allow",'
  .. '"Principal":{"AWS":"arn:aws:iam::111122223333:role/ci-deploy"},"Action":"ecr:PutImage"}]}'

return M
