-- README lists every built-in command, by category, with the summary of its declaration.

local helper = require "helper"

-- One row per command, by category and name: "name<TAB>usage<TAB>category<TAB>summary".
local LIST = [[
  local commands = require "lanyard.cli.commands"
  for name, declared in pairs(commands.index()) do
    if not name:find " " then
      print(table.concat({ name, require("lanyard.cli.help").usage(name, declared), declared.category, declared.summary }, "\t"))
    end
  end
]]

-- The columns of a line: Hangul is two columns wide.
local function columns(line)
  local count = 0
  for _, code in utf8.codes(line) do
    count = count + (code >= 0x1100 and 2 or 1)
  end
  return count
end

local ORDER = { access = 1, audit = 2, ["desired state"] = 3, policies = 4, operations = 5, development = 6 }

describe("README", function()
  it("lists every command with its arguments and its summary", function()
    local rows = {}
    local result = helper.run { helper.lanyard, "-e", LIST }
    assert.equal("", result.err)
    for line in result.out:gmatch "[^\n]+" do
      local name, usage, category, summary = line:match "^(.-)\t(.-)\t(.-)\t(.*)$"
      rows[#rows + 1] = { ORDER[category] .. name, ("| %s | `%s` | %s |"):format(category, usage:gsub("|", "\\|"), summary) }
    end
    table.sort(rows, function(a, b) return a[1] < b[1] end)
    for i, row in ipairs(rows) do
      rows[i] = row[2]
    end
    assert.is_true(#rows > 20)
    local expected = table.concat(rows, "\n")
    local readme = helper.read "README.md"
    assert.truthy(readme:find("\n| category | command | what it does |\n| --- | --- | --- |\n" .. expected .. "\n\n", 1, true),
      "the table of commands in README.md should be:\n" .. expected)
  end)

  it("has fewer than 200 lines; it and its translation have lines of 120 columns", function()
    for _, path in ipairs { "README.md", ".github/README.ko.md" } do
      local count = 0
      for line in helper.read(path):gmatch "([^\n]*)\n" do
        count = count + 1
        assert.is_true(line:find "^|" ~= nil or columns(line) <= 120, line)
      end
      assert.is_true(count < 200 or path ~= "README.md", ("%s has %d lines"):format(path, count))
    end
  end)
end)
