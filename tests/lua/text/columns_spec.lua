local columns = require "lanyard.text.columns"

local function plain(_, text) return text end

describe("a table", function()
  it("is as wide as its cells, without trailing spaces", function()
    assert.equal("NAME  X\né     1\nlong\n", columns.render({ "NAME", "X" }, { { "é", 1 }, { "long", "" } }, plain))
  end)
  it("aligns wide and combining characters by the cells that they take", function()
    assert.equal("SID   N\n한글  1\nab    2\ne\u{301}     3\n",
      columns.render({ "SID", "N" }, { { "한글", 1 }, { "ab", 2 }, { "e\u{301}", 3 } }, plain))
    local text = columns.render({ "SID", "WHO" }, { { "가나다라마바사아자차", "me" } }, plain, 16)
    assert.equal("SID          WHO\n가나다라마   me\n바사아자차\n", text)
  end)
  it("is empty without rows", function()
    assert.equal("", columns.render({ "NAME" }, {}, plain))
  end)
  it("is written in pieces of whole lines, from rows that a function visits", function()
    local list = {}
    for i = 1, 5000 do list[i] = { "app-" .. i, ("x"):rep(i % 50) } end
    local function visit_all(visit)
      for _, row in ipairs(list) do visit(row) end
    end
    for _, available in ipairs { false, 40 } do
      local parts = {}
      columns.write({ "NAME", "TEXT" }, visit_all, function(text) parts[#parts + 1] = text end, plain, available or nil)
      assert.is_true(#parts > 1)
      for _, part in ipairs(parts) do
        assert.equal("\n", part:sub(-1))
        assert.is_true(#part < 70000)
      end
      assert.equal(columns.render({ "NAME", "TEXT" }, list, plain, available or nil), table.concat(parts))
    end
  end)
  it("prints control characters as escapes", function()
    assert.equal("N\na\\x1b[31m\\x0ab\n", columns.render({ "N" }, { { "a\27[31m\nb" } }, plain))
  end)
  it("paints cells with a colour, and pads them outside of the colour", function()
    local function paint(colour, text) return colour and colour ~= "bold" and "<" .. text .. ">" or text end
    assert.equal("N   X\n<a>   1\nbb  2\n", columns.render({ "N", "X" }, { { { "a", "red" }, 1 }, { "bb", 2 } }, paint))
  end)
  it("fits a width by wrapping the cells of the widest columns", function()
    local text = columns.render({ "NAME", "WHO" }, { { "app", "team/with/a/long/name" }, { "b", "me" } }, plain, 16)
    assert.equal("NAME  WHO\napp   team/with/\n      a/long/\n      name\nb     me\n", text)
  end)
  it("prints an ARN or a URL that does not fit its column below its row, whole", function()
    local role = "arn:aws:iam::111122223333:role/one"
    local text = columns.render({ "NAME", "WHO", "KIND" }, { { "app", role, "role" }, { "b", "me", "you" } }, plain, 30)
    assert.equal("NAME  WHO      KIND\napp   (below)  role\n  " .. role .. "\nb     me       you\n", text)
    assert.equal("NAME  WHO\napp   " .. role .. "\n", columns.render({ "NAME", "WHO" }, { { "app", role } }, plain, 40))
    text = columns.render({ "A", "B" }, { { "https://example.com/a/b", "arn:aws-cn:ecr:cn-north-1:1:repository/x, " .. role } },
      plain, 20)
    assert.equal("A        B\n(below)  (below)\n  https://example.com/a/b\n  arn:aws-cn:ecr:cn-north-1:1:repository/x, " .. role
      .. "\n", text)
  end)
  it("uses the full width if it fits, and keeps a minimum width of columns", function()
    local rows = { { ("x"):rep(20), ("y"):rep(20) } }
    assert.equal(2, select(2, columns.render({ "A", "B" }, rows, plain, 42):gsub("\n", "")))
    assert.equal(4, select(2, columns.render({ "A", "B" }, rows, plain, 3):gsub("\n", "")))
  end)
  it("is a list of its cells where its columns do not fit, or break words", function()
    local headings, rows = { "REPOSITORY", "RESULT", "NOTE" }, { { "web", { "granted", "green" }, "" }, { "jobs", "failed", "one two three" } }
    local function paint(colour, text) return colour and "<" .. text .. ">" or text end
    assert.equal("REPOSITORY: web\nRESULT: <granted>\n\nREPOSITORY: jobs\nRESULT: failed\nNOTE:\n  one two three\n",
      columns.render(headings, rows, paint, 18))
    for _, width in ipairs { 20, 30, 40, 59 } do
      for line in columns.render(headings, { { "a", "unbreakable", "unbreakable" } }, plain, width):gmatch "[^\n]+" do
        assert.is_true(#line <= width, line)
        assert.truthy(not line:find "unbr" or line:find "unbreakable", line)
      end
    end
  end)
  it("breaks at spaces, else at separators, else between characters", function()
    assert.same({ "one two", "three" }, columns.wrap("one two three", 8))
    assert.same({ "one two", "three" }, columns.wrap("one two three", 7))
    assert.same({ "ab/", "cdef" }, columns.wrap("ab/cdef", 5))
    assert.same({ "éééé", "éé" }, columns.wrap("éééééé", 4))
    assert.same({ "" }, columns.wrap("", 4))
    assert.same({ "한", "글" }, columns.wrap("한글", 3))
    assert.same({ "한", "글" }, columns.wrap("한글", 1))
  end)
  it("never breaks an ARN or a URL in a text", function()
    assert.same({ "see", "arn:aws:iam::1:role/a,", "arn:aws:iam::1:role/b", "and web" },
      columns.wrap("see arn:aws:iam::1:role/a, arn:aws:iam::1:role/b and web", 8))
    assert.same({ "arn:aws:iam::1:role/a,", "arn:aws:iam::1:role/b" },
      columns.wrap("arn:aws:iam::1:role/a,arn:aws:iam::1:role/b", 8))
    assert.same({ "(https://docs.aws.amazon.com/a-b)" }, columns.wrap("(https://docs.aws.amazon.com/a-b)", 8))
  end)
end)
