local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Trust the scripts and rules of a checkout.",
  category = "operations",
  description = [[
The folder .lanyard is part of a checkout, and its author is not necessarily you.
Lanyard uses rules.lua and scripts in ./.lanyard only if you trust them.
`lanyard trust` shows the files below .lanyard, asks, and records for your
user the real path and one SHA-256 over the names and contents of all files. If a
file is added, removed or changed later, nothing is trusted until you run it
again. It then shows what has changed.

A file must be a regular file that belongs to you, with one hard link, and that
only you can write. So root trusts no file of another user.

Until then, an untrusted rules.lua stops every command that changes something,
and `lanyard audit --fail-on`, with exit status 4; an untrusted script is no
command. `--rules FILE` names the rules to apply instead, and `--rules none`
applies none. In CI, name the rules with --rules, or run `lanyard trust --yes`
on a checkout whose commit you have verified.

The records are in lanyard/trust under XDG_DATA_HOME (~/.local/share).
]],
  arguments = { { "directory", args = "?", help = "Directory that has the folder .lanyard; . unless given." } },
  options = {
    { "--list", help = "List what you trust, and whether it has changed." },
    { "--revoke", help = "Trust the directory no longer. It may have been removed." },
    "yes",
    { "--output", choices = { "table", "json" } },
  },
  exit = {
    { 0, "the files are trusted, or --list or --revoke succeeded" },
    { 1, "there are no files to trust, or they must not be trusted, or you declined" },
    { 2, "the command line is invalid, or --yes is missing without a terminal" },
  },
  examples = {
    { "lanyard trust", "Review and trust ./.lanyard." },
    { "lanyard trust --list", "List what you trust." },
    { "lanyard trust --revoke old/checkout", "Trust a checkout no longer." },
  },
}
local options = command:parse(...)

local clock = require "lanyard.clock"
local results = require "lanyard.cli.print"
local trust = require "lanyard.trust"
local view = require "lanyard.cli.trust"

if options.list and (options.revoke or options.directory) then
  command:usage("--list takes neither a directory nor --revoke", "ConflictingOptions")
elseif options.list then
  return view.list(options.output, cli.check(trust.list()))
end

local directory = options.directory or "."
if options.revoke then
  local removed, err, root = trust.revoke(directory)
  cli.check(removed, err)
  return view.result(options.output, removed and "revoked" or "unchanged", root)
end

local place = trust.check(directory)
if place.err then
  cli.fail(place.err)
elseif place.state == "absent" then
  cli.problem("NothingToTrust", cli.describe(place.shown .. " does not exist: there is nothing to trust"))
elseif place.state == "trusted" then
  return view.result(options.output, "unchanged", place.root, place)
end

cli.note(view.files(place))
local diff = view.diff(place)
if diff ~= "" then
  cli.note(results.paint_diff(diff))
end
local count = place.tree and #place.tree.files
cli.confirm(options, count == 1 and "Trust this file?" or count and ("Trust these %d files?"):format(count)
  or "Forget these files, which were removed?")
cli.check(trust.accept(place, math.floor(clock.time())))
return view.result(options.output, place.tree and "trusted" or "revoked", place.root, place)
