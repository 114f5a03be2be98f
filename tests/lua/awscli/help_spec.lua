local catalogue = require "awscli_catalogue"
local help = require "lanyard.awscli.help"
local request = require "lanyard.awscli.request"

-- Returns the pages as text: titles, paragraphs and items.
local function page(...)
  local read = assert(request.read({ ... }, catalogue))
  local lines = {}
  for _, section in ipairs(help.sections(read)) do
    lines[#lines + 1] = section.title
    for _, block in ipairs(section.blocks) do
      lines[#lines + 1] = type(block) == "string" and block or nil
      for _, item in ipairs(block.items or {}) do
        lines[#lines + 1] = item[1] .. " : " .. item[2]
      end
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

describe("help of lanyard aws", function()
  it("lists the operations and waiters of a service", function()
    local text = page("shop", "help")
    assert.matches("^Usage: lanyard aws shop OPERATION %[OPTION %.%.%.%]\n", text)
    assert.matches("\ncreate%-thing : %-%-thing%-name %-%-public\n", text)
    assert.matches("\nping : \n", text)
    assert.matches("\nthing%-exists : Calls create%-thing every 1 s, at most 3 times%.\n", text)
  end)

  it("describes the options of an operation: types, what is required, enums and the shorthand", function()
    local text = page("shop", "create-thing", "help")
    assert.matches("^Usage: lanyard aws shop create%-thing %-%-thing%-name TEXT %-%-public %[OPTION %.%.%.%]\n", text)
    for _, line in ipairs {
      "--thing-name TEXT : required", "--token TEXT : ", "--public | --no-public : required", "--count INTEGER : ",
      "--tags STRUCTURE ... : Key=text,Value=text,Ports=[integer,...],Data=bytes ...", "--names TEXT ... : ",
      "--ports INTEGER ... : ", "--labels MAP : KEY=text,...", "--zip BYTES : base64, or fileb://FILE",
      "--since TIME : 2026-01-31T12:00:00Z, or seconds since 1970", "--extra JSON : ", "--kind TEXT : one of large, small",
      "NoSuchThing", "Tags[].Key : text", "Labels : map of text",
      "Waiters of it: thing-exists.",
    } do
      assert.truthy(text:find("\n" .. line .. "\n", 1, true), line .. "\n\n" .. text)
    end
  end)

  it("describes paging, streams and waiters", function()
    assert.truthy(page("shop", "list-things", "help"):find("the pages of Things are joined", 1, true))
    assert.truthy(page("shop", "list-things", "help"):find("\n--max-items COUNT : The most items of the output.\n", 1, true))
    assert.truthy(page("shop", "get-object", "help"):find("^Usage: lanyard aws shop get%-object %-%-key TEXT %[OPTION %.%.%.%] FILE\n"))
    assert.truthy(page("shop", "get-object", "help"):find("\n--key TEXT : required; at least 1 character\n", 1, true))
    assert.truthy(page("shop", "put-object", "help"):find("\n--body FILE : \n", 1, true))
    assert.truthy(page("shop", "wait", "thing-exists", "help"):find("^Usage: lanyard aws shop wait thing%-exists "))
  end)
end)
