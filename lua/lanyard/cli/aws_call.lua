--- Carries out what `lanyard aws` is asked for: a call with its pages, a wait, or a sample of its input or output.

local adapted = require "lanyard.awscli.adapted"
local aws = require "lanyard.aws"
local aws_line = require "lanyard.cli.aws"
local aws_policy = require "lanyard.cli.aws_policy"
local aws_output = require "lanyard.cli.aws_output"
local cli = require "lanyard.cli"
local composed = require "lanyard.awscli.composed"
local credentials = require "lanyard.credentials"
local crypto = require "lanyard.crypto"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local names = require "lanyard.awscli.names"
local paging = require "lanyard.awscli.paging"
local plan = require "lanyard.aws.plan"
local present = require "lanyard.awscli.present"
local secrets = require "lanyard.aws.secrets"
local report = require "lanyard.cli.print"
local requests = require "lanyard.awscli.request"
local skeleton = require "lanyard.awscli.skeleton"
local system = require "lanyard.system"
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
    cli_read_timeout = seconds(globals["cli-read-timeout"]), rules = globals.rules,
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

-- Returns the input as it is sent, and the function that makes a printable value of a reply.
local function members_of(request, input, output)
  local complete = {}
  for name, value in pairs(input.input) do
    complete[name] = value
  end
  for name, path in pairs(input.files) do
    complete[name] = cli.check(aws.file(path))
  end
  local model, operation = names.model_of(request.service), request.operation
  return complete, function(reply)
    local value = present(operation.output, reply, output.time)
    adapted(model, operation, value)
    return value
  end
end

-- Prints the password of a registry: `get-login-password`.
local function print_password(reply)
  local data = reply.authorizationData or {}
  local token = (data[1] or data).authorizationToken
  local password = token and (crypto.base64_decode(token) or ""):match "^[^:]*:(.*)$"
  if not password then
    cli.problem("InvalidResponse", "the reply has no authorization token")
  end
  terminal.data(password)
end

-- EC2 answers a dry run that would succeed with an error.
local function is_dry_run(request, input, err)
  return err.code == "DryRunOperation" and input.input.DryRun == true and request.operation.input.by_name.DryRun ~= nil
end

-- members: of this call
-- to: the file for the stream of the reply | nil
local function call(client, request, input, members, to)
  -- The first input was checked when the command line was read: only the token of a reply can be at fault.
  local complete, message = plan.input(client.description.model, request.operation, members)
  if not complete then
    cli.fail(errors.new {
      code = "InvalidResponse", service = client.service, operation = request.operation.name,
      message = "the next page cannot be requested with the token of the reply: " .. message,
    })
  end
  local reply, err = client:call(request.operation.name, members, to and { to = to } or nil)
  if not reply and is_dry_run(request, input, err) then
    terminal.note("lanyard: " .. err.message)
    cli.leave(cli.exit.ok)
  end
  return cli.check(reply, err)
end

-- Prints each page by itself, and the token for what is left.
local function print_pages(run, output)
  local is_first = true
  while true do
    local page, err = run.next()
    if err then
      cli.fail(err)
    elseif not page then
      break
    end
    output:print(paging.part(run, page, is_first))
    is_first = false
  end
  if run.resume_token then
    output:print_token(run.resume_token)
  end
end

local function run_pages(client, request, input, output)
  local members, shown = members_of(request, input, output)
  local run, err = paging.new(request.options.paginator, request.operation, input.paging, members,
    function(of_page) return call(client, request, input, of_page) end, shown)
  if not run and type(err) == "string" then
    cli.problem("InvalidValue", ("--starting-token: %s (lanyard help %s)"):format(err, requests.topic(request)))
  end
  cli.check(run, err)
  if output.by_page then
    print_pages(run, output)
  else
    output:print(cli.check(paging.join(run)))
  end
  return cli.exit.ok
end

-- Returns the input without its secrets.
local function hidden(request, input)
  local given, shape = {}, request.operation.input
  for name, value in pairs(input.input) do
    given[name] = value
  end
  for name, path in pairs(input.files) do
    given[name] = path
  end
  return shape and present(shape, secrets.hide(shape, given)) or {}
end

-- Asks the rules about the call. A denial ends the script.
local function ask_rules(request, session, input)
  local operation = request.operation
  cli.check(cli.rules({ rules = request.line.globals.rules }):permit_call(session, {
    service = names.model_of(request.service), operation = operation.name, reads = operation.reads,
    parameters = hidden(request, input), region = session.region,
  }))
end

-- Changes a repository policy through the safe write.
local function run_policy(request, input, output)
  local settings = settings_of(request.line.globals)
  local dry_run = request.line.globals["dry-run"] ~= nil
  local reply, change = aws_policy.run(request, input.input, settings, dry_run)
  report.details(change.repository.name, change)
  if dry_run then
    cli.out(change.diff ~= "" and report.paint_diff(change.diff) or "unchanged")
  else
    output:print(present(request.operation.output, reply))
  end
  if change.effect then
    (dry_run and cli.out or cli.note)(report.effect_line(change.effect))
  end
  return cli.exit.ok
end

local OWNER_ONLY = tonumber("600", 8)

-- Saves parts of a reply in files, for options such as --private-key-outfile.
local function save(input, reply)
  for _, one in ipairs(input.saves) do
    local value = one.take(reply)
    if value == nil then
      cli.problem("InvalidResponse", ("the reply has nothing to save in %s"):format(one.path))
    end
    cli.check(system.write_file(one.path, type(value) == "string" and value or credentials.unseal(value), OWNER_ONLY))
  end
end

local STDOUT = { ["-"] = true, ["/dev/stdout"] = true }
local PART = 1 << 20

-- Copies a file to standard output, until its reader has closed it.
local function print_file(path)
  local file <close> = assert(io.open(path, "rb"))
  for part in function() return file:read(PART) end do
    local ok, message, number = io.stdout:write(part)
    if not ok and number ~= terminal.CLOSED_PIPE then
      cli.problem("OutputFailed", "cannot write the result: " .. message)
    elseif not ok then
      break
    end
  end
  terminal.used = true
end

-- Makes a call whose reply has a stream, which goes to a file. Standard output takes the stream instead of the other
-- members.
local function run_stream(client, request, input, output)
  local members, shown = members_of(request, input, output)
  local to_stdout = STDOUT[request.outfile]
  local folder = to_stdout and cli.check(system.temp_folder "lanyard-aws")
  local _ <close> = setmetatable({}, { __close = function()
    if folder then
      system.remove_tree(folder)
    end
  end })
  local reply = call(client, request, input, members, to_stdout and folder .. "/stream" or request.outfile)
  if to_stdout then
    print_file(folder .. "/stream")
  else
    reply[request.options.outfile] = nil
    output:print(shown(reply))
  end
  return cli.exit.ok
end

local function run_call(request)
  local session, client = open(request)
  local input = aws_line.input(request, session.profile.values.cli_binary_format)
  local output = aws_output.new(request, session.profile)
  ask_rules(request, session, input)
  request.model:keep_as_sent() -- only now: rules can make calls, too
  if aws_policy.handles(request) then
    return run_policy(request, input, output)
  elseif request.line.globals["dry-run"] then
    cli.out(("would call %s:%s in %s: %s"):format(names.model_of(request.service), request.operation.name,
      session.region, json.encode(hidden(request, input))))
    return cli.exit.ok
  elseif request.outfile then
    return run_stream(client, request, input, output)
  elseif input.paginates then
    return run_pages(client, request, input, output)
  end
  local members, shown = members_of(request, input, output)
  local reply = call(client, request, input, members)
  if request.command == "get-login-password" then
    print_password(reply)
    return cli.exit.ok
  end
  save(input, reply)
  local value = shown(reply)
  composed.complete(request, reply, value, function(name, of_other)
    local other = { service = request.service, operation = request.model:operation(name), line = request.line }
    ask_rules(other, session, { input = of_other, files = {} })
    return cli.check(client:call(name, of_other))
  end, output.time)
  output:print(value)
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
  ask_rules(request, session, input)
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
