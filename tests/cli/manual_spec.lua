-- The manual: man pages and the HTML page of `lanyard docs`.

local helper = require "helper"
local json = require "lanyard.json"

local function has(program)
  if helper.run({ "sh", "-c", "command -v " .. program }).status == 0 then
    return true
  end
  pending(("the Debian package %s is not installed"):format(program))
  return false
end

local function commands()
  local names = {}
  local list = helper.run { helper.lanyard, "-e", [[
    for name in pairs(require("lanyard.cli.commands").index()) do print(name) end]] }
  for name in list.out:gmatch "[^\n]+" do
    names[#names + 1] = name
  end
  return names
end

-- Writes the man pages to a new folder.
local function write_pages()
  local folder = helper.folder()
  local result = helper.run({ helper.lanyard, "docs", "--man", folder .. "/man1" }, { SOURCE_DATE_EPOCH = "1769860800" })
  assert.equal(0, result.status)
  assert.match("^lanyard: wrote %d+ man pages to ", result.err)
  return folder
end

-- The text of a page, as a reader sees it.
local function read_page(folder, name)
  local result = helper.run { "mandoc", "-Tascii", ("%s/man1/%s"):format(folder, name) }
  return (result.out:gsub(".\b", ""):gsub("%s+", " "))
end

describe("the man pages", function()
  it("are one for each command, and lanyard(1)", function()
    local folder <close> = write_pages()
    for _, name in ipairs(commands()) do
      local page = helper.read(("%s/man1/lanyard-%s.1"):format(folder, name:gsub(" ", "-")))
      assert.match("^%.Dd January 31, 2026\n%.Dt LANYARD%-" .. name:upper():gsub(" ", "%%-") .. " 1\n", page)
      for _, section in ipairs { "NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES", "SEE ALSO" } do
        assert.match("\n%.Sh " .. section .. "\n", page)
      end
    end
    local main = helper.read(folder .. "/man1/lanyard.1")
    for _, name in ipairs(commands()) do
      assert.truthy(main:find("\n.Xr lanyard-" .. name:gsub(" ", "-") .. " 1", 1, true), name)
    end
  end)

  it("have nothing that mandoc warns of", function()
    if has "mandoc" then
      local folder <close> = write_pages()
      local result = helper.run { "sh", "-c", ("cd '%s/man1' && exec mandoc -Tlint *.1"):format(folder) }
      assert.equal("", result.out .. result.err)
      assert.equal(0, result.status)
    end
  end)

  it("say what help says", function()
    if has "mandoc" then
      local folder <close> = write_pages()
      local page = read_page(folder, "lanyard-revoke.1")
      for _, text in ipairs {
        "lanyard-revoke - revoke a container service's access to ECR repositories",
        "lanyard revoke service [repository ...] [OPTION ...]",
        "(--principal ARN | --orphans | --expired | --statement SID|#N) [repository ...] [OPTION ...]",
        "`lanyard revoke jobs --orphans' reads jobs as a repository.",
        "--statement SID|#N Remove this statement.",
        "-h, --help Print this help.",
        "130 interrupted",
        "lanyard revoke --statement '#3' my-private-repo",
      } do
        assert.truthy(page:find(text, 1, true), text .. " is not in:\n" .. page)
      end
    end
  end)

  it("have the usage lines of the overview", function()
    if has "mandoc" then
      local folder <close> = write_pages()
      local page, count = read_page(folder, "lanyard.1"):gsub(" ([%[.])", "%1"), 0
      local usage = helper.run({ helper.lanyard, "help" }).out:match "^usage: (.-)\n\n"
      for line in usage:gmatch "[^\n]+" do
        count = count + 1
        local form = line:gsub("^ +", ""):gsub("  .*", ""):gsub("[<>]", ""):gsub(" ([%[.])", "%1")
        assert.truthy(page:find(form, 1, true), form .. " is not in:\n" .. page)
      end
      assert.is_true(count > 10)
      assert.truthy(page:find("lanyard -[argument...]", 1, true), page)
      assert.truthy(page:find("AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME,", 1, true), page)
      assert.truthy(page:find("--emulator=FILE' takes what it has at first from a seed", 1, true), page)
    end
  end)

  it("have the same bytes when they are written again, and are for everybody", function()
    local one <close> = write_pages()
    local two <close> = write_pages()
    local result = helper.run { "sh", "-c", ("diff -r '%s' '%s' && find '%s' -type f ! -perm 644"):format(one, two, one) }
    assert.equal("", result.out)
  end)

  it("are not written to a folder that cannot be made", function()
    local result = helper.run { helper.lanyard, "docs", "--man", "/dev/null/man" }
    assert.equal(1, result.status)
    assert.match("^lanyard: [^\n]*/dev/null[^\n]*\n$", result.err)
    assert.equal(2, helper.run({ helper.lanyard, "docs", "--man", "" }).status)
  end)
end)

-- What an HTML reader sees: { wrong = tags that are not closed, ids, links, resources, text }.
local READER = [[
import html.parser, json, sys
VOID = {"meta", "br"}
class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.ids, self.links, self.resources, self.words = [], [], [], [], [], []
    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values: self.ids.append(values["id"])
        if tag == "a": self.links.append(values["href"])
        elif "href" in values or "src" in values or tag == "script": self.resources.append(tag)
        if tag not in VOID: self.open.append(tag)
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag: self.wrong.append(tag)
    def handle_data(self, data): self.words.append(data)
reader = Reader()
reader.feed(sys.stdin.read())
reader.close()
print(json.dumps({"wrong": reader.wrong + reader.open, "ids": reader.ids, "links": reader.links,
                  "resources": reader.resources, "text": "".join(reader.words)}))
]]

describe("the HTML page", function()
  local page, source

  setup(function()
    local result = helper.run { helper.lanyard, "docs" }
    assert.equal("", result.err)
    source = result.out
    page = json.decode(helper.run({ "/usr/bin/python3", "-c", READER }, { LC_ALL = "C.UTF-8" }, source).out)
  end)

  it("is complete and well formed, and loads nothing", function()
    assert.same({}, page.wrong)
    assert.same({}, page.resources)
    assert.match("^<!DOCTYPE html>\n<html lang=\"en\">", source)
    assert.match("default%-src 'none'", source)
    assert.match("prefers%-color%-scheme:dark", source)
    assert.match("@media print", source)
    assert.match('<meta name="viewport" content="width=device%-width', source)
    for _, name in ipairs(commands()) do
      assert.truthy(page.text:find("lanyard " .. name .. " ", 1, true), name)
    end
    for _, text in ipairs { "AWS_PROFILE", "--expires WHEN", "~/.aws/config", "Exit status", "Examples" } do
      assert.truthy(page.text:find(text, 1, true), text)
    end
  end)

  it("has links that lead to one place of the page each", function()
    local count = {}
    for _, id in ipairs(page.ids) do
      assert.is_nil(count[id], id .. " occurs twice")
      count[id] = true
    end
    assert.is_true(#page.links > 80)
    for _, link in ipairs(page.links) do
      assert.truthy(count[link:match "^#(.*)$"], link)
    end
  end)
end)
