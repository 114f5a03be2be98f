-- Runs every command and script of README.md and of its translation as they are written, each block in an empty folder
-- with the files that it names, and compares what they print with what the text says. A command that this spec does not
-- know fails it.

local helper = require "helper"
local json = require "lanyard.json"
local readme = require "readme"

local PATHS = { "README.md", ".github/README.ko.md" }
local TRANSLATION = PATHS[2]

-- Commands that need root or install packages, and why they are not run here.
local NOT_RUN = {
  ["apt-get install git make"] = "needs root; tests/bare.sh runs it",
  ["make demo"] = "installs packages; tests/bare.sh runs it",
  ["make test"] = "installs packages, and runs this spec",
  ["apt-get install libcurl4 libssl3 ca-certificates"] = "needs root; tests/bare.sh runs it",
  ["apt-get install lua5.4 lua-argparse lua-cjson libsqlite3-0 libevent-core-2.1-7 libevent-extra-2.1-7"] =
    "needs root; tests/bare.sh runs it",
  ["luarocks --lua-version 5.4 make scripts/packaging/lanyard-scm-1.rockspec"] =
    "installs modules; tests/packages.sh runs it",
}

-- The other commands: { out = pattern or patterns of stdout, err = pattern of stderr, status = 0 }.
local EXPECTED = {
  ['export PATH="$PWD/build:$PATH"'] = {},
  ["export AWS_ENDPOINT_URL=http://127.0.0.1:8080 AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE"] = {},
  ["export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"] = {},
  ["lanyard emulate --port 8080 &"] = { starts = true },
  ["lanyard permissions"] = { out = { '^{\n.*"Statement"', "ecr:SetRepositoryPolicy" } },
  ["lanyard doctor"] = { out = { "us%-east%-1", "credentials +ok", "ecr:GetRepositoryPolicy +ok" } },
  ["lanyard status"] = { out = "my%-container%-service" },
  ["lanyard audit"] = { out = { "my%-private%-repo", "shared%-repo" } },
  ["lanyard grant my-container-service my-private-repo --enable --dry-run"] = { out = { "would", "ecr:BatchGetImage" } },
  ["lanyard grant my-container-service my-private-repo --enable"] = { out = "my%-private%-repo" },
  ["lanyard show my-private-repo"] = { out = { '"ecr:BatchGetImage"', '"ecr:GetDownloadUrlForLayer"', "my%-container%-service" } },
  ["lanyard undo my-private-repo"] = { out = "my%-private%-repo" },
  ["lanyard policy can web.json --principal 444455556666 --action ecr:BatchGetImage"] = { out = "^allow" },
  ["lanyard policy decide --principal arn:aws:iam::444455556666:role/ci --action ecr:BatchGetImage --account 111122223333 "
    .. "--resource-policy web.json --identity ci.json --scp root.json --context aws:SourceIp=192.0.2.1"] = { out = "^allow" },
  ["lanyard policy check --no-public --only-accounts 111122223333 policies/*.json"] = { out = "^every check passes" },
  ["lanyard policy check --no-new-access main/policies policies"] = { out = "^every check passes" },
  ["lanyard policy diff old.json new.json --effect"] = { status = 3, out = "444455556666" },
  ["lanyard new size"] = { err = "size" },
  ["lanyard test ~/.config/lanyard/scripts"] = { out = "pass" },
  ["lanyard help policy.new_access"] = { out = "new_access" },
}

local function allow(actions, principal)
  return json.encode { Version = "2012-10-17", Statement = json.array { { Sid = "Given", Effect = "Allow",
    Action = actions, Principal = principal, Resource = not principal and "*" or nil } } }
end

-- Files that the commands name.
local FILES = {
  ["web.json"] = allow("ecr:BatchGetImage", { AWS = "444455556666" }),
  ["ci.json"] = allow "ecr:BatchGetImage",
  ["root.json"] = allow "*",
  ["policies/web.json"] = allow("ecr:BatchGetImage", { AWS = "111122223333" }),
  ["main/policies/web.json"] = allow("ecr:BatchGetImage", { AWS = "111122223333" }),
  ["old.json"] = allow("ecr:BatchGetImage", { AWS = "111122223333" }),
  ["new.json"] = allow("ecr:BatchGetImage", { AWS = "444455556666" }),
}

local build = helper.build:find "^/" and helper.build or io.popen("pwd"):read "l" .. "/" .. helper.build

-- A new folder with the build and the files of a block.
local function workplace(text)
  local folder = helper.folder()
  assert(os.execute(("mkdir -p %s/home %s/policies %s/main/policies && ln -s %s %s/build"):format(folder, folder, folder,
    build, folder)))
  for name, content in pairs(FILES) do
    if text:find(name, 1, true) or name:find "/" then
      helper.write(folder .. "/" .. name, content)
    end
  end
  return folder
end

local function environment(folder, more)
  local values = { HOME = folder .. "/home", PATH = build .. ":" .. os.getenv "PATH" }
  for name, value in pairs(more or {}) do
    values[name] = value
  end
  return values
end

-- The shell script that runs the commands of a block one after the other, with the output of each in files. An emulator
-- listens on a free port; the commands after it are run when it is ready.
local function script_of(block, folder)
  local lines = { "cd " .. folder, "mkfifo ready", "exec 3<>ready" }
  for i, command in ipairs(block.commands) do
    local starts = (EXPECTED[command.text] or {}).starts
    local source = command.source:gsub("http://127%.0%.0%.1:8080", '"$url"'):gsub("%-%-port 8080", "--port 0")
    lines[#lines + 1] = ("{\n%s} >%s 2>err.%d </dev/null\necho $? >status.%d"):format(source,
      starts and "&3" or "out." .. i, i, i)
    lines[#lines + 1] = starts and "read -r first second url <&3\ntrap 'kill $!; wait $!' EXIT" or nil
  end
  return table.concat(lines, "\n") .. "\n"
end

local function patterns_of(value)
  return type(value) == "table" and value or { value }
end

local function run_block(block)
  local folder <close> = workplace(block.text)
  helper.run({ "sh", "-c", script_of(block, folder) }, environment(folder))
  for i, command in ipairs(block.commands) do
    local expected = assert(EXPECTED[command.text], command.text .. " is not known")
    local function output(name)
      local path = ("%s/%s.%d"):format(folder, name, i)
      return helper.exists(path) and helper.read(path) or ""
    end
    local all = command.text .. "\n" .. output "out" .. output "err"
    assert.equal(("%d\n"):format(expected.status or 0), output "status", all)
    for _, pattern in ipairs(patterns_of(expected.out)) do
      assert.truthy(output "out":find(pattern), all)
    end
    assert.truthy(output "err":find(expected.err or "^"), all)
  end
end

-- Runs a script as its first line says, against an emulator.
local function run_lua(block)
  local folder <close> = workplace ""
  local emulator <close> = helper.emulator()
  helper.write(folder .. "/script", block.text)
  assert(os.execute("chmod +x " .. folder .. "/script"))
  local result = helper.run({ folder .. "/script" }, environment(folder, emulator.environment))
  assert.equal("", result.err)
  assert.equal("my-private-repo\t111122223333.dkr.ecr.us-east-1.amazonaws.com/my-private-repo\n"
    .. "shared-repo\t111122223333.dkr.ecr.us-east-1.amazonaws.com/shared-repo\n", result.out)
end

local makefiles = "\n" .. helper.read "Makefile" .. helper.read "scripts/packaging/packaging.mk"

local function has_target(name)
  return makefiles:find(("\n%s:[^=\n]"):format(name)) ~= nil
end

local helps, manual = {}, nil

-- The help of some words, or nil.
local function help_of(words)
  if helps[words] == nil then
    local result = helper.run(helper.lanyard .. " help " .. words)
    helps[words] = result.status == 0 and result.out
  end
  return helps[words] or nil
end

local function is_command(name)
  return name and not name:find "[^%w-]" and (help_of "" .. "\n"):find("\n  " .. name:gsub("%-", "%%-") .. "%s") ~= nil
end

-- Returns what is wrong with a command between backquotes: `undo --last`, `policy lint|can`, `lanyard help NoRegion`.
local function fault_of(literal)
  local words = literal:gsub("^lanyard ", ""):gsub("^%-%-emulator ", ""):gsub("%f[%w]COMMAND%f[%W]", "grant")
  local first, rest = words:match "^(%S+) ?(.*)$"
  if first:find "^%-%-%l" then
    manual = manual or helper.run({ helper.lanyard, "docs" }).out
    return not manual:find(first, 1, true) and "there is no such option" or nil
  elseif first == "help" and not rest:find "^%[" then -- its usage names no page
    return not help_of(rest) and "there is no such help" or nil
  elseif first == "grant" and words == first then
    return nil
  elseif not is_command(first) then
    return literal:find "^lanyard " and "there is no such command" or nil
  end
  local help = help_of(first)
  for sub in (rest:match "^[%l|]+" or ""):gmatch "%l+" do
    if help:find "\nCommands\n" and not help_of(first .. " " .. sub) then
      return "there is no " .. sub
    end
  end
  for option in rest:gmatch "%-%-[%l-]+" do
    if not help:find(option, 1, true) then
      return "there is no " .. option
    end
  end
end

for _, path in ipairs(PATHS) do
  describe(path, function()
    local text = helper.read(path)
    local blocks = readme.blocks(text)

    it("has only commands that this spec knows", function()
      local unknown = {}
      for _, block in ipairs(blocks) do
        for _, command in ipairs(block.commands or {}) do
          unknown[#unknown + 1] = not NOT_RUN[command.text] and not EXPECTED[command.text] and command.text or nil
        end
      end
      assert.equal("", table.concat(unknown, "\n"))
    end)

    for i, block in ipairs(blocks) do
      local first = block.commands and block.commands[1].text or ""
      if block.commands and not NOT_RUN[first] then
        it(("has a block %d that works (%s)"):format(i, first:sub(1, 40)), function() run_block(block) end)
      elseif block.language == "lua" then
        it(("has a script, block %d, that works"):format(i), function() run_lua(block) end)
      end
    end

    it("names commands, options, targets and variables that exist", function()
      local faults, targets = {}, 0
      for _, literal in ipairs(readme.literals(text)) do
        local fault = fault_of(literal)
        faults[#faults + 1] = fault and ("`%s`: %s"):format(literal, fault) or nil
        local target = literal:match "^make ?(%l*)$"
        if target then
          targets = targets + 1
          assert.truthy(has_target(target ~= "" and target or "all"), literal)
        elseif literal:find "^%$?LANYARD_[%u_]+$" then
          assert.truthy(help_of "environment":find(literal:gsub("%$", ""), 1, true), literal)
        elseif literal:find "^scripts/" then
          assert.truthy(os.execute("test -e " .. literal), literal)
        end
      end
      assert.equal("", table.concat(faults, "\n"))
      assert.is_true(targets >= 5)
    end)

    it("has links that lead to files of the project", function()
      local count = 0
      for target in readme.prose(text):gmatch "%]%(([^)#]+)%)" do
        count = count + 1
        assert.truthy(os.execute(("test -f '%s%s'"):format(path:match "^(.*/)" or "", target)), target)
      end
      assert.is_true(count >= 4)
    end)
  end)
end

describe("README", function()
  local english = helper.read(PATHS[1])

  it("has each command that this spec knows", function()
    local found = {}
    for _, block in ipairs(readme.blocks(english)) do
      for _, command in ipairs(block.commands or {}) do
        found[command.text] = true
      end
    end
    for _, known in ipairs { NOT_RUN, EXPECTED } do
      for text in pairs(known) do
        assert.truthy(found[text], text)
      end
    end
    for text in pairs(NOT_RUN) do
      local target, file = text:match "^make (%l+)$", text:match "%S+%.rockspec$"
      assert.truthy(not target or has_target(target), text)
      assert.truthy(not file or helper.exists(file), text)
    end
  end)

  it("has the same blocks, commands, names and sections as its translation", function()
    local translated = helper.read(TRANSLATION)
    local ours, theirs = readme.blocks(english), readme.blocks(translated)
    assert.equal(#ours, #theirs)
    for i, block in ipairs(ours) do
      assert.equal(readme.code(block), readme.code(theirs[i]))
    end
    assert.same(readme.literals(english), readme.literals(translated))
    local _, sections = english:gsub("\n#+ ", "")
    local _, others = translated:gsub("\n#+ ", "")
    assert.equal(sections, others)
    assert.same(readme.table_rows(english), readme.table_rows(translated))
  end)
end)
