-- The commands that write, for the specs of tests/torture: what each needs first, and its words. They run on
-- stage.SEED. `prepare` is run once; then the state is kept, and every case begins with it.

local helper = require "helper"

local M = {}

local GRANTS = [[
return {
  region = "us-east-1",
  grants = {
    { service = "off", repositories = { "shared" } },
    { service = "web", repositories = { "web", "team/*" } },
  },
}
]]

local function command(text)
  local words = {}
  for word in text:gmatch "%S+" do
    words[#words + 1] = word
  end
  return words
end

local function prepare_by(...)
  local texts = { ... }
  return function(stage)
    for _, text in ipairs(texts) do
      stage:must(command(text))
    end
  end
end

local function write_grants(stage)
  helper.write(stage.home .. "/grants.lua", GRANTS)
end

local function save_plan(stage)
  write_grants(stage)
  local result = stage:run { "plan", stage.home .. "/grants.lua", "--output", "json" }
  assert(result.status == 3, result.errors)
  helper.write(stage.home .. "/plan.json", result.out)
end

-- Gives "shared" a statement that another one covers.
local function repeat_statement(stage)
  stage:must { "-e", [[
    local cli = require "lanyard.cli"
    local policy = require "lanyard.policy"
    local region = cli.connect {}
    local text = cli.check(region.ecr:GetRepositoryPolicy { repositoryName = "shared" }).policyText
    local doc = policy.parse(text)
    doc:append(policy.parse('{"Statement":[{"Sid":"again","Effect":"Allow","Principal":{"AWS":"444455556666"},'
      .. '"Action":"ecr:DescribeImages"}]}'), 1)
    cli.check(region.ecr:SetRepositoryPolicy { repositoryName = "shared", policyText = tostring(doc) })
  ]] }
end

local function register_images(stage)
  for i = 1, 4 do
    stage:must { "aws", "lightsail", "register-container-image", "--service-name", "web", "--label", "app",
      "--digest", "sha256:" .. tostring(i):rep(64) }
  end
end

local function write_rules(stage)
  assert(os.execute(("mkdir -p '%s/checkout/.lanyard' && chmod 700 '%s/checkout/.lanyard'"):format(stage.home, stage.home)))
  helper.write(stage.home .. "/checkout/.lanyard/rules.lua", "rule 'a' { on = { 'grant' }, check = function() end }\n")
end

---@class torture.Workflow
---@field name string
---@field prepare fun(stage: table)
---@field repeats? boolean    each run makes another change
---@field keeps_runs? boolean  each run is recorded
---@field stateless? boolean  it changes no policy, so that it uses neither journal nor lock
---@field failure? integer    exit status if a process that it started was killed
---@field words string[]|fun(stage: table): string[]

---@type torture.Workflow[]
M.all = {
  { name = "grant", prepare = prepare_by(), words = command "grant web shared" },
  { name = "grant --enable", prepare = prepare_by(), words = command "grant off team/a --enable" },
  { name = "grant --all", prepare = prepare_by(), words = command "grant web --all --yes" },
  { name = "revoke", prepare = prepare_by "grant web shared", words = command "revoke web shared" },
  { name = "revoke the last statement", prepare = prepare_by "grant web team/a", words = command "revoke web team/a" },
  { name = "undo", prepare = prepare_by("grant web shared", "grant jobs shared"), words = command "undo shared",
    repeats = true },
  { name = "policy minimize", prepare = repeat_statement, words = command "policy minimize --repository shared" },
  { name = "enable", prepare = prepare_by(), words = command "enable off", stateless = true },
  { name = "disable --revoke", prepare = prepare_by("grant web shared", "grant web team/a"),
    words = command "disable web --revoke" },
  { name = "images prune", prepare = register_images, words = command "images prune web --keep 1 --yes", stateless = true },
  { name = "deploy", prepare = prepare_by(), words = command "deploy web app=web:1.0" },
  { name = "service create", prepare = prepare_by(), stateless = true,
    words = command "service create new --power nano --scale 2 --role --tag env=prod" },
  { name = "service update", prepare = prepare_by(), stateless = true,
    words = command "service update web --power small --scale 3 --tag env=prod" },
  { name = "service delete", prepare = prepare_by("grant web shared", "grant web team/a"),
    words = command "service delete web --yes" },
  { name = "apply", prepare = write_grants,
    words = function(stage) return { "apply", stage.home .. "/grants.lua", "--yes", "--no-settle" } end },
  { name = "apply a saved plan", prepare = save_plan,
    words = function(stage) return { "apply", stage.home .. "/plan.json", "--no-settle" } end },
  { name = "audit --history", prepare = prepare_by "grant web shared", keeps_runs = true,
    words = function(stage) return { "audit", "--history", stage.home .. "/state/lanyard/history.db" } end },
}

-- Workflows that write no policy and no journal. The watched command only reads, since it can outlive a killed watch.
M.local_state = {
  { name = "trust", prepare = write_rules,
    words = function(stage) return { "trust", stage.home .. "/checkout", "--yes" } end },
  { name = "trust --revoke",
    prepare = function(stage)
      write_rules(stage)
      stage:must { "trust", stage.home .. "/checkout", "--yes" }
    end,
    words = function(stage) return { "trust", "--revoke", stage.home .. "/checkout" } end },
  { name = "watch", prepare = prepare_by "grant web shared", failure = 1,
    words = command "watch --times 1 --name kill -- status" },
}

---Prepares a stage for a workflow, and keeps its state.
---@param workflow torture.Workflow
---@return string[] words
function M.prepare(stage, workflow)
  workflow.prepare(stage)
  stage:keep()
  return type(workflow.words) == "function" and workflow.words(stage) or workflow.words
end

return M
