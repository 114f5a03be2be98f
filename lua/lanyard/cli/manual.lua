--- Builds the pages of the manual from the declarations of the built-in commands, as data for lanyard.report.manual.
---
---     for _, page in ipairs(manual.pages "2026-01-31") do print(page.name, page.section) end

local assets = require "lanyard.assets"
local declaration = require "lanyard.cli.declaration"
local lists = require "lanyard.lists"
local parts = require "lanyard.cli.parts"
local prose = require "lanyard.text.prose"

local M = {}

local SUMMARY = "Grant and audit pull access of Lightsail container services to Amazon ECR."

local DESCRIPTION = [[
Grants Amazon Lightsail container services pull access to Amazon ECR private repositories, revokes it, and reports who
has it. AWS creates one IAM role per container service, the ECR image puller role. A grant is a statement in a
repository policy that allows this role to pull.

Each command is a Lua script inside the binary, and your own scripts become commands, too. `lanyard help` lists the
commands, `lanyard help NAME` describes one, and `lanyard scripts` prints where each comes from.]]

local FILES = {
  { "~/.aws/config, ~/.aws/credentials", "Settings and credentials of the AWS CLI." },
  { "./.lanyard/rules.lua", "Rules that changes are checked against, if you trust them (`lanyard trust`)." },
  { "./.lanyard/scripts/", "Commands of a checkout, if you trust them." },
  { "~/.config/lanyard/scripts/", "Your own commands." },
  { "~/.local/state/lanyard/", "The journal: the policies from before each change, for `lanyard undo`." },
  { "~/.local/share/lanyard/trust/", "The record of what you trust." },
  { "~/.cache/lanyard/completion/", "Names of services and repositories, for completion." },
}

local STATUSES = {
  { "0", "done, or nothing to do" },
  { "1", "failed, or part of the work failed; each failure is listed" },
  { "2", "the command line is invalid, or the rules, desired-state file or runbook that it names" },
  { "3", "a finding, a difference, or another answer than allow; the page of the command says which" },
  { "4", "denied by a rule, or `./.lanyard/rules.lua` is not trusted" },
  { "130", "interrupted" },
}

local function index()
  return require("lanyard.cli.commands").index()
end

local function page_name(command)
  return "lanyard-" .. command:gsub(" ", "-")
end

-- ---------------------------------------------------------------------------------------------
-- lanyard(1)

--- Returns `lanyard help environment` as blocks: its headings, and a list of variables below each.
---@return manual.Block[]
function M.environment()
  local blocks, terms, items = {}, nil, nil
  for line in assets.read "lanyard/cli/environment.txt":gmatch "[^\n]+" do
    local indent, text = line:match "^( *)(.*)$"
    if #indent == 0 then
      local last = blocks[#blocks]
      if type(last) == "string" and not terms then
        blocks[#blocks] = last .. " " .. text -- a paragraph of several lines
      else
        blocks[#blocks + 1] = text
      end
      terms, items = nil, nil
    elseif #indent == 2 then
      if not items then
        items = {}
        blocks[#blocks + 1] = { kind = "variable", items = items }
      end
      if terms then
        terms[1] = terms[1] .. " " .. text
      else
        terms = { text, "" }
        items[#items + 1] = terms
      end
    else
      local item = items[#items]
      item[2], terms = item[2] .. (item[2] == "" and "" or " ") .. text, nil
    end
  end
  return blocks
end

-- Returns the lines that `lanyard help` begins with, without what they do, and the text below them.
local function usages()
  local lines, text = assets.read("lanyard/cli/usage.txt"):match "^usage: (.-)\n\n(.*)$"
  local found = {}
  for line in lines:gmatch "[^\n]+" do
    found[#found + 1] = line:gsub("^ +", ""):match "^(.-)  " or line:gsub("^ +", "")
  end
  return found, text
end

-- Returns the commands of a category.
local function commands_of(category)
  local items = {}
  for _, name in ipairs(lists.sorted_names(index())) do
    local declared = index()[name]
    if declared.category == category and not name:find " " then
      items[#items + 1] = { name, declared.summary }
    end
  end
  return items
end

local function main_page(date)
  local synopsis, text = usages()
  local description, see = prose.blocks(DESCRIPTION .. "\n\n" .. text), {}
  for _, category in ipairs(declaration.CATEGORIES) do
    description[#description + 1] = { heading = (category:gsub("^%l", string.upper)) }
    description[#description + 1] = { kind = "command", items = commands_of(category) }
  end
  for i, name in ipairs(lists.sorted_names(index())) do
    see[i] = page_name(name) .. " 1"
  end
  return {
    name = "lanyard", section = 1, summary = SUMMARY, date = date, synopsis = synopsis, see = see,
    sections = {
      { title = "DESCRIPTION", blocks = description },
      { title = "ENVIRONMENT", blocks = M.environment() },
      { title = "FILES", blocks = { { kind = "file", items = FILES } } },
      { title = "EXIT STATUS", blocks = { { kind = "status", items = STATUSES } } },
    },
  }
end

-- ---------------------------------------------------------------------------------------------
-- lanyard-NAME(1)

local function add_list(blocks, heading, kind, items)
  if #items > 0 then
    blocks[#blocks + 1] = { heading = heading }
    blocks[#blocks + 1] = { kind = kind, items = items }
  end
end

local function description_of(name, declared)
  local blocks, summaries = prose.blocks(declared.description or declared.summary), {}
  for _, sub in ipairs(declared.commands or {}) do
    summaries[name .. " " .. sub] = index()[name .. " " .. sub].summary
  end
  local own, groups = parts.options(declared)
  add_list(blocks, "Commands", "command", parts.commands(name, declared, summaries))
  add_list(blocks, "Arguments", "argument", parts.arguments(declared))
  add_list(blocks, "Options", "option", own)
  for _, group in ipairs(groups) do
    add_list(blocks, group[1], "option", group[2])
  end
  return blocks
end

local function examples_of(declared)
  local blocks = {}
  for _, example in ipairs(declared.examples or {}) do
    blocks[#blocks + 1] = example[2]
    blocks[#blocks + 1] = { literal = "  " .. example[1] }
  end
  return blocks
end

local function statuses_of(declared)
  local items = {}
  for i, row in ipairs(parts.statuses(declared)) do
    items[i] = { tostring(row[1]), row[2] }
  end
  return items
end

-- Returns the pages that a command's page refers to: lanyard(1), its parent, and its sub-commands.
local function related(name, declared)
  local see = { "lanyard 1" }
  local parent = name:match "^(%S+) "
  see[#see + 1] = parent and page_name(parent) .. " 1"
  for _, sub in ipairs(declared.commands or {}) do
    see[#see + 1] = page_name(name .. " " .. sub) .. " 1"
  end
  table.sort(see)
  return see
end

local function command_page(name, date)
  local declared = index()[name]
  return {
    name = page_name(name), section = 1, summary = declared.summary, date = date,
    synopsis = parts.usages(name, declared), see = related(name, declared),
    sections = {
      { title = "DESCRIPTION", blocks = description_of(name, declared) },
      { title = "EXIT STATUS", blocks = { { kind = "status", items = statuses_of(declared) } } },
      { title = "EXAMPLES", blocks = examples_of(declared) },
    },
  }
end

--- Returns the pages of the commands: lanyard(1), and one for each command and sub-command, sorted by name.
---@param date? string YYYY-MM-DD
---@return manual.Page[]
function M.commands(date)
  local pages = { main_page(date) }
  for _, name in ipairs(lists.sorted_names(index())) do
    pages[#pages + 1] = command_page(name, date)
  end
  return pages
end

--- Returns the man pages: the commands and lanyard-api(3).
---@param date? string YYYY-MM-DD
---@return manual.Page[]
function M.pages(date)
  local pages = M.commands(date)
  pages[#pages + 1] = require("lanyard.documentation.manual").page(date)
  return pages
end

--- Returns the parts of the HTML page: the commands and the modules.
---@param date? string YYYY-MM-DD
---@return manual.Page[]
function M.parts(date)
  local pages, modules = M.commands(date), require("lanyard.documentation.manual").pages(date)
  return table.move(modules, 1, #modules, #pages + 1, pages)
end

return M
