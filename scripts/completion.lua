local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print the script that completes command lines in a shell.",
  category = "development",
  description = [[
Completes commands, options, their values, and names of files; services and
repositories that lanyard has read in the last 7 days; profiles and Regions. No
call is made and no question is asked while you type, and nothing of a name is
expanded by the shell.

`make install` and the packages install the scripts. Without them:

  source <(lanyard completion bash)            # in ~/.bashrc
  source <(lanyard completion zsh)             # in ~/.zshrc, after compinit
  lanyard completion fish | source             # in ~/.config/fish/config.fish

The names are in lanyard/completion under XDG_CACHE_HOME (~/.cache), in files that
only you can read. Commands that list services or repositories write them.
]],
  arguments = { { "shell", choices = { "bash", "zsh", "fish" }, help = "The shell." } },
  exit = { { 0, "the script was printed" } },
  examples = { { "lanyard completion bash > ~/.local/share/bash-completion/completions/lanyard" } },
}
local options = command:parse(...)

cli.data(require("lanyard.assets").read(("lanyard/cli/completion/%s.txt"):format(options.shell)))
return cli.exit.ok
