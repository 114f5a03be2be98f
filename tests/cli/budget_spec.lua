-- The instructions of frequent work, beside tests/bench/budget.txt. A count that rises by more than 5 % is a failure: make
-- the work cheaper, or change the budget in the same commit and say in its message what the instructions are for. A count
-- that falls by more than 15 % is a failure, too, so that the budget stays near it.

local helper = require "helper"
local instructions = require "instructions"

local FILE <const> = "tests/bench/budget.txt"
local RISE <const>, FALL <const> = 1.05, 0.85
local TIMES <const> = 1000 -- turns of a script

-- What a script does once per turn. Its start is counted alone and subtracted.
local SCRIPTS = {
  signature = [[
    local sigv4 = require "lanyard.sigv4"
    local request = {
      method = "POST", url = "https://api.ecr.us-east-1.amazonaws.com/", body = ("x"):rep(200), time = 1440938160,
      headers = { ["Content-Type"] = "application/x-amz-json-1.1", ["X-Amz-Target"] = "ECR.GetRepositoryPolicy" },
      region = "us-east-1", service = "ecr", credentials = require("lanyard.credentials").new {
        access_key_id = "AKIAIOSFODNN7EXAMPLE", secret_access_key = ("k"):rep(40) },
    }
    for _ = 1, TIMES do sigv4.sign(request) end
  ]],
  parse = [[
    local policy = require "lanyard.policy"
    local text = tostring(DOCUMENT)
    for _ = 1, TIMES do policy.parse(text) end
  ]],
  can = [[
    local doc = DOCUMENT
    local request = { principal = ROLE:format(1), action = "ecr:GetDownloadUrlForLayer" }
    for _ = 1, TIMES do doc:can(request) end
  ]],
  decide = [[
    local policy = require "lanyard.policy"
    local request = { principal = ROLE:format(1), action = "ecr:GetDownloadUrlForLayer", resource_policy = DOCUMENT,
      resource = "arn:aws:ecr:us-east-1:111122223333:repository/web" }
    for _ = 1, TIMES do policy.decide(request) end
  ]],
}

local PRELUDE = [[
  local TIMES = tonumber(arg[1])
  local ROLE = "arn:aws:iam::111122223333:role/team/service-%d"
  local DOCUMENT = require("lanyard.policy").new()
  for i = 1, 5 do
    DOCUMENT:allow { sid = "Pull-" .. i, principal = ROLE:format(i), actions = require("lanyard.policy").PULL_ACTIONS }
  end
]]

local function of_script(code)
  local folder <close> = helper.folder()
  helper.write(folder .. "/turns.lua", PRELUDE .. code)
  local function of(times) return instructions.of { helper.lanyard, folder .. "/turns.lua", tostring(times) } end
  return (of(TIMES) - of(0)) // TIMES
end

-- before: a command that runs first, and is not counted
local function of_command(words, before)
  local emulator <close> = helper.emulator()
  local first = before and emulator:run(before)
  assert(not first or first.status == 0, first and first.err)
  return instructions.of({ helper.lanyard, table.unpack(words) }, emulator.environment)
end

local function of_lint()
  local folder <close> = helper.folder()
  helper.write(folder .. "/policy.json", [[{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
    "Principal": { "AWS": "arn:aws:iam::111122223333:role/ci" }, "Action": "ecr:BatchGetImage" }] }]])
  return instructions.of { helper.lanyard, "policy", "lint", folder .. "/policy.json" }
end

local GRANT = { "grant", "my-container-service", "--all", "--yes", "--enable" }

local MEASURED = {
  ["--version"] = function() return instructions.of { helper.lanyard, "--version" } end,
  help = function() return instructions.of { helper.lanyard, "help" } end,
  lint = of_lint,
  status = function() return of_command { "status" } end,
  grant = function() return of_command(GRANT) end,
  revoke = function() return of_command({ "revoke", "my-container-service", "--all", "--yes" }, GRANT) end,
}
for name, code in pairs(SCRIPTS) do
  MEASURED[name] = function() return of_script(code) end
end

local function output_of(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read "a":match "^%s*(.-)%s*$"
end

-- Returns the counts of the budget: name --> instructions, and the build that they are for.
local function read_budget()
  local counts, build = {}, nil
  for line in io.lines(FILE) do
    local name, count = line:match "^(%S+) +(%d[%d,]*)$"
    if name then
      counts[name] = assert(math.tointeger(tonumber((count:gsub(",", "")))))
    end
    build = build or line:match "^build: (.+)$"
  end
  return counts, assert(build, FILE .. " names no build")
end

-- Why the budget is not for this build, or nil.
local function difference(build)
  local own = ("gcc %s %s %s"):format(output_of "gcc -dumpfullversion", output_of "gcc -dumpmachine",
    helper.read(helper.build .. "/CFLAGS.flags"):match "[^\n]*")
  if own ~= build then
    return ("the budget is for %s; this build is of %s"):format(build, own)
  end
  return not instructions.available() and "needs valgrind" or nil
end

describe("the budget of instructions", function()
  local budget, build = read_budget()
  local reason = difference(build)

  for name in pairs(MEASURED) do
    it("is kept by " .. name, function()
      if reason then return pending(reason) end
      local count, allowed = MEASURED[name](), assert(budget[name], FILE .. " lacks " .. name)
      local text = ("%s takes %d instructions; %s says %d"):format(name, count, FILE, allowed)
      assert.is_true(count <= allowed * RISE and count >= allowed * FALL, text)
    end)
  end

  it("has no line that is not measured", function()
    for name in pairs(budget) do assert.is_function(MEASURED[name], name) end
  end)
end)
