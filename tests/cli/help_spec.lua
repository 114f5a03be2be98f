-- The help of every built-in command.

local helper = require "helper"

local function lanyard(...)
  local result = helper.run { helper.lanyard, ... }
  assert.equal("", result.err)
  assert.equal(0, result.status)
  return result.out
end

describe("the help of every command", function()
  local names = {}
  for name in lanyard("-e", [[for name in pairs(require("lanyard.cli.commands").index()) do print(name) end]]):gmatch "[^\n]+" do
    names[#names + 1] = name
  end
  table.sort(names)

  it("is declared: no built-in command builds its options by calls", function()
    local scripts = {}
    for name in lanyard("-e", [[print(table.concat(require("lanyard.embedded").scripts(), "\n"))]]):gmatch "[^\n]+" do
      scripts[#scripts + 1] = name:gsub("/", " ")
    end
    table.sort(scripts)
    assert.same(scripts, names)
  end)

  it("fits 80 columns, and has a summary of one line, exit statuses and examples", function()
    local all = {}
    for _, name in ipairs(names) do
      local parent, sub = name:match "^(%S+) ?(%S*)$"
      all[#all + 1] = ("-- %s\n%s"):format(name, sub == "" and lanyard("help", parent) or lanyard("help", parent, sub))
    end
    for i, text in ipairs(all) do
      for line in text:gmatch "[^\n]+" do
        assert.is_true(utf8.len(line) <= 80, names[i] .. ": " .. line)
        assert.not_match("%s$", line)
      end
      assert.match("^%-%- [^\n]+\n%u[^\n]+%.\n\nUsage: lanyard " .. names[i]:gsub("%p", "%%%0"), text)
      assert.match("\nExit status\n  0   ", text)
      assert.match("\nExamples\n  lanyard ", text)
    end
  end)

  it("fits 80 columns on the other pages, too, whose texts end their lines there", function()
    for _, topic in ipairs { "environment", "output", "errors", "findings", "lint", "modules" } do
      for line in lanyard("help", topic):gmatch "[^\n]+" do
        assert.is_true(utf8.len(line) <= 80, line)
      end
    end
    for _, name in ipairs { "environment", "output", "usage" } do
      local text = helper.read(("lua/lanyard/cli/%s.txt"):format(name))
      for line in text:gmatch "[^\n]+" do
        assert.is_true(utf8.len(line) <= 80, line)
      end
    end
  end)

  it("is listed by category, each on a line with the summary of its declaration", function()
    local text, listed = lanyard "help", {}
    for heading, lines in text:gmatch "%f[^\n](%u[%a ]+)\n(  %l.-\n)\n" do
      for name, summary in lines:gmatch "  (%l%S*) +([^\n]+)\n" do
        listed[#listed + 1] = ("%s\t%s\t%s"):format(name, heading:lower(), summary)
      end
    end
    table.sort(listed)
    local declared = {}
    for line in lanyard("-e", [[
      for name, declared in pairs(require("lanyard.cli.commands").index()) do
        if not name:find " " then
          print(("%s\t%s\t%s"):format(name, declared.category, declared.summary))
        end
      end]]):gmatch "[^\n]+" do
      declared[#declared + 1] = line
    end
    table.sort(declared)
    assert.same(declared, listed)
    assert.not_match("Your commands", text)
  end)
end)
