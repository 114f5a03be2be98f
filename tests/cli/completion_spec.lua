-- Completion in the shells themselves, on a terminal: what a line becomes when Tab is pressed in it, and that no name is
-- expanded.

local helper = require "helper"
local json = require "lanyard.json"
local system = require "lanyard.system"

local HOME = "HOME" -- in place of the value of the variable
local TOUCH = "$(touch x)"
local ODD = [[it's "my" `touch y` a*b !z;&|<>~]]

-- Names that no service or repository of AWS has, but that an endpoint can return.
local NAMES = { TOUCH, ODD, "\\backslash", "plain:colon=sign", "tab\there", "\u{202e}right" }

local CONFIG = [[
[profile ops]
region = us-gov-west-1
[profile "my profile"]
[profile a:b@c%d]
]]

-- A function prints its arguments, as the shell has read them, in place of the command. Completion runs the command.
local STARTUP = {
  bash = [[
PS1='READY> '
bind 'set enable-bracketed-paste off'
source <(command lanyard completion bash)
lanyard() { printf '%s\0' "$@" >> args; printf '\n' >> args; echo DO''NE; }
]],
  zsh = [[
PS1='READY> '
unset zle_bracketed_paste
autoload -U compinit
compinit -u -D
source <(command lanyard completion zsh)
lanyard() { printf '%s\0' "$@" >> args; printf '\n' >> args; echo DO''NE; }
]],
  fish = [[
function fish_prompt; echo "READY> "; end
function lanyard; printf '%s\0' $argv >> args; printf '\n' >> args; echo DO''NE; end
command lanyard completion fish | source
]],
}
local COMMANDS = {
  bash = { "bash", "--noprofile", "--rcfile", ".bashrc", "-i" },
  zsh = { "zsh", "-d", "-i" },
  fish = { "fish", "--no-config", "-i", "-C", "source .fishrc" },
}

local function has(shell)
  if helper.run({ "sh", "-c", "command -v " .. shell }).status == 0 then
    return true
  end
  pending(("the Debian package %s is not installed"):format(shell))
  return false
end

local home, emulator

-- Types lines on a terminal. Returns the arguments that the shell reads from each, and everything that was shown.
local function typed(shell, lines)
  local environment = {
    TERM = "dumb", PATH = system.real_path(helper.build) .. ":" .. os.getenv "PATH", LC_ALL = "C.UTF-8",
    HOME = home.path, ZDOTDIR = home.path,
  }
  for name, value in pairs(emulator.environment) do
    environment[name] = environment[name] or value
  end
  local dialogue = json.array {}
  for i, line in ipairs(lines) do
    dialogue[i] = { i == 1 and "READY> " or "DONE", line .. "\r" }
  end
  dialogue[#lines + 1] = { "DONE", "exit\r" }
  os.remove(home .. "/work/args")
  local result = helper.run({ "timeout", "100", "sh", "-c", 'cd "$0" && exec "$@"', home .. "/work", "/usr/bin/python3",
    system.real_path "tests/cli/terminal.py", json.encode(dialogue), table.unpack(COMMANDS[shell]) }, environment)
  local all = {}
  for line in helper.read(home .. "/work/args"):gmatch "([^\n]*)\n" do
    local args = {}
    for arg in line:gmatch "([^\0]*)\0" do
      args[#args + 1] = arg
    end
    all[#all + 1] = args
  end
  return all, result.out .. result.err
end

-- A line after "lanyard ", and the arguments that it becomes.
local CASES = {
  { "und\t my-pr\t", "undo", "my-private-repo" },
  { "enable my\t", "enable", "my-container-service" },
  { "grant my-container-service sh\t --enab\t", "grant", "my-container-service", "shared-repo", "--enable" },
  { "policy li\t", "policy", "lint" },
  { "audit --output sa\t", "audit", "--output", "sarif" },
  { "audit --output=sa\t", "audit", "--output=sarif" },
  { "audit --region us-east-1,us-west-1,us-w\t", "audit", "--region", "us-east-1,us-west-1,us-west-2" },
  { "enable \\$\t", "enable", TOUCH },
  { "enable '$\t", "enable", TOUCH },
  { "enable it\t", "enable", ODD },
  { "enable \"it\t", "enable", ODD },
  { "enable '\\ba\t", "enable", "\\backslash" },
  { "enable pl\t", "enable", "plain:colon=sign" },
  { "enable plain:c\t", "enable", "plain:colon=sign" },
  { "audit --service=it\t", "audit", "--service=" .. ODD },
  { "enable --profile my\t tab\t", "enable", "--profile", "my profile", "tab" },
  { "enable --region us-g\t right\t", "enable", "--region", "us-gov-west-1", "right" },
  { "doctor --profile=a:b\t", "doctor", "--profile=a:b@c%d" },
  { "status \"$HOME\" 'a b' tab\t", "status", HOME, "a b", "tab" },
  { "status $(echo v) pl\t", "status", "v", "plain:colon=sign" },
  { "policy lint fi\t", "policy", "lint", "file $(touch z).lua" },
  { "revoke --rules=fi\t", "revoke", "--rules=file $(touch z).lua" },
  { "docs --man=fo\tx", "docs", "--man=folder/x" },
  { "--emulator=fi\t status", "--emulator=file $(touch z).lua", "status" },
  { "trust fo\tx", "trust", "folder/x" },
  { "help rul\t te\t", "help", "rules", "test" }, { "help NoReg\t", "help", "NoRegion" },
  { "help environ\t", "help", "environment" },
  { "help policy.new_a\t", "help", "policy.new_access" }, { "help ecr:GetRepositoryPol\t", "help", "ecr:GetRepositoryPolicy" },
  { "help lanyard.policy.Document:all\t", "help", "lanyard.policy.Document:allow" }, { "scri\t", "scripts" },
  { "watch -- sta\t my-\t", "watch", "--", "status", "my-container-service" },
  { "--emulator gra\t", "--emulator", "gra" },
}

describe("completion", function()
  setup(function()
    home = helper.folder()
    helper.run { "mkdir", "-p", home .. "/.aws", home .. "/work/folder" }
    helper.write(home .. "/.aws/config", CONFIG)
    helper.write(home .. "/work/file $(touch z).lua", "")
    helper.write(home .. "/work/.bashrc", STARTUP.bash)
    helper.write(home .. "/.zshrc", STARTUP.zsh)
    helper.write(home .. "/work/.fishrc", STARTUP.fish)
    emulator = helper.emulator()
    local result = emulator:run({ "status" }, { HOME = home.path, XDG_CACHE_HOME = "" })
    assert.equal("", result.err)
    local path = helper.run({ "sh", "-c", 'ls "$0"/.cache/lanyard/completion/*', home.path }).out:match "^[^\n]+"
    helper.write(path, (helper.read(path):gsub("services %d+\n", "%0 " .. table.concat(NAMES, "\n "):gsub("%%", "%%%%") .. "\n")))
  end)

  teardown(function()
    getmetatable(emulator).__close(emulator)
    getmetatable(home).__close()
  end)

  for _, shell in ipairs { "bash", "zsh", "fish" } do
    it("in " .. shell .. " turns lines into words, and expands none", function()
      if not has(shell) then
        return
      end
      local lines = {}
      for i, case in ipairs(CASES) do
        lines[i] = "lanyard " .. case[1]
      end
      local all, shown = typed(shell, lines)
      for i, case in ipairs(CASES) do
        local expected = { table.unpack(case, 2) }
        for n, word in ipairs(expected) do
          expected[n] = word == HOME and home.path or word
        end
        assert.same(expected, all[i], case[1] .. "\n" .. shown)
      end
      for _, name in ipairs { "x", "y", "z" } do
        assert.is_false(helper.exists(home .. "/work/" .. name))
      end
    end)
  end
end)

describe("the answer to a shell", function()
  it("loads only what it needs: it is asked for at each Tab", function()
    for line, modules in pairs {
      ["grant, --re"] = "", ["gra"] = "", ["grant, my"] = "completion.names", ["help, "] = "help_modules",
    } do
      local words = {}
      for word in (line .. ","):gmatch " ?([^,]*)," do words[#words + 1] = word end
      local result = helper.run({ helper.lanyard, "-e", [[
        local words = { ... }
        require("lanyard.cli.completion").candidates(words, table.remove(words))
        for _, name in ipairs { "crypto", "aws.session", "http", "policy", "documentation.index", "cli.print",
            "cli.completion.names", "cli.help_modules" } do
          if package.loaded["lanyard." .. name] then print(name) end
        end]], table.unpack(words) }, { XDG_CACHE_HOME = "/nonexistent" })
      assert.same({ 0, "", modules == "" and "" or "cli." .. modules .. "\n" }, { result.status, result.err, result.out }, line)
    end
  end)
end)
