#!/usr/bin/env lanyard
-- The example at the head of lanyard.access.

local access = require "lanyard.access"
local aws = require "lanyard.aws"

local session = assert(aws.session { region = "us-east-1" })
local here = assert(access.connect(session))
local service = assert(here:service "web")
for _, repository in ipairs(assert(here:repositories { "team/*" })) do
  local change = assert(here:grant(service, repository))
  print(repository.name, change.kind)
end
