local reports = require "reports"

-- The cells of the rows of its table.
local function rows_of(text)
  local rows = {}
  for line in text:gmatch "[^\n]+" do
    if line:find "^|" then
      local cells = {}
      for cell in line:gsub("\\.", function(pair) return ("\1%02x"):format(pair:byte(2)) end):gmatch "[^|]+" do
        cells[#cells + 1] = cell:gsub("\1(%x%x)", function(code) return "\\" .. string.char(tonumber(code, 16)) end)
      end
      rows[#rows + 1] = cells
    end
  end
  return rows
end

describe("Markdown of an audit", function()
  it("has the numbers, what is unknown, a row for each finding, and how to fix each", function()
    local text = reports.text("markdown", reports.small())
    assert.match("^## Lanyard audit: 1 critical, 1 medium, 1 low\n\n2 repositories, 3 grants in 2 pairs of account and "
      .. "Region, 1 of which could not be audited, 2026%-11%-25T01:00:00Z, by lanyard 0.1.0.\n", text)
    assert.match("%- %*%*unknown%*%* 444455556666 eu%-west%-1 could not be audited: AccessDenied: not for you\n", text)
    assert.equal(5, #rows_of(text))
    assert.match("| critical | public%-access | 111122223333 us%-east%-1 | repository team/api, statement \\#3 |", text)
    assert.match("<details><summary>[^\n]+</summary>\n\n", text)
    assert.match("\n  %- fix: ` lanyard fix public%-access `\n", text)
  end)

  it("lists the changes since the baseline, and fits its limit", function()
    local report = reports.changed()
    local text = reports.text("markdown", report)
    assert.match("\nSince 2026%-11%-24T01:00:00Z: 2 new findings, 1 resolved; 1 grant added, 1 removed%.\n\n"
      .. "%- finding %*%*resolved%*%* 111122223333 us%-east%-1: public%-access: public%-access is so\n"
      .. "%- grant %*%*added%*%* 111122223333 us%-east%-1: team/api: arn:[^\n]+ %(allow%)\n"
      .. "%- grant %*%*removed%*%* 111122223333 us%-east%-1: team/api: arn:[^\n]+%-of%-before %(allow%)\n", text)
    assert.match("| critical | %*%*new%*%* public%-access |", text)
    assert.match("| low | unused%-role |", text)
    for i = 2, 10000 do report.baseline.resolved[i] = report.baseline.resolved[1] end
    text = reports.text("markdown", report)
    assert.is_true(#text < 512 * 1024)
    assert.match("\n%d+ more changes are omitted%.\n", text)
    local hostile = reports.text("markdown", reports.changed(reports.hostile)):match "\nSince (.-)\n\n|"
    assert.match("script", hostile)
    assert.is_nil(hostile:gsub("\\.", ""):find "[<|`]")
  end)

  it("lists muted findings with reason and expiry", function()
    local text = reports.text("markdown", reports.muted())
    assert.match("\n1 muted:\n\n%- medium missing%-service: missing%-service is so, muted until 2027%-01%-31: known\n", text)
    assert.is_nil(reports.text("markdown", reports.muted(reports.hostile)):match "\n1 muted:(.-)\n\n|":gsub("\\.", "")
      :find "[<|`]")
  end)

  it("is short without findings", function()
    local text = reports.text("markdown", reports.empty())
    assert.match("^## Lanyard audit: no findings\n", text)
    assert.match("\nus%-east%-1 of account 111122223333: no repositories%.\n", text)
    assert.is_nil(text:find "details")
  end)

  it("has a hostile text as text in its cell", function()
    local text = reports.text("markdown", reports.hostile())
    for _, row in ipairs(rows_of(text)) do
      assert.equal(5, #row, table.concat(row, "|"))
    end
    -- Outside of code nothing opens a tag but what is ours, and nothing is a link.
    local plain = text:gsub("\n  %- fix: [^\n]+", ""):gsub("\\.", "")
    assert.same({ "<details>", "<summary>", "</summary>", "</details>" },
      (function(found) for tag in plain:gmatch "<[^>]*>" do found[#found + 1] = tag end return found end) {})
    assert.is_nil(plain:find "%]%(")
    assert.is_nil(text:find "[%z\1-\9\11-\31\127]")
    -- The code of a fix is fenced by more backticks than are in it.
    for fence in text:gmatch "\n  %- fix: (`+) " do
      assert.equal("```", fence)
    end
  end)

  it("fits a step summary, and counts the findings that it omits", function()
    local report = reports.small()
    for i = 4, 10000 do
      report.findings[i] = report.findings[3]
    end
    local text = reports.text("markdown", report)
    assert.is_true(#text < 1024 * 1024)
    local shown = #rows_of(text) - 2
    assert.match(("\n%d more findings are omitted"):format(10000 - shown), text)
    assert.match("\n</details>\n$", text)
  end)
end)
