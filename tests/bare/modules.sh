#!/bin/sh
# Tests the installed Lua modules with stock lua5.4, in a root that has only README's packages for them: every module
# loads, except the modules that exist only in the binary, and a script can use them.
set -eu
cd /usr/local/share/lua/5.4
find . -name '*.lua' | sed 's,^\./,,; s,\.lua$,,; s,/init$,,; y,/,.,' > /tmp/modules
lua5.4 - <<'LUA'
local count = 0
for name in io.lines "/tmp/modules" do
  local ok, err = pcall(require, name)
  assert(ok or err:find("module 'lanyard.embedded' not found", 1, true), err)
  count = count + (ok and 1 or 0)
end
local lanyard = require "lanyard"
local doc = lanyard.policy.new()
doc:allow { principal = "444455556666", actions = { "ecr:BatchGetImage" } }
lanyard.task.sleep(0.001)
print(lanyard.version, count .. " modules", #doc:statements() .. " statement")
LUA
