-- The safe write and its six promises.

local errors = require "lanyard.errors"
local helper = require "helper"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local system = require "lanyard.system"
local task = require "lanyard.task"
local world = require "world"

local OURS = "AllowLightsailPull-my-container-service"
local THEIRS = '{"Version":"2008-10-17","Statement":[{"Sid":"theirs","Effect":"Allow","Principal":"*",'
  .. '"Action":"ecr:DescribeImages"}]}'

-- Adds a statement to a policy's text, like a writer that does not read the policy back.
local function with_statement(text, sid)
  local doc = text and assert(policy.parse(text)) or policy.new()
  doc:allow { sid = sid, principal = "444455556666", actions = { "ecr:DescribeImages" } }
  return tostring(doc)
end

local function files_of(folder)
  local pipe <close> = assert(io.popen(("find %s -name '*.json' | sort"):format(folder)))
  local files = {}
  for line in pipe:lines() do files[#files + 1] = line end
  return files
end

describe("promise 1: a policy that cannot be read is not overwritten", function()
  it("leaves a policy that is not JSON, or has duplicate keys, as it is", function()
    for _, text in ipairs { "no policy", '{"Statement":[],"Statement":[]}', '{"Version":1', "[]" } do
      local w <close> = world.new()
      local service = w:service()
      w:put("shared-repo", text)
      local change, err = w.region:grant(service, w:repository "shared-repo")
      assert.is_nil(change)
      assert.equal("InvalidPolicy", err.code)
      assert.matches("'shared%-repo'", err.message)
      assert.equal(0, w:count "SetRepositoryPolicy")
      assert.equal(text, w:text "shared-repo")
    end
  end)

  it("fails if reading the policy is denied", function()
    local w <close> = world.new { faults = { { operation = "GetRepositoryPolicy",
      error = { code = "AccessDeniedException", message = "User: u is not authorized to perform: ecr:GetRepositoryPolicy" } } } }
    local change, err = w.region:grant(w:service(), w:repository "my-private-repo")
    assert.is_nil(change)
    assert.equal("AccessDeniedException", err.code)
    assert.equal(0, w:count "SetRepositoryPolicy")
    assert.equal(0, w:count "DeleteRepositoryPolicy")
  end)

  it("keeps every byte of other writers' statements", function()
    local w <close> = world.new()
    local before = w:text "shared-repo"
    local service, repository = w:service(), w:repository "shared-repo"
    assert.equal("granted", assert(w.region:grant(service, repository)).kind)
    local granted = w:text "shared-repo"
    local last = before:match ".*()}%s*%]"
    assert.equal(before:sub(1, last), granted:sub(1, last))
    assert.equal("revoked", assert(w.region:revoke({ service = service }, repository)).kind)
    assert.equal(before, w:text "shared-repo")
  end)
end)

describe("promise 2: the old text is in the journal before the write", function()
  it("is on the disk, readable by the user only, when the request is sent", function()
    local w <close> = world.new()
    local entry
    w.before = function(operation)
      if operation == "SetRepositoryPolicy" then
        local files = files_of(w.folder .. "/journal")
        assert.equal(1, #files)
        entry = json.decode(helper.read(files[1]))
        local pipe <close> = assert(io.popen("stat -c %a " .. files[1]))
        assert.equal("600", pipe:read "l")
      end
    end
    local before = w:text "shared-repo"
    assert(w.region:grant(w:service(), w:repository "shared-repo"))
    assert.equal(before, entry.before)
    assert.equal("intended", entry.state)
    assert.equal("done", assert(w.region:history())[1].state)
  end)

  it("writes nothing if the journal cannot be written", function()
    local w <close> = world.new()
    helper.write(w.folder .. "/file", "")
    local region = w:connect { journal_root = w.folder .. "/file" }
    local change, err = region:grant(w:service(), w:repository "shared-repo")
    assert.is_nil(change)
    assert.equal("JournalFailed", err.code)
    assert.equal(0, w:count "SetRepositoryPolicy")
  end)

  it("reports an entry that could not be finished, and the next change finishes it", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "shared-repo"
    local write_file = system.write_file
    local _ <close> = setmetatable({}, { __close = function() system.write_file = write_file end })
    w.after = function(operation)
      if operation == "SetRepositoryPolicy" then
        system.write_file = function(path)
          return nil, errors.new { code = "SystemError", message = "cannot write " .. path .. ": No space left on device" }
        end
      end
    end
    local change = assert(w.region:grant(service, repository))
    system.write_file, w.after = write_file, nil
    assert.equal("granted", change.kind)
    assert.matches("No space left on device", change.damaged[1].message)
    assert.equal("intended", assert(w.region:history())[1].state)
    local repeated = assert(w.region:grant(service, repository))
    assert.equal("unchanged", repeated.kind)
    assert.equal("done", repeated.recovered[1].state)
    assert.same({}, repeated.damaged)
  end)
end)

describe("promise 3: other writers", function()
  it("on this machine wait for each other, and lose nothing", function()
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = {
      services = { { name = "a", role = true }, { name = "b", role = true }, { name = "c", role = true } },
      repositories = { { name = "shared" } },
    } } } }
    local repository = w:repository "shared"
    task.map(assert(w.region:services()), function(service)
      assert(w:connect():grant(service, repository))
    end)
    local sids = w:sids "shared"
    table.sort(sids)
    assert.same({ "AllowLightsailPull-a", "AllowLightsailPull-b", "AllowLightsailPull-c" }, sids)
  end)

  it("elsewhere that overwrite the change are detected, and the change is repeated on their text", function()
    local w <close> = world.new()
    local times = 0
    w.after = function(operation)
      if operation == "SetRepositoryPolicy" and times < 2 then
        times = times + 1
        w:put("my-private-repo", with_statement(nil, "other " .. times))
      end
    end
    assert(w.region:grant(w:service(), w:repository "my-private-repo"))
    assert.same({ "other 2", OURS }, w:sids "my-private-repo")
    local states = {}
    for i, entry in ipairs(assert(w.region:history())) do states[i] = entry.state end
    assert.same({ "lost", "lost", "done" }, states)
  end)

  it("that overwrite every attempt are reported", function()
    local w <close> = world.new()
    w.after = function(operation)
      if operation == "SetRepositoryPolicy" then w:put("my-private-repo", THEIRS) end
    end
    local change, err = w.region:grant(w:service(), w:repository "my-private-repo")
    assert.is_nil(change)
    assert.equal("Contended", err.code)
  end)

  it("have at most the bound between read and write; after that, the policy is read again", function()
    local w <close> = world.new()
    local slow = 2
    w.after = function(operation)
      if operation == "GetRepositoryPolicy" and slow > 0 then
        slow = slow - 1
        w.passed = w.passed + 3
        if slow == 0 then w:put("my-private-repo", THEIRS) end
      end
    end
    assert(w.region:grant(w:service(), w:repository "my-private-repo"))
    assert.same({ "theirs", OURS }, w:sids "my-private-repo")
    assert.equal(1, w:count "SetRepositoryPolicy")
  end)

  it("are detected by one more read with settle", function()
    local w <close> = world.new()
    local service = w:service()
    local reads = 0
    w.before = function(operation)
      reads = reads + (operation == "GetRepositoryPolicy" and 1 or 0)
      if operation == "GetRepositoryPolicy" and reads == 3 then
        w:put("my-private-repo", THEIRS) -- a write of another writer that was on its way
      end
    end
    assert(w.region:grant(service, w:repository "my-private-repo", { settle = true }))
    assert.same({ "theirs", OURS }, w:sids "my-private-repo")
  end)

  it("are detected with settle also when one of them wrote the change again that another one had overwritten", function()
    local w <close> = world.new()
    local service = w:service()
    local reads, merged = 0, nil
    w.before = function(operation)
      reads = reads + (operation == "GetRepositoryPolicy" and 1 or 0)
      if operation == "GetRepositoryPolicy" and reads == 2 then
        merged = with_statement(w:text "my-private-repo", "third") -- this writer has read the change
        w:put("my-private-repo", THEIRS)
      elseif operation == "GetRepositoryPolicy" and reads == 3 then
        w:put("my-private-repo", merged)
      elseif operation == "GetRepositoryPolicy" and reads == 4 then
        w:put("my-private-repo", THEIRS) -- a write that was on its way
      end
    end
    assert(w.region:grant(service, w:repository "my-private-repo", { settle = true }))
    assert.same({ "theirs", OURS }, w:sids "my-private-repo")
  end)
end)

describe("promise 4: a change is made once", function()
  it("writes nothing the second time, and returns `unchanged`", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "shared-repo"
    assert(w.region:grant(service, repository))
    local change = assert(w.region:grant(service, repository))
    assert.equal("unchanged", change.kind)
    assert.equal(1, w:count "SetRepositoryPolicy")
    assert.equal("revoked", assert(w.region:revoke({ service = service }, repository)).kind)
    assert.equal("unchanged", assert(w.region:revoke({ service = service }, repository)).kind)
    assert.equal(2, w:count "SetRepositoryPolicy")
  end)

  it("recognizes its own policy after ECR has formatted it", function()
    local w <close> = world.new { reformat = true }
    local service, repository = w:service(), w:repository "shared-repo"
    assert.equal("granted", assert(w.region:grant(service, repository)).kind)
    assert.equal("unchanged", assert(w.region:grant(service, repository)).kind)
    assert.equal(1, w:count "SetRepositoryPolicy")
  end)
end)

describe("promise 5: sizes", function()
  it("deletes the policy with its last statement", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    assert(w.region:grant(service, repository))
    local change = assert(w.region:revoke({ service = service }, repository))
    assert.is_true(change.deleted_policy)
    assert.is_nil(w:text "my-private-repo")
    assert.equal(1, w:count "DeleteRepositoryPolicy")
  end)

  it("reports the size before any call if the policy would be too large", function()
    local w <close> = world.new()
    local doc = policy.new()
    for i = 1, 60 do
      doc:allow { sid = "s" .. i, principal = ("%012d"):format(i), actions = { "ecr:DescribeImages" } }
    end
    local text = doc:compact()
    w:put("my-private-repo", '{"Id":"' .. ("x"):rep(policy.LIMIT - #text - 20) .. '",' .. text:sub(2))
    local change, err = w.region:grant(w:service(), w:repository "my-private-repo")
    assert.is_nil(change)
    assert.equal("PolicyTooLarge", err.code)
    assert.matches("10240", err.message)
    assert.equal(0, w:count "SetRepositoryPolicy")
  end)
end)

describe("a policy that ECR holds", function()
  -- A policy whose text has 9,338 characters as it is sent, and 12,512 in ECR's layout.
  local function recorded()
    local statements = {}
    for i = 1, 64 do
      statements[i] = ('{"Sid":"team-%02d%s","Effect":"Allow","Principal":{"AWS":"%012d"},"Action":["ecr:BatchGetImage",%s'
        .. '"ecr:GetDownloadUrlForLayer"]}'):format(i, i == 1 and ("x"):rep(538) or "", i, i <= 26 and '"ecr:ListImages",' or "")
    end
    return '{"Version":"2012-10-17","Statement":[' .. table.concat(statements, ",") .. "]}"
  end

  local function read(w)
    return assert(w.region.ecr:GetRepositoryPolicy { repositoryName = "my-private-repo" }).policyText
  end

  local function world_with(text)
    local w = world.new { reformat = true }
    w:put("my-private-repo", text)
    return w, w:service(), w:repository "my-private-repo"
  end

  it("is edited although its layout alone is larger than the limit", function()
    local w <close>, service, repository = world_with(recorded())
    assert.equal(9338, #w:text "my-private-repo")
    assert.equal(12512, #read(w))
    local change = assert(w.region:grant(service, repository))
    assert.equal("granted", change.kind)
    assert.is_true(#w:text "my-private-repo" <= policy.LIMIT)
    assert.equal(65, #w:sids "my-private-repo")
    assert.matches('\n%+ +"Sid": "AllowLightsailPull', change.diff)
    assert.not_matches("\n%-", change.diff:gsub("^.-\n@@", ""))
    assert.equal("unchanged", assert(w.region:grant(service, repository)).kind)
    assert.equal("revoked", assert(w.region:revoke({ service = service }, repository)).kind)
    assert.equal(recorded(), w:text "my-private-repo")
  end)

  it("is restored by undo although its layout is larger than the limit", function()
    local w <close>, service, repository = world_with(recorded())
    assert(w.region:grant(service, repository))
    assert.equal("undone", assert(w.region:undo(repository)).kind)
    assert.is_true(policy.parse(recorded()):equivalent(policy.parse(w:text "my-private-repo")))
  end)

  it("is rehearsed as it is written", function()
    local w <close>, service, repository = world_with(recorded())
    local dry = assert(w.region:grant(service, repository, { dry_run = true }))
    assert.equal(dry.diff, assert(w.region:grant(service, repository)).diff)
  end)

  it("keeps ECR's layout where it fits", function()
    local w <close>, service, repository = world_with(
      '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":["ecr:ListImages"]}]}')
    local before = read(w)
    assert(w.region:grant(service, repository))
    assert.equal(before:sub(1, -7), w:text("my-private-repo"):sub(1, #before - 6))
    assert.equal(read(w), w:text "my-private-repo")
  end)

  it("is rejected with the size without white space if that is too large", function()
    local text = recorded()
    local w <close>, service, repository = world_with('{"Id":"' .. ("x"):rep(10200 - #text) .. '",' .. text:sub(2))
    local change, err = w.region:grant(service, repository)
    assert.is_nil(change)
    assert.equal("PolicyTooLarge", err.code)
    assert.is_true(err.size > policy.LIMIT and err.size < policy.LIMIT + 400)
    assert.matches(("would have %d characters, without white space; ECR accepts 10240"):format(err.size), err.message, 1, true)
    assert.equal(0, w:count "SetRepositoryPolicy")
  end)

  it("counts characters and not bytes", function()
    local text = recorded():gsub("team%-", "\u{e9}\u{4e2d}-"):gsub("x+", ("\u{1f600}"):rep(500))
    local w <close>, service, repository = world_with(text)
    assert.is_true(#text > policy.LIMIT)
    assert.equal("granted", assert(w.region:grant(service, repository)).kind)
    assert.is_true(utf8.len(w:text "my-private-repo") <= policy.LIMIT)
  end)
end)

describe("promise 6: a killed change", function()
  -- Makes a grant that is killed before or after its write.
  local function killed(phase)
    local w = world.new()
    local service, repository = w:service(), w:repository "shared-repo"
    w[phase] = function(operation)
      if operation == "SetRepositoryPolicy" then error("killed", 0) end
    end
    local ok, err = pcall(w.region.grant, w.region, service, repository)
    assert.is_false(ok)
    assert.equal("killed", err)
    w[phase] = nil
    return w, service, repository
  end

  it("before the write is finished by the next run", function()
    local w <close>, service, repository = killed "before"
    assert.equal("granted", assert(w:connect():grant(service, repository)).kind)
    local history = assert(w.region:history())
    assert.equal(1, #history)
    assert.equal("done", history[1].state)
  end)

  it("after the write is found in place by the next run, and can be undone", function()
    local w <close>, service, repository = killed "after"
    assert.equal("unchanged", assert(w:connect():grant(service, repository)).kind)
    assert.equal("done", assert(w.region:history())[1].state)
    assert.equal("undone", assert(w.region:undo(repository)).kind)
    assert.same({ "CI may push", "Audit-Team Read" }, w:sids "shared-repo")
  end)
end)

describe("a new role", function()
  it("is waited for until IAM has propagated it", function()
    local w <close> = world.new { iam_delay = 9 }
    local change = assert(w.region:grant(w:service(), w:repository "my-private-repo"))
    assert.equal("granted", change.kind)
    assert.is_true(w:count "SetRepositoryPolicy" > 1)
    assert.is_true(w.passed >= 9 and w.passed < 30)
  end)

  it("is waited for at most two minutes", function()
    local w <close> = world.new { iam_delay = 1000 }
    local change, err = w.region:grant(w:service(), w:repository "my-private-repo")
    assert.is_nil(change)
    assert.equal("InvalidParameterException", err.code)
    assert.matches("Principal not found", err.message)
    assert.is_true(w.passed <= 125, w.passed)
  end)

  it("does not hide a mistake in the policy, which is reported without waiting", function()
    local w <close> = world.new()
    local service = w:service()
    w.passed = w.passed + 200
    w.world.faults = require("lanyard.emulator.fault_plan").new({ { operation = "SetRepositoryPolicy", error = {
      code = "InvalidParameterException",
      message = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
    } } }, math.random)
    local change, err = w.region:grant(service, w:repository "my-private-repo")
    assert.is_nil(change)
    assert.matches("Invalid repository policy provided", err.message)
    assert.equal(1, w:count "SetRepositoryPolicy")
  end)
end)

describe("a policy with an orphan", function()
  it("is refused by ECR; the error names a fix, and the fix works", function()
    local w <close> = world.new()
    w:put("my-private-repo", '{"Version":"2008-10-17","Statement":[{"Sid":"old","Effect":"Allow","Principal":'
      .. '{"AWS":"AROA2XQYJ5EXAMPLE12345"},"Action":"ecr:BatchGetImage"},{"Sid":"keep","Effect":"Allow",'
      .. '"Principal":{"AWS":"444455556666"},"Action":"ecr:BatchGetImage"}]}')
    local service, repository = w:service(), w:repository "my-private-repo"
    w.passed = w.passed + 200
    local change, err = w.region:grant(service, repository)
    assert.is_nil(change)
    assert.matches("AROA2XQYJ5EXAMPLE12345", err.tip)
    assert.matches("lanyard revoke %-%-orphans my%-private%-repo", err.tip)
    assert(w.region:revoke({ orphans = true }, repository))
    assert(w.region:grant(service, repository))
    assert.same({ "keep", OURS }, w:sids "my-private-repo")
  end)
end)

describe("failed requests", function()
  it("lead to a new read, and the change is made once", function()
    for _, rule in ipairs {
      { operation = "SetRepositoryPolicy", throttle = true, times = 2 },
      { operation = "SetRepositoryPolicy", status = 503, times = 2 },
      { operation = "SetRepositoryPolicy", reset = true, times = 1 },
      { operation = "SetRepositoryPolicy", reset = true, late = true, times = 1 },
      { operation = "GetRepositoryPolicy", throttle = true, times = 3 },
      { operation = "GetRepositoryPolicy", stale = 2 },
    } do
      local w <close> = world.new { faults = { rule } }
      assert(w.region:grant(w:service(), w:repository "shared-repo"))
      assert.same({ "CI may push", "Audit-Team Read", OURS }, w:sids "shared-repo")
      for _, entry in ipairs(assert(w.region:history())) do
        assert.equal("done", entry.state)
      end
    end
  end)

  it("to read the policy back are retried, also one that took longer than a read may return an old text", function()
    local w <close> = world.new()
    local service, repository, failures = w:service(), w:repository "shared-repo", 0
    w.change = function(operation, reply)
      if operation == "GetRepositoryPolicy" and w:count "SetRepositoryPolicy" == 1 and failures < 2 then
        failures = failures + 1
        w.passed = w.passed + w.region.limits.lag + 1
        reply.reset = true
      end
    end
    assert.equal("granted", assert(w.region:grant(service, repository)).kind)
    assert.equal(2, failures)
    assert.equal(1, w:count "SetRepositoryPolicy")
    assert.equal("done", assert(w.region:history())[1].state)
  end)

  it("do not hide what the change did if only the reply was lost", function()
    local faults = {
      { operation = "SetRepositoryPolicy", reset = true, late = true, times = 1 },
      { operation = "DeleteRepositoryPolicy", reset = true, late = true, times = 1 },
    }
    for _, options in ipairs { {}, { settle = true } } do
      local w <close> = world.new { faults = faults }
      local service, repository = w:service(), w:repository "my-private-repo"
      local granted = assert(w.region:grant(service, repository, options))
      assert.equal("granted", granted.kind)
      assert.matches("\n%+[^\n]*AllowLightsailPull", granted.diff)
      local revoked = assert(w.region:revoke({ service = service }, repository, options))
      assert.equal("revoked", revoked.kind)
      assert.is_true(revoked.deleted_policy)
      local history = assert(w.region:history())
      assert.equal(2, #history)
      assert.equal(history[1].id, granted.entry)
      assert.equal(history[2].id, revoked.entry)
      assert.equal(1, w:count "SetRepositoryPolicy")
      assert.equal(1, w:count "DeleteRepositoryPolicy")
    end
  end)

  it("do not hide a write that another lanyard has settled first", function()
    local w <close> = world.new { faults = { { operation = "SetRepositoryPolicy", reset = true, late = true, times = 1 } } }
    local service, repository = w:service(), w:repository "my-private-repo"
    local clock = setmetatable({}, { __index = w.region.clock })
    function clock.sleep()
      assert(w:connect():revoke({ principal = "444455556666" }, repository))
    end
    local change = assert(w:connect({ clock = clock }):grant(service, repository))
    assert.equal("granted", change.kind)
    assert.equal(assert(w.region:history())[1].id, change.entry)
  end)

  it("do not claim a write that a killed change made before", function()
    local w <close> = world.new { faults = { { operation = "GetRepositoryPolicy", after = 1, reset = true, times = 1 } } }
    local service, repository = w:service(), w:repository "my-private-repo"
    w.after = function(operation)
      if operation == "SetRepositoryPolicy" then error("killed", 0) end
    end
    assert.is_false(pcall(w.region.grant, w.region, service, repository))
    w.after = nil
    local change = assert(w:connect():grant(service, repository))
    assert.equal("unchanged", change.kind)
    assert.is_nil(change.entry)
  end)
end)
