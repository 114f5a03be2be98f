local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Emulate Lightsail, ECR, STS, IAM, Organizations and CloudTrail.",
  category = "development",
  description = [[
Prints the URL of the endpoint on its first line when it is ready, and runs until it receives
SIGINT, SIGTERM or SIGHUP. It verifies signatures and validates requests as AWS does. lanyard, the
AWS CLI and the SDKs call it with these settings:

  lanyard emulate --port 8080 &
  export AWS_ENDPOINT_URL=http://127.0.0.1:8080
  export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
  export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
  export AWS_REGION=us-east-1
  lanyard grant my-container-service my-private-repo --enable

The account is 111122223333. Without --seed it has the service my-container-service, whose puller
role is off, and the repositories my-private-repo and shared-repo in us-east-1.

`lanyard --emulator COMMAND` starts a new emulator with this account in the same process, runs one
command, and keeps nothing.

A seed lists what exists at the start. It is a Lua file that returns a table, run in a sandbox, or
JSON:

  return { regions = { ["us-east-1"] = {
    services = { { name = "web", role = true, tags = { env = "prod" } } },
    repositories = { { name = "web", images = { "1.0", "latest" } } },
  } } }

A Region can also have registry_policy (a text or a table) and account_settings, for example
{ REGISTRY_POLICY_SCOPE = "V1" }. The account manages an organization with no other account, unless
the seed has organization = { id = "o-a1b2c3d4e5", accounts = { { id = "444455556666" } } }, or
organization = false. With management = ID another account manages it, and
resource_control_policies = { { name = "perimeter", content = {...}, targets = { "r-a1b2" } } }
apply to the account; with delegated = true it can read them, as a delegated administrator.

A fault plan is a list in the same formats. The first fault that matches a request applies:

  return {
    { service = "ecr", operation = "SetRepositoryPolicy", times = 2,
      throttle = true },
    { operation = "GetRepositoryPolicy", probability = 0.1, status = 503 },
  }

These select requests:

  service, operation   the API and the call; all unless given
  after = N            not the first N that match
  every = N            every Nth of the rest
  times = N            at most N requests
  probability = P      each with this probability, from 0 to 1

These are the effects:

  throttle = true      reject the request as throttled
  rate = N, burst = M  reject calls of one operation above N a second, once M
                       calls are used up (default: N)
  status = S           reply with this HTTP status
  error = { code = C, message = M, status = S }
                       reply with this error
  reset = true         close the connection without a reply
  cut = N              close the connection after N bytes of the reply
  late = true          reset or cut only after the operation took effect
  delay = S            send the reply S seconds later
  skew = S             set the clock of the service S seconds ahead
  stale = S            return the previous policy for S seconds after a write
]],
  options = {
    { "--port", type = "port", default = "0", help = "Port to listen on; 0 picks a free one." },
    { "--state", type = "file", help = "Load the state from this file if it exists, and save it there." },
    { "--seed", type = "file", help = "Initial services and repositories: a .lua or .json file." },
    { "--activation-delay", type = "duration", default = "2s", help = "How long a change of a service takes." },
    { "--faults", type = "file", help = "Faults to inject: a .lua or .json file." },
    { "--reformat", help = "Return policies in ECR's layout; this is the default." },
    { "--no-reformat", help = "Return policies as they were sent." },
  },
  exit = {
    { 0, "ended by a signal" },
    { 1, "a file is invalid, or the port is in use" },
    { 130, "interrupted before it was ready" },
  },
  examples = {
    { "lanyard emulate --port 8080", "Serve on http://127.0.0.1:8080." },
    { "lanyard emulate --seed seed.lua --state state.json", "Keep the state between runs." },
  },
}
local options = command:parse(...)
if options.reformat and options.no_reformat then
  command:usage "--reformat and --no-reformat: choose one"
end

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
  reformat = not options.no_reformat,
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
