---@meta lanyard.cli

---@class cli.Command
local Command = {}

--- Adds an argument to a command that is built by calls: argparse's own maker, whose result takes further settings.
---@param name string
---@param description? string
---@return table argument  of argparse
function Command:argument(name, description) end

--- Adds an option with a value to a command that is built by calls.
---@param name string  "-p --port"
---@param description? string
---@param default? string
---@return table option  of argparse
function Command:option(name, description, default) end

--- Adds an option without a value to a command that is built by calls.
---@param name string
---@param description? string
---@return table flag  of argparse
function Command:flag(name, description) end

--- Adds a sub-command to a command that is built by calls.
---@param name string
---@param description? string
---@return table command  of argparse
function Command:command(name, description) end
