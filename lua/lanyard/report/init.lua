--- Formats of audit reports: data in, text out. They need no AWS account and no terminal.
---
--- ```lua
--- local audit, report = require "lanyard.audit", require "lanyard.report"
--- local session = assert(lanyard.aws.session { region = "us-east-1" })
--- local region = assert(lanyard.access.connect(session, { permit = false }))
--- local found = assert(audit.run(region))
--- print(report.text(found, "csv"):match "^[^,]*,[^,]*")
--- --> severity,id
--- ```

local lists = require "lanyard.lists"
local suggest = require "lanyard.text.suggest"

local M = {
  --- The names of the formats of a report, as `lanyard audit --output` has them.
  ---@type string[]
  FORMATS = { "table", "json", "jsonl", "csv", "sarif", "junit", "markdown", "prometheus", "html" },
  --- The names of the formats of the graph of grants, as `lanyard graph --output` has them, besides json.
  ---@type string[]
  GRAPHS = { "svg", "dot", "mermaid" },
}

-- Formats whose texts depend on the properties of findings.
local NEEDS_CATALOGUE = lists.set "sarif html svg dot mermaid"

--- What a format of a report needs besides the report.
---@class report.Options
---@field catalogue? table<string, table>  the properties of findings by id: `lanyard.audit.catalogue`; required for
---  "sarif", "html" and the formats of the graph
---@field paint? fun(colour: string?, text: string): string  colours a text of "table"; plain by default
---@field width? integer  the width of "table" in characters; no limit by default
---@field boxes? integer  the boxes of a graph above which it is folded; see lanyard.report.graph.fold

--- Writes a report in a format, part by part. Raises an error for an unknown format, and for a missing catalogue.
---@param audited audit.Report
---@param format string  one of FORMATS or GRAPHS
---@param out fun(text: string)  receives whole lines, several times
---@param options? report.Options
function M.write(audited, format, out, options)
  if not (lists.contains(M.FORMATS, format) or lists.contains(M.GRAPHS, format)) then
    local all = table.move(M.GRAPHS, 1, #M.GRAPHS, #M.FORMATS + 1, { table.unpack(M.FORMATS) })
    local near = suggest(tostring(format), all)
    error(("'%s' is not a format of reports%s"):format(tostring(format),
      near and (" (did you mean %s?)"):format(near) or ""), 2)
  elseif NEEDS_CATALOGUE[format] and not (options and options.catalogue) then
    error(("the format '%s' needs options.catalogue: lanyard.audit.catalogue"):format(format), 2)
  end
  require("lanyard.report." .. (format == "table" and "terminal" or format)).write(audited, function(text)
    out(text ~= "" and text:sub(-1) ~= "\n" and text .. "\n" or text)
  end, options or {})
end

--- Returns a report as text. Raises the same errors as `write`.
---@param audited audit.Report
---@param format string  one of FORMATS or GRAPHS
---@param options? report.Options
---@return string text
function M.text(audited, format, options)
  local parts = {}
  M.write(audited, format, function(part) parts[#parts + 1] = part end, options)
  return table.concat(parts)
end

return M
