local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Run the specs of your own commands against the emulator.",
  category = "development",
  description = [[
A spec is a file that ends in _spec.lua. `lanyard new` writes one beside a new command. A folder is
searched with the folders below it. Each spec runs in its own process, several in parallel, and
each test has a new emulator:

  local testing = require "lanyard.testing"

  describe("lanyard size", function()
    testing.seed { regions = { ["us-east-1"] = {
      repositories = { { name = "web" } } } } }

    it("prints the number of characters", function()
      local result = testing.run "size web"
      assert.exits(result, 0)
      assert.matches("^web +0\n$", result.out)
    end)
  end)

A spec can run the commands in its own folder, and the ones in the folder above if its own is
called spec, specs, test or tests. Other settings of this machine do not apply: HOME and the current
directory are empty folders, and there are no credentials, so that no test reaches AWS. Times are
in UTC.

These are global in a spec:

  describe(NAME, F)    a group of tests
  it(NAME, F)          a test
  pending(NAME)        a test that is not written yet
  before_each(F), after_each(F)
                       run around each test of the group

  assert(VALUE, ERR)   fails unless VALUE is true
  assert.equal, not_equal (EXPECTED, ACTUAL)
                       compare with ==
  assert.same, not_same (EXPECTED, ACTUAL)
                       compare tables by their members
  assert.truthy, falsy, is_true, is_false, is_nil, is_not_nil (VALUE)
  assert.matches, not_matches (PATTERN, TEXT)
                       search for a pattern of Lua
  assert.contains(WANTED, TEXT or LIST)
  assert.has_error(F, TEXT)
                       F raises an error with this text
  assert.exits(RESULT, STATUS)
                       the exit status of testing.run; 0 by default

These are in the module lanyard.testing:

  seed(TABLE or FILE)  what the emulators of this group have at first
  faults(TABLE or FILE)
                       the faults that they inject
  run(COMMAND, { input = TEXT, environment = TABLE })
                       runs a lanyard command, a text or a list of words, and
                       returns { status, out, err }
  folder()             an empty folder, which is removed after the test
  write(NAME, TEXT)    writes a file there, and returns its path
  path(NAME)           the path of a file beside the spec
  url(), calls()       the address of the emulator, and the calls to it

`lanyard help emulate` describes seeds and faults. Modules that a test calls in its own process, such
as lanyard.aws, use the emulator as well.
]],
  arguments = { { "path", type = "file", args = "+", help = "A spec, or a folder with specs." } },
  options = {
    { "--filter", type = "text", value = "PATTERN", help = "Run only tests whose name matches a pattern of Lua." },
    { "--seed", type = "file", help = "Seed of tests that have none: a .lua or .json file." },
    { "--timeout", type = "positive-duration", default = "60s", help = "Time for each test." },
    { "--jobs", type = "positive-integer", default = "4", help = "How many specs run in parallel." },
    { "--output", choices = { "table", "json", "tap", "junit" } },
  },
  exit = {
    { 0, "all tests passed" },
    { 1, "a test failed" },
    { 2, "the command line is invalid, or no test matches" },
  },
  examples = {
    { "lanyard test ~/.config/lanyard/scripts", "Test your commands." },
    { "lanyard test spec/size_spec.lua --filter dry", "Run some tests of one spec." },
    { "lanyard test . --output junit > junit.xml", "Write a report for CI." },
  },
}
local options = command:parse(...)

local data_file = require "lanyard.emulator.data_file"
local files = require "lanyard.testing.files"
local formats = require "lanyard.testing.formats"
local report = require "lanyard.cli.print"
local runner = require "lanyard.testing.runner"

if options.filter and not pcall(string.find, "", options.filter) then
  command:usage(("--filter: '%s' is not a pattern of Lua"):format(options.filter), "InvalidValue")
end

local list = cli.check_file(files.find(options.path))
local is_table, shown, finished = options.output == "table", 0, {}
local results = runner.run(list, {
  timeout = options.timeout, jobs = options.jobs, filter = options.filter, note = cli.note,
  seed = options.seed and cli.check_file(data_file.read(options.seed)),
}, function(result, index)
  finished[index] = result
  while is_table and finished[shown + 1] do -- in the order of the files
    shown = shown + 1
    if #finished[shown].tests > 0 or finished[shown].failure then
      cli.out(formats.file(finished[shown], cli.paint))
    end
  end
end)

local counts = formats.count(results)
if is_table then
  cli.out(formats.summary(results))
elseif options.output == "json" then
  report.json(formats.value(results))
else
  cli.data(formats[options.output](results))
end
if counts.tests == 0 then
  cli.problem("NoTests", options.filter and ("no test matches '%s'"):format(options.filter)
    or "the specs have no tests")
end
return counts.failed > 0 and cli.exit.failed or cli.exit.ok
