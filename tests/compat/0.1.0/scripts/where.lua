-- Where a script is: the comments of lanyard.access name these, README does not.
local cli = require "lanyard.cli"

local here = cli.connect {}
print(here.region, here:account_id(), here.account, here.session.region)
print(here.ecr.service, here.lightsail.service, #cli.check(here:services()))
