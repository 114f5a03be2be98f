-- How scripts end.
local cli, errors = require "lanyard.cli", require "lanyard.errors"

local ENDS = {
  ok = function() return cli.exit.ok end,
  nothing = function() end,
  failed = function() return nil, errors.new { code = "Broken", message = "it is broken", tip = "repair it" } end,
  text = function() return nil, "it is broken" end,
  fail = function() cli.fail(errors.new { code = "Broken", message = "it is broken" }) end,
  raise = function() error "it is broken" end,
  usage = function() cli.leave(cli.exit.usage, "the wrong words") end,
  found = function() return cli.exit.found end,
  refused = function() cli.fail(errors.new { code = "RefusedByRule", message = "a rule says no" }) end,
  interrupted = function() return cli.exit.interrupted end,
}
return ENDS[(...)]()
