local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print the manual as one HTML page, or write the man pages.",
  category = "development",
  description = [[
The page describes every command with its options, exit statuses and examples,
and the environment, the files and the exit statuses that they share. It needs
no other file and no network.

With --man, the man pages lanyard(1) and lanyard-NAME(1) are written to a folder
instead, in mdoc. `make install` installs them. Their date is today, or that of
SOURCE_DATE_EPOCH (seconds since 1970).
]],
  options = { { "--man", type = "file", value = "DIR", help = "Write the man pages to this folder." } },
  exit = { { 0, "the manual was written" }, { 1, "a file could not be written" } },
  examples = {
    { "lanyard docs > lanyard.html", "Write the manual for a browser." },
    { "lanyard docs --man man && man man/lanyard-grant.1", "Write the man pages, and read one." },
  },
}
local options = command:parse(...)

local clock = require "lanyard.clock"
local manual = require "lanyard.cli.manual"
local system = require "lanyard.system"
local timestamp = require "lanyard.text.timestamp"

local epoch = math.tointeger(tonumber(os.getenv "SOURCE_DATE_EPOCH")) or clock.time()
local pages = manual.pages(timestamp.day(epoch))
if not options.man then
  cli.data(require("lanyard.report.manual.html").document("Lanyard manual", pages))
  return cli.exit.ok
elseif options.man == "" then
  command:usage("--man needs the name of a folder", "MissingValue")
end
cli.check(system.mkdirs(options.man, 493)) -- 0755
for _, page in ipairs(pages) do
  local path = ("%s/%s.%d"):format(options.man, page.name, page.section)
  cli.check(system.write_file(path, require("lanyard.report.manual.mdoc").page(page), 420)) -- 0644
end
cli.note(("lanyard: wrote %d man pages to %s"):format(#pages, options.man))
return cli.exit.ok
