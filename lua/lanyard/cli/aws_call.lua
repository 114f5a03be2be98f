--- Carries out what `lanyard aws` is asked for: a call with its pages, a wait, or a sample of its input or output.

local aws_line = require "lanyard.cli.aws"
local aws_output = require "lanyard.cli.aws_output"
local cli = require "lanyard.cli"
local names = require "lanyard.awscli.names"
local present = require "lanyard.awscli.present"
local skeleton = require "lanyard.awscli.skeleton"
local terminal = require "lanyard.cli.terminal"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- The session

local function seconds(text)
  return text and cli.seconds(text)
end

-- Returns the options of the session under the names of the shared options.
local function settings_of(globals)
  return {
    profile = globals.profile, region = globals.region, endpoint_url = globals["endpoint-url"],
    ca_bundle = globals["ca-bundle"], cli_connect_timeout = seconds(globals["cli-connect-timeout"]),
    cli_read_timeout = seconds(globals["cli-read-timeout"]),
  }
end

local function open(request)
  local globals = request.line.globals
  local session = cli.session(settings_of(globals))
  local client = cli.check(session:client(names.model_of(request.service), {
    modelled = true, unsigned = globals["no-sign-request"] or nil,
  }))
  return session, client
end

-- ---------------------------------------------------------------------------------------------
-- Calls

-- Returns the input with the files of its streams.
local function with_files(input)
  local complete = {}
  for name, value in pairs(input.input) do
    complete[name] = value
  end
  for name, path in pairs(input.files) do
    complete[name] = cli.check(require("lanyard.system").read_file(path))
  end
  return complete
end

-- EC2 answers a dry run that would succeed with an error.
local function is_dry_run(request, input, err)
  return err.code == "DryRunOperation" and input.input.DryRun == true and request.operation.input.by_name.DryRun ~= nil
end

local function call(client, request, input)
  local reply, err = client:call(request.operation.name, with_files(input),
    request.outfile and { to = request.outfile } or nil)
  if not reply and is_dry_run(request, input, err) then
    terminal.note("lanyard: " .. err.message)
    cli.leave(cli.exit.ok)
  end
  return cli.check(reply, err)
end

local function run_call(request)
  local session, client = open(request)
  local input = aws_line.input(request, session.profile.values.cli_binary_format)
  local output = aws_output.new(request, session.profile.values.output)
  local reply = call(client, request, input)
  if request.outfile then
    reply[request.options.outfile] = nil
  end
  output:print(present(request.operation.output, reply))
  return cli.exit.ok
end

-- ---------------------------------------------------------------------------------------------
-- Samples

local function run_sample(request, kind)
  local output = aws_output.new(request)
  if kind == "input" then
    aws_line.input(request)
    output:print(skeleton.input(request.operation.input))
  else
    aws_line.input(request)
    output:print(skeleton.output(request.operation.output))
  end
  return cli.exit.ok
end

-- ---------------------------------------------------------------------------------------------
-- Waits

local function run_wait(request)
  local session, client = open(request)
  local input = aws_line.input(request, session.profile.values.cli_binary_format)
  cli.check(client:wait(request.waiter, input.input))
  return cli.exit.ok
end

--- Carries out a request. A failure ends the script.
---@param request awscli.Request
---@return integer status
function M.run(request)
  local sample = request.line.globals["generate-cli-skeleton"]
  if sample then
    return run_sample(request, sample)
  elseif request.waiter then
    return run_wait(request)
  end
  return run_call(request)
end

return M
