-- Follows the tutorial of lua/README.md in a copy of scripts/examples/tutorial: the files are what it shows, and each
-- command prints what it says.

local helper = require "helper"

local FOLDER = "scripts/examples/tutorial/"

-- The fenced blocks: { step, language, info = what follows the language, text }.
local function blocks_of(text)
  local blocks, step, block = {}, nil, nil
  for line in text:gmatch "([^\n]*)\n" do
    local language, info = line:match "^```(%a*) ?(.*)$"
    if block and language == "" then
      block.text = table.concat(block, "\n") .. "\n"
      blocks[#blocks + 1], block = block, nil
    elseif block then
      block[#block + 1] = line
    elseif language then
      block = { step = step, language = language, info = info }
    else
      step = line:match "^### (%d+)%. " or line:match "^## " and "0" or step
    end
  end
  return blocks
end

describe("the tutorial", function()
  local blocks = blocks_of(helper.read "lua/README.md")

  it("has ten steps, each with its file, and shows the files as they are", function()
    local steps = {}
    for _, block in ipairs(blocks) do
      local name = block.info:match "^part of (.*)$"
      if name then
        assert.truthy(("\n" .. helper.read(FOLDER .. name)):find("\n" .. block.text, 1, true), name)
      elseif block.info ~= "" then
        assert.equal(helper.read(FOLDER .. block.info), block.text)
      end
      local number = (name or block.info):match "^(%d+)%-"
      if number then
        assert.equal(number, block.step)
        steps[tonumber(number)] = true
      end
    end
    assert.equal(10, #steps)
    local pipe <close> = assert(io.popen("ls " .. FOLDER))
    for file in pipe:lines() do
      assert.truthy(file == "seed.lua" or steps[tonumber(file:match "^(%d+)%-")], file)
    end
  end)

  it("has commands that print what it says", function()
    local folder <close> = helper.folder()
    assert(os.execute(("cp -r %s. %s"):format(FOLDER, folder)))
    local build = helper.build:find "^/" and helper.build or io.popen("pwd"):read "l" .. "/" .. helper.build
    local environment = { PATH = build .. ":" .. os.getenv "PATH", HOME = folder .. "/home" }
    local count = 0
    for i, block in ipairs(blocks) do
      if block.language == "sh" and block.info == "" then
        assert.equal("text", blocks[i + 1].language, block.text)
        local result = helper.run({ "sh", "-c", ("mkdir -p $HOME; cd %s; exec 2>&1\n%s"):format(folder, block.text) },
          environment)
        assert.equal(blocks[i + 1].text, result.out, block.text)
        count = count + 1
      end
    end
    assert.is_true(count >= 12)
  end)
end)
