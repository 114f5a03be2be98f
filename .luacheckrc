std = "lua54"
max_line_length = 120
files["tests"].std = "lua54+busted"
files["tests"].max_line_length = 160
files["scripts/examples/rules"].read_globals = { "rule", "allow", "deny", "warn", "finding", "mute", "example" }
files["tests/compat/*/rules"].read_globals = files["scripts/examples/rules"].read_globals
