local json = require "lanyard.json"
local report_json = require "lanyard.report.json"
local rows = require "lanyard.audit.report.rows"

local ARN = "arn:aws:ecr:us-east-1:111122223333:repository/"
local ACCESS, NONE = json.array { { principal = "*" } }, json.array {}

local function row(name, access, policy)
  return { name = name, arn = ARN .. name, access = access, policy = policy }
end

local function list_of(all)
  local list = rows.new()
  for i, one in ipairs(all) do list[i] = one end
  return list
end

describe("the rows of a report", function()
  it("are read as they were set, whatever they have in common", function()
    local other = { name = "copy", arn = "arn:aws:ecr:us-east-1:444455556666:repository/copy", access = ACCESS, policy = "p" }
    local odd = { name = "odd", arn = "arn:of:something/else", access = NONE }
    local long = row("long", ACCESS, "p")
    long.by_registry, long.policy_error = json.array { "web" }, "denied"
    local all = { row("a", ACCESS, "p"), row("b", ACCESS, "p"), row("c", ACCESS), row("d", NONE, ""), other, odd, long }
    local list, read = list_of(all), {}
    for i, one in ipairs(list) do read[i] = one end
    assert.same(all, read)
    assert.equal(#all, #list)
    assert.equal(ACCESS, list[1].access)
  end)

  it("can be set in any order", function()
    local list = rows.new()
    for i = 100, 1, -1 do list[i] = row("r" .. i, ACCESS) end
    assert.equal(100, #list)
    assert.equal("r57", list[57].name)
    assert.is_nil(list[101])
  end)

  it("are written to JSON like a list of tables", function()
    local all = { row("a", ACCESS, "p"), row("b", NONE) }
    local function text_of(repositories)
      local parts = {}
      report_json.write({ scopes = json.array { { repositories = repositories } } }, function(text)
        parts[#parts + 1] = text
      end)
      return table.concat(parts)
    end
    assert.equal(text_of(json.array(all)), text_of(list_of(all)))
    assert.matches('"name": "b"', text_of(list_of(all)))
  end)

  it("take less than half of the memory of tables", function()
    local function memory_of(list)
      local names = {}
      for i = 1, 2000 do names[i] = ("team/app-%05d"):format(i) end
      collectgarbage()
      local before = collectgarbage "count"
      for i = 1, 2000 do
        list[i] = row(names[i], ACCESS, "p")
      end
      collectgarbage()
      return collectgarbage "count" - before
    end
    assert.is_true(memory_of(rows.new()) < memory_of {} / 2)
  end)
end)
