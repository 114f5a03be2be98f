-- Serve Lightsail, ECR, STS and IAM on loopback, as strict as AWS.
--
-- Prints the endpoint's URL as its first line when it is ready; AWS_ENDPOINT_URL (or --endpoint-url) set
-- to it makes lanyard, the AWS CLI and SDKs call it. Account 111122223333, access key
-- AKIAIOSFODNN7EXAMPLE, secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY. Ends on SIGINT, SIGTERM and SIGHUP.

local cli = require "lanyard.cli"
local emulator = require "lanyard.emulator"
local data_file = require "lanyard.emulator.data_file"
local task = require "lanyard.task"

local function whole_number(text)
  local number = math.tointeger(tonumber(text))
  if not number or number < 0 or number > 65535 then
    return nil, ("'%s' is no port: 0 to 65535"):format(text)
  end
  return number
end

local command = cli.command(...)
command:option("--port", "The port; 0 picks one that is free."):argname("N"):default("0"):convert(whole_number)
command:option("--state", "Keep the state in this file, and begin with what it has."):argname "FILE"
command:option("--seed", "What there is at first: a .lua or .json file."):argname "FILE"
command:option("--activation-delay", "How long a service takes to change."):argname "TIME":convert(cli.duration)
command:option("--faults", "Faults to inject: a .lua or .json file."):argname "FILE"
command:flag("--reformat", "Give policies back laid out anew, as ECR does.")
local options = command:parse()

local function table_of(path)
  return path and cli.check(data_file.read(path))
end

local em = cli.check(emulator.start {
  port = options.port,
  state_file = options.state,
  seed = table_of(options.seed),
  activation_delay = options.activation_delay,
  faults = table_of(options.faults),
  reformat = options.reformat,
  on_error = cli.note,
})
cli.out("listening on " .. em.url)

-- Until a signal cancels the wait.
local ok, err = pcall(function()
  while true do
    task.sleep(3600)
  end
end)
em:stop()
if not ok and err ~= task.cancelled then
  error(err, 0)
end
