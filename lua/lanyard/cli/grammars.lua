--- The commands that read their words themselves, by the `grammar` of their declaration. Each has:
---
---     page(words, width)        --> the page of help that the words name | nil for the command's own
---     note(width)               --> what follows the command's own page
---     problem(words)            --> what is wrong with the words | nil
---     candidates(words, prefix) --> candidates and files of lanyard.cli.completion
---
--- A mistake in the words of `page` ends the script.

return {
  aws = function() return require "lanyard.cli.aws" end,
}
