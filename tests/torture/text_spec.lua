-- Markdown and command lines from a grammar: no internal error, time linear in the size, print and parse agree.

local markdown = require "lanyard.runbook.markdown"
local runbook = require "lanyard.runbook"
local shellwords = require "lanyard.text.shellwords"
local torture = require "torture"

local SEED = 17
local CASES = torture.choose(2000, 100000)

local Random = {}
Random.__index = Random

function Random.new(seed) return setmetatable({ state = seed }, Random) end

function Random:number(limit)
  self.state = (self.state * 6364136223846793005 + 1442695040888963407)
  return (self.state >> 33) % limit + 1
end

function Random:choose(list) return list[self:number(#list)] end

function Random:text(pieces, count)
  local parts = {}
  for i = 1, count do parts[i] = self:choose(pieces) end
  return table.concat(parts)
end

-- Returns how many hundred VM instructions f(text) takes.
local function instructions(f, text)
  local count = 0
  debug.sethook(function() count = count + 1 end, "", 100)
  local ok, message = pcall(f, text)
  debug.sethook()
  assert(ok, message)
  return count
end

-- Pieces of blocks, and what pattern matching could try again and again.
local PIECES = { "a", " ", "\n", "\n\n", "\t", "    ", "# ", "#", "## b ##", "```", "```lanyard\n", "```lua exit=0,3\n", "~~~", "`",
  "- ", "1. ", "10) ", "* ", "+ ", "> ", ">", "===", "---", "***", "_", "<!--", "-->", "<div>", "</div>", "<script>", "</script>",
  "<?", "?>", "<![CDATA[", "]]>", "<!a", "[", "](", "](b)", "]", "(", ")", "![", "\\", "\r", "\r\n", "\0", "é", "\xff", "|", "{{x}}",
  "status web\n", "'", '"', "exit=", ",", "\u{feff}", "=", "-", "&", "<a ", "</a" }

describe("Markdown", function()
  it("is read without an internal error, whatever it contains", function()
    local random = Random.new(SEED)
    for number = 1, CASES do
      local text = random:text(PIECES, random:number(60))
      local ok, items = pcall(markdown.parse, text)
      assert(ok, ("case %d of seed %d: %s\nof %q"):format(number, SEED, tostring(items), text))
      local _, line_count = text:gsub("\r\n?", "\n"):gsub("\n", "")
      local last = 0
      for _, item in ipairs(items) do
        assert(item.line >= last and item.line <= line_count + 1, text)
        assert(item.kind == "heading" and item.text and item.level or item.info, text)
        assert(item.kind ~= "fence" or item.text == "" or item.text:sub(-1) == "\n", text)
        last = item.line
      end
      local read, err = pcall(runbook.read, text, { name = "book.md" })
      assert(read, ("case %d of seed %d: %s\nof %q"):format(number, SEED, tostring(err), text))
    end
    torture.report("markdown: any text", CASES)
  end)

  it("is read with instructions linear in its size", function()
    local random, count = Random.new(SEED), torture.choose(100, 5000)
    local function read(text) runbook.read(text, { name = "book.md" }) end
    for _ = 1, count do
      local head, unit = random:choose { "", "```lanyard\n", "# ", "- ", "> " }, random:text(PIECES, random:number(3))
      local one, two = instructions(read, head .. unit:rep(300)), instructions(read, head .. unit:rep(600))
      assert.is_true(two <= one * 2.5 + 100, ("%q: %d, then %d"):format(head .. unit, one, two))
    end
    torture.report("markdown: linear time", count)
  end)

  -- Pattern matching takes no instructions of the VM. With 1 MB of a pattern, quadratic matching would take hours.
  it("is read to its end, in any size", function()
    local size = torture.choose(50000, 1000000)
    local count = 0
    for _, head in ipairs { "", "# ", "- ", "> ", "```lanyard\n", "a\n" } do
      for _, piece in ipairs(torture.choose({ " ", "\n", "[", "](", "- ", "> ", "1. ", "# ", "a ", "\t" }, PIECES)) do
        runbook.read(head .. piece:rep(size // #piece) .. "x\n===\n", { name = "book.md" })
        count = count + 1
      end
    end
    torture.report("markdown: long texts", count)
  end)
end)

describe("a command line", function()
  local WORD_PIECES = { "a", "web", " ", "'", '"', "\\", "$", "`", "*", "\n", "\t", "é", "\xff", "\27", "=", "-", "--", "#", "|", "&", ";",
    "<", "(", "{{", "~", "!", "%", "\u{202e}", "\r" }

  it("is split into the words that it was joined from", function()
    local random = Random.new(SEED)
    for number = 1, CASES do
      local words = {}
      for i = 1, random:number(6) do words[i] = random:text(WORD_PIECES, random:number(8) - 1) end
      local line = shellwords.join(words)
      local split, message = shellwords.split(line)
      assert(split, message)
      assert.same(words, split, ("case %d of seed %d: %s"):format(number, SEED, line))
    end
    torture.report("shellwords: print and parse", CASES)
  end)

  it("is split without an internal error, or rejected with a message", function()
    local random = Random.new(SEED)
    for _ = 1, CASES do
      local text = random:text(WORD_PIECES, random:number(30) - 1)
      local words, message = shellwords.split(text)
      assert(words or message == "it is empty" or message == "a quote is not closed" or message == "it ends with a backslash", text)
      if words then -- the words mean the same when they are printed again
        assert.same(words, shellwords.split(shellwords.join(words)))
      end
    end
    torture.report("shellwords: any text", CASES)
  end)

  it("is split as a POSIX shell splits it", function()
    local random, count = Random.new(SEED), torture.choose(100, 1000)
    local lines, expected = {}, {}
    for i = 1, count do
      local words = {}
      for j = 1, 4 do words[j] = random:text(WORD_PIECES, random:number(5)):gsub("%z", "") end
      lines[i] = "printf '%s\\0' " .. shellwords.join(words)
      expected[i] = table.concat(words, "\0") .. "\0"
    end
    local helper = require "helper"
    local folder <close> = helper.folder()
    helper.write(folder .. "/lines.sh", table.concat(lines, "\n") .. "\n")
    assert.equal(table.concat(expected), helper.run({ "sh", folder .. "/lines.sh" }).out)
    torture.report("shellwords: a shell", count)
  end)

  it("is split with instructions linear in its size", function()
    local random, count = Random.new(SEED), torture.choose(100, 2000)
    for _ = 1, count do
      local unit = random:text(WORD_PIECES, random:number(3))
      local one, two = instructions(shellwords.split, unit:rep(300)), instructions(shellwords.split, unit:rep(600))
      assert.is_true(two <= one * 2.5 + 100, ("%q: %d, then %d"):format(unit, one, two))
    end
    torture.report("shellwords: linear time", count)
  end)
end)
