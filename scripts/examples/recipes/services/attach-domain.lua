-- Attach the domain names of an issued certificate to a container service, and print the DNS records that they need.
-- lanyard attach-domain.lua SERVICE CERTIFICATE [NAME ...]
local cli = require "lanyard.cli"
local command = cli.command {
  summary = "Attach domain names to a container service, and print their DNS records.",
  description = "Names that the service has stay. The certificate must be ISSUED: until its validation records are in "
    .. "the DNS, the command fails and says so; run it again then.",
  arguments = { { "service", help = "Name of the container service." }, { "certificate", help = "Its name." },
    { "name", args = "*", help = "Domain names; all of the certificate unless given." } },
  options = { "dry-run", "rules", "aws" },
}
local options = command:parse(...)
local region, certificate = cli.connect(options), options.certificate
local service = cli.check(region:service(options.service))
local issued = cli.check(region:certificates())[certificate] or { domains = {} }

local names, seen = {}, {}
for _, list in ipairs { service.domains[certificate] or {}, #options.name > 0 and options.name or issued.domains } do
  for _, name in ipairs(list) do
    name = name:lower()
    if not seen[name] and not name:find("*", 1, true) then -- a wildcard itself cannot be attached
      names[#names + 1], seen[name] = name, true
    end
  end
end
if #names == 0 then cli.fail(("no certificate '%s' with names in %s"):format(certificate, region.name)) end
local result = cli.check(region:update_service(options.service, { domains = { [certificate] = names } },
  { dry_run = options.dry_run, progress = cli.progress }))
cli.progress(nil)
cli.note(("%s: %s. An apex domain needs an ALIAS record in place of CNAME."):format(options.service, result.kind))
for _, name in ipairs(names) do
  cli.out(("%s. CNAME %s."):format(name, (service.url or ""):match "^https?://([^/:]+)" or "(no URL yet)"))
end
