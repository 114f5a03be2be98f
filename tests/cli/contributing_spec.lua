-- Carries out the examples of .github/CONTRIBUTING.md in a copy of the project: files and lines are added, the copy is
-- built, and each command must print what the guide says.

local helper = require "helper"

local GUIDE = ".github/CONTRIBUTING.md"

-- The fenced blocks of the guide: { section, language, info = what follows the language, text }.
local function blocks_of(text)
  local blocks, section, block = {}, nil, nil
  for line in text:gmatch "([^\n]*)\n" do
    local language, info = line:match "^```(%a*)%s*(.*)$"
    if block and language == "" then
      block.text = table.concat(block, "\n") .. "\n"
      blocks[#blocks + 1], block = block, nil
    elseif block then
      block[#block + 1] = line
    elseif language then
      block = { section = section, language = language, info = info }
    else
      section = line:match "^## (.+)$" or section
    end
  end
  return blocks
end

local function insert_after(path, anchor, text)
  local lines, found = {}, 0
  for line in helper.read(path):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line .. "\n"
    if line:find(anchor, 1, true) then
      found = found + 1
      lines[#lines + 1] = text
    end
  end
  assert.equal(1, found, ("%s: the line '%s' of the guide"):format(path, anchor))
  helper.write(path, table.concat(lines))
end

-- Adds what a block shows to the copy of the project in `folder`.
local function apply(folder, block)
  local path, anchor = block.info:match '^(%S+) after "(.*)"$'
  path = ("%s/%s"):format(folder, path or block.info)
  if anchor then
    insert_after(path, anchor, block.text)
  else
    helper.write(path, block.text)
  end
end

-- A copy of the project and of its build, so that only what changes is built again.
local function copy()
  local folder = helper.folder()
  local status = os.execute(("cp -a Makefile LICENSE core lua scripts tests %s && mkdir %s/build && cd %s && "
    .. "cp -a core embedded.* lanyard* licenses.txt models.index *.flags %s/build"):format(folder, folder, helper.build, folder))
  -- All builds share what makes the index of models.
  status = status and os.execute(("cd %s && cp -a host MODELS.flags %s/build"):format(helper.build:gsub("/sanitized/?$", ""), folder))
  assert.truthy(status, "cannot copy the project")
  return folder
end

describe("the contributing guide", function()
  local blocks = blocks_of(helper.read(GUIDE))

  it("has an example under 20 lines for each kind of addition", function()
    local sections = {}
    for _, block in ipairs(blocks) do
      sections[block.section] = true
      local _, lines = block.text:gsub("\n", "")
      assert.is_true(lines <= 20, ("%s: an example has %d lines"):format(block.section, lines))
    end
    for _, kind in ipairs { "command", "finding", "report format", "service", "C module", "lint rule" } do
      assert.is_true(sections["Add a " .. kind], kind)
    end
  end)

  it("has examples that build and print what it says", function()
    local folder <close> = copy()
    local commands = {}
    for i, block in ipairs(blocks) do
      if block.language == "sh" then
        assert.equal("text", blocks[i + 1].language, block.section)
        commands[#commands + 1] = { block.text, blocks[i + 1].text }
      elseif block.language ~= "text" then
        apply(folder, block)
      end
    end
    local flags = helper.read(helper.build .. "/CFLAGS.flags"):gsub("\n$", "")
    local built = helper.run({ "make", "-C", folder.path, "-s", "build", "CFLAGS=" .. flags }, { HOME = folder.path })
    assert.equal(0, built.status, built.err)
    assert.is_true(#commands >= 5)
    for _, command in ipairs(commands) do
      local result = helper.run({ "sh", "-c", ("cd %s && %s"):format(folder, command[1]) }, { HOME = folder.path })
      assert.equal(command[2], result.out, command[1] .. result.err)
    end
  end)
end)
