-- Prints the state of an emulator for the account of tests/audit_account.lua, in which an audit finds most kinds of
-- findings. All dates are relative to the clock of this process.

local account = require "audit_account"
local emulator = require "lanyard.emulator"
local json = require "lanyard.json"
local system = require "lanyard.system"

local world = assert(emulator.world { seed = account.seed, activation_delay = 0 })
account.age(world.state, system.time())
print(json.encode(world.state, { pretty = true }))
