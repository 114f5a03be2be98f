local catalogue = require "awscli_catalogue"
local completion = require "lanyard.awscli.completion"

-- Returns the candidates that begin with the prefix.
local function complete(words, prefix)
  local items, files = completion.candidates(words, prefix, catalogue)
  local found = {}
  for _, item in ipairs(items) do
    found[#found + 1] = item[1]:sub(1, #prefix) == prefix and item[1] or nil
  end
  return table.concat(found, " ") .. (files and " +" .. files or "")
end

describe("completion of lanyard aws", function()
  it("offers services, operations and waiters", function()
    assert.equal("s3api shop help", complete({}, ""))
    assert.equal("create-thing get-object list-things ping put-object wait help", complete({ "shop" }, ""))
    assert.equal("thing-exists", complete({ "shop", "wait" }, ""))
    assert.equal("create-thing", complete({ "--region", "x", "shop" }, "c"))
    assert.equal("", complete({ "nothing" }, ""))
  end)

  it("offers options that are not given yet, and not the hidden ones of paging", function()
    assert.equal("--thing-name --token --tags --tree", complete({ "shop", "create-thing" }, "--t"))
    assert.equal("--token --tags --tree", complete({ "shop", "create-thing", "--thing-name", "x" }, "--t"))
    assert.equal("--no-public --no-dry-run --no-paginate --no-sign-request", complete({ "shop", "create-thing" }, "--no-"))
    assert.equal("--max-items", complete({ "shop", "list-things" }, "--m"))
    assert.equal("", complete({ "shop", "list-things" }, "--next"))
    assert.equal("--thing-name", complete({ "shop", "wait", "thing-exists" }, "--thing"))
  end)

  it("offers the values of enums and choices, and files", function()
    assert.equal("large small", complete({ "shop", "create-thing", "--kind" }, ""))
    assert.equal("json jsonl", complete({ "shop", "create-thing", "--output" }, "j"))
    assert.equal(" +files", complete({ "shop", "put-object", "--body" }, ""))
    assert.equal(" +files", complete({ "shop", "get-object", "--key", "x" }, ""))
    assert.equal("", complete({ "shop", "create-thing", "--thing-name", "x" }, ""))
  end)
end)
