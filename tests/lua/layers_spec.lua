-- The packages of lua/ and core/ use only the packages that their README lists.

-- The rows of a README's table: { [package] = { [package it may use] = true } }, and the text.
local function layers_of(path)
  local file <close> = assert(io.open(path))
  local text = file:read "a"
  local layers = {}
  for package, used in text:gmatch "\n| `([%w_]+)` |[^|\n]*|([^|\n]*)|" do
    layers[package] = {}
    for name in used:gmatch "`([%w_]+)`" do
      layers[package][name] = true
    end
  end
  return layers, text
end

-- The modules of the foundation: the names in the paragraph that lists them.
local function foundation_of(text)
  local names = {}
  for name in text:match("\nThe foundation is these modules.-\n\n"):gmatch "`([%w_]+)`" do
    names[name] = true
  end
  return names
end

local function lines_of(command)
  local pipe <close> = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  return lines
end

-- Modules that are not the project's.
-- lua-cjson is for scripts of users only (core/README.md).
local LIBRARIES = { argparse = true }

describe("the packages of lua/", function()
  local layers, text = layers_of "lua/README.md"
  local foundation = foundation_of(text)

  -- The package of a module's name; nil for a library.
  local function package_of(module)
    local first = module:match "^lanyard%.([%w_]+)"
    if not first then
      assert.truthy(module == "lanyard" or LIBRARIES[module], "unknown module " .. module)
      return nil
    end
    return foundation[first] and "foundation" or first
  end

  it("are all in the table, and form no cycle", function()
    local state = {}
    local function visit(package)
      assert.truthy(layers[package], package .. " is in no row of lua/README.md")
      assert.not_equal("open", state[package], "the packages form a cycle through " .. package)
      if not state[package] then
        state[package] = "open"
        for used in pairs(layers[package]) do visit(used) end
        state[package] = "done"
      end
    end
    for package in pairs(layers) do visit(package) end
    for _, path in ipairs(lines_of "find lua/lanyard -name '*.lua'") do
      local module = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
      if module ~= "lanyard" then
        assert.truthy(layers[package_of(module)], module .. " belongs to no package of lua/README.md")
      end
    end
  end)

  it("use no package that their row does not list", function()
    local edges = 0
    for _, path in ipairs(lines_of "find lua/lanyard -name '*.lua'") do
      local module = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
      local own = module ~= "lanyard" and package_of(module)
      local file <close> = assert(io.open(path))
      for line in file:lines() do
        for loader, required in line:gsub("^%s*%-%-.*", ""):gmatch "(%a+)%s*%(?%s*[\"']([%w_.]+)[\"']" do
          local used = own and (loader == "require" or loader == "lazy") and package_of(required) or own
          if used ~= own then
            edges = edges + 1
            assert.truthy(layers[own][used], ("%s: %s may not use %s"):format(path, own, required))
          end
        end
      end
    end
    assert.is_true(edges > 300, "the spec finds too few requires: " .. edges)
  end)
end)

describe("the packages of core/", function()
  local layers = layers_of "core/README.md"

  it("include no header of a package that their row does not list", function()
    local edges = 0
    for _, path in ipairs(lines_of "find core -mindepth 2 -name '*.[ch]'") do
      local own = path:match "^core/([%w_]+)/"
      assert.truthy(layers[own], own .. " is in no row of core/README.md")
      local file <close> = assert(io.open(path))
      for line in file:lines() do
        local included = line:match '^%s*#%s*include%s+"([^"]+)"'
        local used = included and included:match "^([%w_]+)/" or own
        if used ~= own then
          edges = edges + 1
          assert.truthy(layers[own][used], ("%s: %s may not include %s"):format(path, own, included))
        end
        local system = line:match "^%s*#%s*include%s+<([^>]+)>"
        if system and system:find "^lua" or system == "lauxlib.h" then
          assert.equal("lua", own, path .. " includes " .. system)
        elseif system and system:find "^openssl/" then
          assert.equal("crypto", own, path .. " includes " .. system)
        end
      end
    end
    assert.is_true(edges > 20, "the spec finds too few includes: " .. edges)
  end)
end)
