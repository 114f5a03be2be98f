local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Emulate Lightsail, ECR and the other services that lanyard calls.",
  category = "development",
  description = [[
Prints `listening on URL` as its first line on stdout when it is ready, and nothing else there. It
runs until it receives SIGINT, SIGTERM or SIGHUP, also after the reader of stdout has gone. It also
serves the calls that read parameters of Systems Manager and secrets of Secrets Manager. It
verifies signatures and validates requests as AWS does. lanyard, the AWS CLI and the SDKs call it
with these settings:

  lanyard emulate --port 8080 &
  export AWS_ENDPOINT_URL=http://127.0.0.1:8080
  export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
  export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
  export AWS_REGION=us-east-1
  lanyard grant my-container-service my-private-repo --enable

In a script, let it pick a free port, and wait for the line. In bash:

  read -r _ _ AWS_ENDPOINT_URL < <(exec lanyard emulate)
  export AWS_ENDPOINT_URL
  trap "kill $!" EXIT

`$(lanyard emulate | head -n 1)` does not work: the shell waits until the emulator ends.

The account is 111122223333. Without --seed it has these in us-east-1: the service
my-container-service, whose puller role is off, with the image :my-container-service.my-app.1, which
prints a line every five seconds; the certificate my-certificate for example.com and
www.example.com; the repositories my-private-repo and shared-repo; the parameters /my-app/log-level
and /my-app/database-url; and the secret my-app.

The URL of a service is http://NAME.ID.REGION.cs.amazonlightsail.localhost:PORT/. curl and lanyard
resolve such a name to this machine. While a deployment with a public endpoint is active, it answers
as the program of the seed says, with the status 200 by default; otherwise it answers 404.

`lanyard --emulator COMMAND` starts a new emulator with this account in the same process, runs one
command, and keeps nothing. `lanyard --emulator=FILE COMMAND` starts it with a seed.

Seeds

A seed lists what exists at the start. It is a Lua file that returns a table, run in a sandbox, or
JSON:

  return {
    regions = { ["us-east-1"] = {
      services = {
        { name = "web", role = true, tags = { env = "prod" },
          containers = { app = {
            image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1" } } },
      },
      repositories = {
        { name = "web", images = { "1", { tag = "2", exits = true },
            { tag = "3", paths = { ["/health"] = { 503, 200 } } } },
          policy = { Version = "2012-10-17", Statement = { {
            Effect = "Allow", Principal = { AWS = "444455556666" },
            Action = "ecr:BatchGetImage" } } } },
      },
    } },
    roles = { "arn:aws:iam::111122223333:role/ci" },
  }

  {"regions": {"eu-west-1": {
     "repositories": [{"name": "web", "images": ["1"]}]}},
   "organization": {"accounts": [{"id": "444455556666"}]}}

A seed has these members, all optional:

  regions              what each Region has, by its name
  roles, users         ARNs that policies can name, and that AssumeRole accepts
  programs             what the images of other registries do, by their names:
                       { ["nginx:1"] = { health = 503 } }
  organization         the account's organization; false: it is in none; by
                       default it manages one without other accounts

A Region:

  services             a list of container services
  certificates         a list of SSL/TLS certificates of Lightsail
  repositories         a list of repositories
  parameters           a list of parameters of Systems Manager
  secrets              a list of secrets of Secrets Manager
  registry_policy      the registry's policy: a string, or a table
  account_settings     a table, such as { REGISTRY_POLICY_SCOPE = "V1" }

A container service:

  name                 a string; required
  role                 true: the ECR image puller role is on
  role_arn             the ARN of the role; chosen by default
  power, scale         "nano" (default) to "xlarge"; 1 (default) to 20
  tags                 a table of strings
  containers           what it runs, by the container's name, as
                       CreateContainerServiceDeployment takes it
  publicEndpoint       the endpoint of that deployment
  disabled             true: it is disabled
  domains              public domain names by certificate:
                       { shop = { "www.shop.example" } }
  images               of its own registry: a list of labels, or of programs with
                       label and digest; ":web.app.1" is the first one of the
                       service web, with the label app
  age                  seconds since it was created and deployed; 0 by default
  metrics              the usual percentages of CPUUtilization and
                       MemoryUtilization

A repository:

  name                 a string; required
  images               a list of tags, or of images
  policy               a string, or a table
  tags                 a table of strings
  encryptionConfiguration
                       as CreateRepository takes it

An image of a repository is a program with a tag (a string; required). A program:

  exits                true: it ends immediately
  port                 the only port on which it listens; any by default
  paths                what it replies, by path: a status, a list of the statuses
                       of successive requests, or a table of status, body and
                       delay (seconds)
  health               the HTTP status of other paths; 200 by default
  body                 the text of its replies
  log                  a list of lines that it prints; $NAME is a variable of
                       its environment
  prints, every        a line that it prints every N seconds; $COUNT is its number

A certificate:

  name, domain         strings; required
  alternatives         a list of other domain names
  status               ISSUED (default), PENDING_VALIDATION, INACTIVE, EXPIRED,
                       VALIDATION_TIMED_OUT, REVOKED or FAILED
  failure              the reason of FAILED, such as DOMAIN_NOT_ALLOWED
  tags                 a table of strings

A parameter:

  name, value          strings; required
  type                 String (default), StringList or SecureString
  previous             a list of the values of earlier versions
  labels               versions by label: { prod = 1 }

A secret:

  name                 a string; required
  value                a string, or a table, which becomes JSON
  binary               bytes in base64, in place of a value
  previous             the value of the version before
  deleted              true: it is marked for deletion

An organization:

  id                   "o-" and 10 to 32 letters or digits
  accounts             a list of accounts: id (required), name, email,
                       state ("ACTIVE"), parent (the id of a unit or the root)
  units                a list of organizational units, parents first:
                       id (as "ou-a1b2-11111111"), name, parent
  management           the account that manages it, unless this one does
  delegated            true: this account is a delegated administrator, and
                       reads the organization's policies
  resource_control_policies
                       a list of policies: name, content (a string, or a
                       table), targets (ids; the root "r-a1b2" by default)

Fault plans

A fault plan is a list in the same formats. The first fault that matches a request applies:

  return {
    { service = "ecr", operation = "SetRepositoryPolicy", times = 2,
      throttle = true },
    { operation = "GetRepositoryPolicy", probability = 0.1, status = 503 },
  }

  [{"operation": "DescribeRepositories", "after": 1, "times": 1,
    "error": {"code": "ServerException", "message": "later", "status": 500}}]

These members select requests; a request must match all that are given:

  service, operation   the API and the call, as strings; all by default
  after = N            not the first N that match
  every = N            every Nth of the rest
  times = N            at most N requests
  probability = P      each with this probability, from 0 to 1

These members are the effects; a fault has at least one:

  throttle = true      reject the request as throttled
  rate = N, burst = M  reject calls of one operation above N a second, once M
                       calls are used up (default: N)
  status = S           reply with this HTTP status
  error = { code = C, message = M, status = S }
                       reply with this error; message and status are optional
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
  command:usage("--reformat and --no-reformat: choose one", "ConflictingOptions")
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
