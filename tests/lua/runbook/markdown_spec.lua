local markdown = require "lanyard.runbook.markdown"

-- Describes the items of a text, one line each: "LINE fence INFO: TEXT".
local function found(text)
  local lines = {}
  for i, item in ipairs(markdown.parse(text)) do
    lines[i] = item.kind == "heading" and ("%d h%d: %s"):format(item.line, item.level, item.text)
      or ("%d %s %s: %s"):format(item.line, item.kind, item.info, item.text or "")
  end
  return lines
end

describe("a Markdown text", function()
  it("has fences of three or more backticks or tildes, closed by at least as many of the same kind", function()
    assert.same({ "1 fence lua: a\n" }, found "```lua\na\n```\nb\n")
    assert.same({ "1 fence lua x=1: ```\n~~~\n```` b\n" }, found "````  lua x=1 \n```\n~~~\n```` b\n`````  \n")
    assert.same({ "1 fence lua `x`: a\n" }, found "~~~lua `x`\na\n~~~")
    assert.same({}, found "``` `lua`\n\n``lua\n``\n")
    assert.same({ "1 fence lua: a\n\n" }, found "```lua\na\n\n")
    assert.same({ "1 fence lua: a\n" }, found "\u{feff}```lua\r\na\r\n```\r\n")
    assert.same({ "1 fence lua: a\u{fffd}\n" }, found "```lua\na\0\n```\n")
  end)

  it("has fences indented by up to three columns, and removes that indentation from their content", function()
    assert.same({ "1 fence lua: a\n b\nc\n" }, found "  ```lua\n  a\n   b\n c\n   ```\n")
    assert.same({}, found "    ```lua\n    a\n    ```\n")
    assert.same({ "2 fence lua: \tb\n" }, found "\n```lua\n\tb\n```\n")
    assert.same({ "1 fence lua: ```\n" }, found "~~~lua\n```\n~~~\n")
  end)

  it("has fences in list items", function()
    assert.same({ "2 fence lua: a\n", "6 fence lua: b\n", "8 fence lua: c\n" },
      found "1. one\n   ```lua\n   a\n   ```\n10. ten\n    ~~~lua\n    b\n- - ```lua\n    c\nd\n")
    assert.same({ "4 fence lua: a\n" }, found "1. one\n\n   more\n    ```lua\n    a\n    ```\n")
    assert.same({}, found "- one\n\n      ```lua\n      a\n")
  end)

  it("reports fences in quotations without their content", function()
    assert.same({ "2 quoted lua: ", "4 quoted lua: " }, found "a\n> ```lua\n> b\n> > - ~~~lua\n")
  end)

  it("ignores fences in comments and other HTML", function()
    assert.same({ "6 fence lua: b\n" }, found "<!--\n```lua\na\n```\n-->\n```lua\nb\n```\n")
    assert.same({ "2 fence lua: a\n" }, found "<!-- one line -->\n```lua\na\n```\n")
    assert.same({}, found "<pre>\n\n```lua\n```\n</pre>\n")
    assert.same({ "4 fence lua: a\n" }, found "<details><summary>x</summary>\n~~~lua\n\n```lua\na\n```\n</details>\n")
    assert.same({ "2 fence lua: \n" }, found "<b>bold</b> text\n```lua\n\n```\n")
  end)

  it("has headings with # and with underlines", function()
    assert.same({ "1 h1: One", "2 h2: Two # 2", "3 h6: Six", "4 h1: " }, found "# One\n##  Two # 2 ##\n   ###### Six\n#\n#no\n\n    # no\n")
    assert.same({ "1 h1: One", "4 h2: Two lines", "8 h1: item" }, found "One\n===\n\nTwo\nlines\n---\n\n- item\n  ===\n")
    assert.same({}, found "- a\n---\n\n---\n\n***\n===\n\n> a\n\n===\n")
    assert.same({ "1 fence x: # no\n" }, found "```x\n# no\n```\n")
  end)

  it("skips front matter", function()
    assert.same({ "4 h1: One" }, found "---\ntitle: x\n---\n# One\n")
    assert.same({ "2 h2: a" }, found "\na\n---\n")
    assert.same({ "2 fence lua: \n" }, found "---\n```lua\n\n```\n")
  end)
end)
