local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Change the power, scale, domains or tags of a container service.",
  category = "operations",
  description = [[
Only what differs is requested; what is not named stays. The command waits until
AWS has made the change. If nothing differs, the result is `unchanged`.

A disabled service runs no containers. AWS bills it, too: only its deletion ends
the costs. (`lanyard disable` turns off the puller role.)

--domain gives all names of one certificate, which must be ISSUED and have them
(lightsail:GetCertificates); other certificates stay, and a name that one of them
had moves. With --no-domains, other certificates are detached. For a new name the
command prints the DNS record to create: a CNAME to the host of the service's URL,
or, at the top of a DNS zone, an alias to it.

The price needs lightsail:GetContainerServicePowers; without this permission it is
not shown. Rules see the change with on = "service".
]],
  arguments = { { "service", help = "Name of the container service." } },
  options = {
    { "--power", type = "text", value = "POWER", help = "Power of a node; `lanyard service powers` lists them." },
    { "--scale", type = "positive-integer", help = "Number of nodes, 1 to 20." },
    { "--disabled", help = "Shut down its containers; AWS still bills it." },
    { "--enabled", help = "Start its last deployment again." },
    { "--domain", type = "text", value = "CERTIFICATE=NAME,...", repeated = true,
      help = "Domain names of a certificate; may be repeated." },
    { "--no-domains", help = "Detach all certificates, except with --domain." },
    { "--tag", type = "text", value = "KEY=VALUE", repeated = true, help = "Tag to set; may be repeated." },
    { "--untag", type = "text", value = "KEY", repeated = true, help = "Tag to remove; may be repeated." },
    { "--no-wait", help = "Request the change, and do not wait for it." },
    { "--timeout", type = "duration", default = "30m", help = "How long to wait." },
    { "--output", choices = { "table", "json" } },
    "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the service is as asked for, or the change was requested with --no-wait" },
    { 1, "it does not exist, could not be changed, or the change was not complete in time" },
    { 4, "a rule denied the change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard service update web --scale 3 --dry-run", "Show the change, with the price before and after." },
    { "lanyard service update web --domain site=example.com,www.example.com", "Attach two domain names." },
    { "lanyard service update web --power nano --scale 1", "Scale down for the night." },
  },
}
local options = command:parse(...)

local service_options = require "lanyard.cli.service_options"
local service_view = require "lanyard.cli.service"

local wants = service_options.read(command, options)
if not next(wants) then
  command:usage("nothing to change: pass --power, --scale, --disabled, --enabled, --domain, --no-domains, --tag or "
    .. "--untag", "MissingArgument")
end
local region = cli.connect(options)

local _ <close>, observe = service_view.interruption(options, options.service, "update")
local result, err = region:update_service(options.service, wants, {
  wait = not options.no_wait, timeout = options.timeout, dry_run = options.dry_run, progress = cli.progress,
  observe = observe,
})
cli.progress(nil)
service_view.result(options.output, options.service, cli.check(result, err))
if options.disabled then
  cli.note("lanyard: " .. service_view.BILLED)
end
