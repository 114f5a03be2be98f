-- For the specs of protocols: a service of a few shapes, written short.

local model = require "lanyard.model"

local M = {}

-- Shapes that most cases need.
local SHAPES = {
  String = { type = "string" }, Integer = { type = "integer" }, Long = { type = "long" }, Double = { type = "double" },
  Float = { type = "float" }, Boolean = { type = "boolean" }, Blob = { type = "blob" }, Time = { type = "timestamp" },
  Document = { type = "structure", document = true },
  Strings = { type = "list", member = { shape = "String" } },
  Integers = { type = "list", member = { shape = "Integer" } },
  Times = { type = "list", member = { shape = "Time" } },
  StringMap = { type = "map", key = { shape = "String" }, value = { shape = "String" } },
  StringsMap = { type = "map", key = { shape = "String" }, value = { shape = "Strings" } },
  Node = { type = "structure", members = { name = { shape = "String" }, nodes = { shape = "Nodes" }, count = { shape = "Integer" } } },
  Nodes = { type = "list", member = { shape = "Node" } },
  Choice = { type = "structure", union = true, members = { text = { shape = "String" }, number = { shape = "Integer" } } },
}

-- Returns a service with one operation, and the operation.
-- members: of the input and the output; options: `input`, `output` (traits of the two), `operation`, `metadata`, `shapes`
function M.service(members, options)
  options = options or {}
  local shapes = { In = { type = "structure", members = members }, Out = { type = "structure", members = members } }
  for name, shape in pairs(SHAPES) do
    shapes[name] = shape
  end
  for name, shape in pairs(options.shapes or {}) do
    shapes[name] = shape
  end
  for name, traits in pairs { In = options.input or {}, Out = options.output or {} } do
    for trait, value in pairs(traits) do
      shapes[name][trait] = value
    end
  end
  local operation = { name = "Do", http = { method = "POST", requestUri = "/" }, input = { shape = "In" }, output = { shape = "Out" } }
  for trait, value in pairs(options.operation or {}) do
    operation[trait] = value or nil
  end
  local service = model.new {
    metadata = options.metadata or { protocol = "rest-json" }, shapes = shapes, operations = { Do = operation },
  }
  return service, service:operation "Do"
end

return M
