local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Serve an emulator of Lightsail, ECR, STS and IAM on loopback.",
  category = "development",
  description = [[
Prints the URL of the endpoint on its first line when it is ready. With AWS_ENDPOINT_URL (or
--endpoint-url) set to that URL, lanyard, the AWS CLI and the SDKs call the emulator. It verifies
signatures and validates requests as AWS does. It runs until it receives SIGINT, SIGTERM or SIGHUP.

  account      111122223333
  access key   AKIAIOSFODNN7EXAMPLE
  secret       wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY

A seed lists what exists at the start. It is a Lua file that returns a table, run in a sandbox, or
JSON:

  return { regions = { ["us-east-1"] = {
    services = { { name = "web", role = true, tags = { env = "prod" } } },
    repositories = { { name = "web", images = { "1.0", "latest" } } },
  } } }

A fault plan is a list in the same formats. The first fault that matches a request applies:

  return {
    { service = "ecr", operation = "SetRepositoryPolicy", times = 2,
      throttle = true },
    { operation = "GetRepositoryPolicy", probability = 0.1, status = 503 },
  }

Other effects of a fault are rate and burst, error (code, message, status), reset, cut, late, delay,
skew and stale; after, every, times and probability select the requests.

`lanyard --emulator COMMAND` runs one command against an emulator in the same process.
]],
  options = {
    { "--port", type = "port", default = "0", help = "Port to listen on; 0 picks a free one." },
    { "--state", type = "file", help = "Load the state from this file if it exists, and save it there." },
    { "--seed", type = "file", help = "Initial services and repositories: a .lua or .json file." },
    { "--activation-delay", type = "duration", help = "How long a change of a service takes." },
    { "--faults", type = "file", help = "Faults to inject: a .lua or .json file." },
    { "--reformat", help = "Return policies in a different layout, as ECR does." },
  },
  exit = {
    { 0, "ended by a signal" },
    { 1, "a file is invalid, or the port is in use" },
    { 2, "the command line is invalid" },
  },
  examples = {
    { "lanyard emulate --port 8080", "Serve on http://127.0.0.1:8080." },
    { "lanyard emulate --seed seed.lua --state state.json", "Keep the state between runs." },
  },
}
local options = command:parse(...)

local data_file = require "lanyard.emulator.data_file"
local emulator = require "lanyard.emulator"
local task = require "lanyard.task"

local function read_table(path)
  return path and cli.check(data_file.read(path))
end

local em = cli.check(emulator.start {
  port = options.port,
  state_file = options.state,
  seed = read_table(options.seed),
  activation_delay = options.activation_delay,
  faults = read_table(options.faults),
  reformat = options.reformat,
  on_error = cli.note,
})
cli.out("listening on " .. em.url)

-- A signal cancels the wait.
local ok, err = pcall(function()
  while true do
    task.sleep(3600)
  end
end)
em:stop()
if not ok and err ~= task.cancelled then
  error(err, 0)
end
