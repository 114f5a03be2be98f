std = "lua54"
max_line_length = 120
files["tests"].std = "lua54+busted"
files["tests"].max_line_length = 160
files["scripts/examples/rules"].read_globals = { "rule", "bundled", "allow", "deny", "warn", "finding", "mute", "example" }
files["scripts/examples/tutorial/8-rules.lua"].read_globals = files["scripts/examples/rules"].read_globals
files["scripts/examples/tutorial/*_spec.lua"].read_globals = { "describe", "it", assert = { other_fields = true } }
-- Runs in the sandbox, before a rules file, and defines what such a file may use.
files["lua/lanyard/rules/prelude.lua"].std = "lua54"
files["lua/lanyard/rules/prelude.lua"].globals = { "rule", "bundled", "allow", "deny", "warn", "finding", "mute", "example" }
files["tests/compat/*/rules"].read_globals = files["scripts/examples/rules"].read_globals
-- Replaces package.loadlib in a static binary.
files["lua/lanyard/cli/search_path.lua"].globals = { "package.loadlib" }
-- Definitions without bodies, for editors and for help.
files["lua/types"].ignore = { "212", "241", "331", "131", "111", "112", "113", "121" }
