-- README lists every built-in command, with the summary of its declaration.

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

local ORDER = { access = 1, audit = 2, ["desired state"] = 3, policies = 4, operations = 5, development = 6 }

describe("README", function()
  it("lists every command with its arguments and its summary", function()
    local rows = {}
    local result = helper.run { helper.lanyard, "-e", LIST }
    assert.equal("", result.err)
    for line in result.out:gmatch "[^\n]+" do
      local name, usage, category, summary = line:match "^(.-)\t(.-)\t(.-)\t(.*)$"
      rows[#rows + 1] = { ORDER[category] .. name, ("| `%s` | %s |"):format(usage:gsub("|", "\\|"), summary) }
    end
    table.sort(rows, function(a, b) return a[1] < b[1] end)
    for i, row in ipairs(rows) do
      rows[i] = row[2]
    end
    assert.is_true(#rows > 20)
    local expected = table.concat(rows, "\n")
    local readme = helper.read "README.md"
    assert.truthy(readme:find("\n| command | what it does |\n| --- | --- |\n" .. expected .. "\n\n", 1, true),
      "the table of commands in README.md should be:\n" .. expected)
  end)
end)
