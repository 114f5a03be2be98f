-- Journals with files that a crash, a disk or somebody else has damaged: nothing raises an error, and no damaged file
-- hides an entry or stops a change.

local entry = require "lanyard.access.journal.entry"
local errors = require "lanyard.errors"
local helper = require "helper"
local journal = require "lanyard.access.journal"
local json = require "lanyard.json"
local torture = require "torture"
local world = require "world"

local TEXTS = torture.choose(2000, 100000)
local JOURNALS = torture.choose(150, 5000)
local UNDOS = torture.choose(40, 2000)
local SEED = 20261128

local function pick(list) return list[math.random(#list)] end

-- ---------------------------------------------------------------------------------------------
-- Generators

local STRINGS = {
  "", "a", "done", "intended", "lost", "undo", "grant", "web", "team/a", "shared-repo", "../../etc/passwd",
  "\27[2J", "\0", "%s%d", "2026-11-20T09:00:00Z", "2026-13-99T99:99:99Z", "01795165200056434", ("9"):rep(40),
  "{", '{"Version":"2012-10-17","Statement":[]}', '{"Statement":[{"Effect":"Allow"}]}', ("x"):rep(5000), "\u{202e}",
}
local NUMBERS = { 0, 1, -1, 2, 1.5, 1e300, -1e300, math.maxinteger, math.mininteger, 1795165200.0851371 }

local function tree(depth)
  local kind = math.random(depth > 0 and 7 or 5)
  if kind == 1 then
    return json.null
  elseif kind == 2 then
    return math.random(2) == 1
  elseif kind == 3 then
    return pick(NUMBERS)
  elseif kind <= 5 then
    return pick(STRINGS)
  end
  local list = {}
  for i = 1, math.random(0, 4) do
    list[kind == 6 and i or pick { "id", "undoes", "a", "b", "Statement" }] = tree(depth - 1)
  end
  return kind == 6 and json.array(list) or list
end

local MEMBERS = { "id", "version", "time", "closed", "action", "detail", "state", "repository", "account", "region",
  "endpoint", "before", "after", "lost" }

local function valid(id, is_open)
  return {
    id = id, version = 1, time = "2026-11-20T09:00:00Z", closed = not is_open and 1795165200.5 or nil,
    action = pick { "grant", "revoke", "undo", "apply" }, detail = { undoes = "01795165200056434", service = "web" },
    state = is_open and "intended" or pick { "done", "lost" }, repository = "shared-repo", account = "111122223333",
    region = "us-east-1", endpoint = "http://127.0.0.1:1",
    before = math.random(2) == 1 and '{"Version":"2012-10-17","Statement":[]}' or nil, after = pick(STRINGS),
  }
end

-- Changes, drops or adds members.
local function changed(one)
  for _ = 1, math.random(0, 3) do
    local value = tree(3)
    one[pick(MEMBERS)] = math.random(4) > 1 and value or nil
  end
  return one
end

-- Cuts, repeats or changes bytes.
local function damaged(text)
  for _ = 1, math.random(0, 3) do
    local from = math.random(0, #text)
    local way = math.random(4)
    if way == 1 then
      text = text:sub(1, from)
    elseif way == 2 then
      text = text:sub(1, from) .. string.char(math.random(0, 255)) .. text:sub(from + 2)
    elseif way == 3 then
      text = text:sub(1, from) .. pick { '"', "{", "}", "[", "]", ",", ":", "\\", "\\u0000", "1e999", "null" } .. text:sub(from + 1)
    else
      text = text:sub(from + 1)
    end
  end
  return text
end

local function random_text(id, is_open)
  local way = math.random(6)
  if way == 1 then
    return json.encode(tree(5))
  elseif way == 2 then
    return (("x"):rep(math.random(0, 200)):gsub("x", function() return string.char(math.random(0, 255)) end))
  elseif way == 3 then
    return damaged(entry.encode(changed(valid(id, is_open))))
  end
  return entry.encode(changed(valid(id, is_open)))
end

-- Creates a file of any kind with a name that an entry can have.
local function plant(folder, id, is_open)
  local path = ("%s/%s%s"):format(folder, id, is_open and ".open.json" or ".json")
  local way = math.random(40)
  local command = ({ "mkdir '%s'", "mkfifo '%s'", "ln -s /dev/zero '%s'", "ln -s missing '%s'", "truncate -s 300M '%s'" })[way]
  if command then
    assert(os.execute(command:format(path)))
  else
    helper.write(path, random_text(id, is_open))
  end
end

-- ---------------------------------------------------------------------------------------------

local function check_entry(one)
  for _, name in ipairs { "id", "time", "action", "state", "repository" } do
    assert.equal("string", type(one[name]))
    assert.is_nil(one[name]:find "%c")
  end
  for _, name in ipairs { "before", "after", "lost", "account", "region", "endpoint" } do
    assert.is_true(one[name] == nil or type(one[name]) == "string", name)
  end
  assert.is_true(one.action ~= "undo" or entry.is_id(one.detail.undoes))
end

local function check_error(err)
  assert.is_true(errors.is(err), tostring(err))
  assert.is_nil(err.message:find "\n", err.message)
end

-- Runs a case, and names it if it fails.
local function case(number, body)
  math.randomseed(SEED, number)
  local ok, err = pcall(body)
  if not ok then
    error(("case %d: %s"):format(number, tostring(err)), 0)
  end
end

describe("a journal entry of random content", function()
  it("is read with the documented types, and as it is written again, or is a problem in one line", function()
    local id, read = "01795165200056434", 0
    for number = 1, TEXTS do
      case(number, function()
        local is_open = math.random(2) == 1
        local expected = { id = id, is_open = is_open, repository = math.random(2) == 1 and "shared-repo" or nil }
        local one, problem = entry.decode(random_text(id, is_open), expected)
        if one then
          read = read + 1
          check_entry(one)
          assert.same(one, assert(entry.decode(entry.encode(one), expected)))
          assert.equal("string", type(entry.outcome(one, function() return math.random(2) == 1 end)))
        else
          assert.equal("string", type(problem))
          assert.is_nil(problem:find "%c", problem)
        end
      end)
    end
    assert.is_true(read > TEXTS / 20 and read < TEXTS * 19 / 20, read .. " were read")
    torture.report("texts of journal entries", TEXTS, read .. " are entries")
  end)
end)

describe("a journal with files of random content", function()
  local clock = { time = function() return 1795165200 end }

  it("has all its sound entries, and takes changes", function()
    for number = 1, JOURNALS do
      local folder <close> = helper.folder(helper.exists "/dev/shm" and "/dev/shm" or nil)
      case(number, function()
        local records = journal.open(folder.path, clock, "shared-repo")
        local sound = assert(records:begin { action = "grant", repository = "shared-repo", before = "a", after = "b" })
        assert(records:finish(sound, "done"))
        for i = 1, math.random(3) do
          plant(folder, ("%017d"):format(i + 10 * math.random(0, 899999999999999)), math.random(2) == 1)
        end
        local found, list = false, {}
        for _, one in ipairs(assert(records:entries(list))) do
          check_entry(one)
          found = found or one.id == sound.id
        end
        assert.is_true(found)
        for _, err in ipairs(list) do check_error(err) end
        for _, one in ipairs(assert(records:settle(function(text) return text == "b" end))) do check_entry(one) end
        assert(records:last())
        records:undoable()
        local _, err = records:last_written()
        if err then check_error(err) end
        local more = assert(records:begin { action = "revoke", repository = "shared-repo", before = "b", after = "c" })
        assert(records:finish(more, "done"))
        assert.equal(more.id, assert(records:last()).id)
        assert(records:prune())
      end)
    end
    torture.report("damaged journals", JOURNALS)
  end)

  it("never raises an error in undo, history or a change", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "shared-repo"
    assert(w.region:grant(service, repository))
    local original = w:text "shared-repo"
    local folder = assert(w.region:repository_directory(repository))
    for number = 1, UNDOS do
      case(number, function()
        w:put("shared-repo", original)
        assert(os.execute(("mkdir -p -m 700 '%s'"):format(folder)))
        for _ = 1, math.random(3) do
          plant(folder, ("%017d"):format(math.random(1795165200056434, 89999999999999990)), math.random(2) == 1)
        end
        assert(w.region:history(nil, { damaged = {}, preview = true }))
        for _, options in ipairs { { dry_run = true }, {} } do
          local change, err = w.region:undo(repository, options)
          if not change then check_error(err) end
        end
        w:put("shared-repo", original)
        assert(w.region:settle_interrupted())
        assert(w.region:revoke({ service = service }, repository))
        assert(os.execute(("rm -rf '%s'"):format(folder)))
      end)
    end
    torture.report("undos with damaged journals", UNDOS)
  end)
end)
