local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print the manual as one HTML page, or write the man pages.",
  category = "development",
  description = [[
The page describes every command with its options, exit statuses and examples,
the environment, the files and the exit statuses that they share, and the Lua
modules for scripts. It needs no other file and no network.

With --man, the man pages lanyard(1), lanyard-NAME(1) and lanyard-api(3) are
written to a folder instead, in mdoc. `make install` installs them. Their date
is today, or that of SOURCE_DATE_EPOCH (seconds since 1970).

With --types, definitions of the Lua modules are written to a folder, for
lua-language-server: name the folder in workspace.library of .luarc.json.
]],
  options = {
    { "--man", type = "file", value = "DIR", help = "Write the man pages to this folder." },
    { "--types", type = "file", value = "DIR", help = "Write definitions of the Lua modules to this folder." },
  },
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
if options.man == "" or options.types == "" then
  command:usage(("--%s needs the name of a folder"):format(options.man == "" and "man" or "types"), "MissingValue")
elseif options.types then
  local count = 0
  for path, text in pairs(require("lanyard.documentation.definitions").files()) do
    path, count = options.types .. "/" .. path, count + 1
    cli.check(system.mkdirs(path:match "^(.*)/", 493)) -- 0755
    cli.check(system.write_file(path, text, 420)) -- 0644
  end
  cli.note(("lanyard: wrote %d definition files to %s"):format(count, options.types))
end
if not options.man and not options.types then
  local parts = manual.parts(timestamp.day(epoch))
  cli.data(require("lanyard.report.manual.html").document("Lanyard manual", parts))
end
if not options.man then
  return cli.exit.ok
end
local pages = manual.pages(timestamp.day(epoch))
cli.check(system.mkdirs(options.man, 493)) -- 0755
for _, page in ipairs(pages) do
  local path = ("%s/%s.%d"):format(options.man, page.name, page.section)
  cli.check(system.write_file(path, require("lanyard.report.manual.mdoc").page(page), 420)) -- 0644
end
cli.note(("lanyard: wrote %d man pages to %s"):format(#pages, options.man))
return cli.exit.ok
