--- The interface between a script and the person or program that runs it: options, result on stdout, diagnostics on
--- stderr, exit status.
---
--- ```lua shared-repo
--- local cli = require "lanyard.cli"
---
--- local command = cli.command {
---   summary = "Print the size of a repository's policy.",
---   category = "policies",
---   arguments = { { "repository", help = "Name of the repository." } },
---   options = { "aws", { "--limit", type = "integer", help = "Limit." } },
---   exit = { { 0, "the size was printed" }, { 1, "it is too large" } },
---   examples = { { "lanyard size my-private-repo" } },
--- }
--- local options = command:parse(...)
--- local region = cli.connect(options)
--- local repository = cli.check(region:repositories { options.repository })[1]
--- local doc, err = region:policy(repository)
--- local size = cli.check(doc and doc:size() or not err and 0 or nil, err)
--- cli.out(size .. " characters")
--- --> 538 characters
--- if size > (options.limit or size) then
---   cli.leave(cli.exit.failed, "the policy is too large")
--- end
--- ```
---
--- A script in a folder of `$LANYARD_PATH`, in `~/.config/lanyard/scripts` or in a trusted `./.lanyard/scripts` is a
--- command of its name. `lanyard help cli.Declaration`, `cli.Argument` and `cli.Option` list what a declaration has,
--- and `lanyard.cli.print` prints tables and JSON. A script that returns false ends with exit status 1, one
--- that returns nil and an error, or raises one, with the status of its code, and one that returns an integer with that
--- status.

local command = require "lanyard.cli.command"
local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local progress = require "lanyard.cli.progress"
local result = require "lanyard.cli.result"
local terminal = require "lanyard.cli.terminal"
local types = require "lanyard.cli.types"

local M = {
  command = command.command,
  exit = exit.STATUS,
  leave = exit.leave,
  problem = exit.problem,
  with_code = exit.with_code,
  fail = exit.fail,
  check = exit.check,
  check_file = exit.check_file,
  describe = exit.describe,
  status_of = exit.status_of,
  out = terminal.out,
  data = terminal.data,
  json = result.json,
  note = terminal.note,
  paint = terminal.paint,
  colours = terminal.colours,
  progress = terminal.progress,
  confirm = terminal.confirm,
  duration = types.duration.convert,
  seconds = types.seconds.convert,
}

-- ---------------------------------------------------------------------------------------------
-- Reaching AWS

local has_reported_proxy = false

-- Reports why a call waits: as progress on a terminal. Elsewhere only a proxy that fails is reported, once: it belongs
-- to this machine's settings, and every call waits for it.
local function report_retry(err, delay)
  terminal.progress(err and ("%s (retry in %.0f s)"):format(err, math.ceil(delay)))
  if err and err.code == "Proxy" and not has_reported_proxy and not progress.is_possible() then
    has_reported_proxy = true
    terminal.note(escape.format("lanyard: %s (retrying)", err))
  end
end

-- The options of the command line in messages about their values.
local OPTION_LABELS = { region = "--region", ca_bundle = "--ca-bundle" }

--- Returns the settings for `aws.session` that the shared AWS options give.
---@param options table  of `Command:parse`
---@return aws.SessionOptions
function M.session_options(options)
  return {
    profile = options.profile,
    region = options.region,
    endpoint_url = options.endpoint_url,
    ca_bundle = options.ca_bundle,
    labels = OPTION_LABELS,
    connect_timeout = options.cli_connect_timeout,
    timeout = options.cli_read_timeout,
    debug = command.debug and terminal.note or nil,
    on_retry = report_retry,
  }
end

--- Opens the session that the options ask for. Ends the script where the Region or the profile is missing.
---@param options table  of `Command:parse`
---@return aws.Session
function M.session(options)
  local session, err = require("lanyard.aws").session(M.session_options(options))
  if not session then
    exit.fail(err)
  end
  return session
end

--- Checks a mute when a rules file is loaded. The findings are loaded only for a file that mutes something.
---@private
---@param mute rules.Mute
---@return true? ok
---@return string? message
function M.check_mute(mute)
  return require("lanyard.audit.mutes").check(mute)
end

--- Opens the rules that the options ask for. A script with --rules reads them at once, so that a mistake in the file is
--- reported before anything is done.
---@param options table  of `Command:parse`
---@return rules.Rules
function M.rules(options)
  if options.rules == "" then
    exit.problem("MissingValue", "--rules needs the name of a file, or none")
  end
  local rules = require("lanyard.rules").new {
    path = options.rules,
    check_mute = M.check_mute,
    on_warning = function(text) terminal.note("lanyard: warning: " .. text) end,
  }
  if options.has_rules then
    exit.check(rules:load())
  end
  return rules
end

--- Returns a client whose calls the rules of the user decide about: rules with on = "call". Ends the script where the
--- Region or the profile is missing. A call that a rule denies returns nil and an error with the code RefusedByRule.
---
--- ```lua
--- local cli = require "lanyard.cli"
--- local ecr = cli.client({ rules = "none" }, "ecr")
--- print(ecr:DescribeRepositories().repositories[1].repositoryName)
--- --> my-private-repo
--- ```
---@param options table  of `Command:parse`
---@param service string  "ecr"
---@param settings? aws.ClientOptions
---@return aws.Client
function M.client(options, service, settings)
  local all = { permit = M.rules(options):permit_calls() }
  for name, value in pairs(settings or {}) do
    all[name] = value
  end
  return exit.check(M.session(options):client(service, all))
end

--- Opens `lanyard.access` on the session and with the rules that the options ask for. Ends the script where something
--- is missing.
---@param options table  of `Command:parse`
---@param settings? access.Settings  further settings of `access.connect`
---@return access.Region
function M.connect(options, settings)
  local rules, session = M.rules(options), M.session(options)
  local all = {
    on_names = require("lanyard.cli.completion.names").observer(session),
    permit = function(region, change) return rules:permit(region, change) end,
    prepare = function(region, change) return rules:prepare(region, change) end,
    observer = progress.observer(),
  }
  for name, value in pairs(settings or {}) do
    all[name] = value
  end
  return exit.check(require("lanyard.access").connect(session, all))
end

return M
