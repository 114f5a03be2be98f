-- A catalogue of services for the specs of lanyard.awscli: one service with members of every type.

local model = require "lanyard.model"

local STRING, INTEGER, BOOLEAN = { shape = "Text" }, { shape = "Number" }, { shape = "Flag" }

local function named(name, reference, traits)
  local copy = { name = name }
  for _, from in ipairs { reference, traits or {} } do
    for trait, value in pairs(from) do
      copy[trait] = value
    end
  end
  return copy
end

local DATA = {
  metadata = { protocol = "json", jsonVersion = "1.1", targetPrefix = "Shop", endpointPrefix = "shop" },
  operations = {
    CreateThing = { input = { shape = "CreateThing" }, output = { shape = "Thing" }, errors = { { shape = "NoSuchThing" } } },
    ListThings = { input = { shape = "ListThings" }, output = { shape = "Things" } },
    GetObject = { input = { shape = "GetObject" }, output = { shape = "Object" } },
    PutObject = { input = { shape = "PutObject" } },
    Ping = {},
  },
  shapes = {
    Text = { type = "string" }, Number = { type = "integer" }, Flag = { type = "boolean" }, Bytes = { type = "blob" },
    Stream = { type = "blob", streaming = true }, Time = { type = "timestamp" }, Size = { type = "double" },
    Texts = { type = "list", member = STRING }, Numbers = { type = "list", member = INTEGER },
    Labels = { type = "map", key = STRING, value = STRING },
    Key = { type = "string", min = 1 },
    Kind = { type = "string", enum = { "large", "small" } },
    Document = { type = "structure", document = true, members = {} },
    Tag = { type = "structure", required = { "Key" }, members = {
      named("Key", STRING), named("Value", STRING), named("Ports", { shape = "Numbers" }), named("Data", { shape = "Bytes" }),
    } },
    Tags = { type = "list", member = { shape = "Tag" } },
    Only = { type = "structure", members = { named("Value", STRING) } },
    Setting = { type = "structure", members = { named("Value", BOOLEAN) } },
    Tree = { type = "structure", members = { named("Name", STRING), named("Inner", { shape = "Tree" }) } },
    CreateThing = { type = "structure", required = { "ThingName", "Token", "Public" }, members = {
      named("ThingName", STRING), named("Token", STRING, { idempotencyToken = true }), named("Public", BOOLEAN),
      named("Count", INTEGER), named("Weight", { shape = "Size" }), named("Tags", { shape = "Tags" }),
      named("Names", { shape = "Texts" }), named("Ports", { shape = "Numbers" }), named("Labels", { shape = "Labels" }),
      named("Tree", { shape = "Tree" }), named("Attribute", { shape = "Only" }), named("Zip", { shape = "Bytes" }),
      named("Since", { shape = "Time" }), named("Extra", { shape = "Document" }), named("Kind", { shape = "Kind" }),
      named("DryRun", BOOLEAN),
    } },
    Thing = { type = "structure", members = {
      named("ThingName", STRING), named("CreatedAt", { shape = "Time" }), named("Zip", { shape = "Bytes" }),
      named("Tags", { shape = "Tags" }), named("Count", INTEGER), named("Weight", { shape = "Size" }),
      named("Labels", { shape = "Labels" }),
    } },
    ListThings = { type = "structure", members = {
      named("NextToken", STRING), named("MaxItems", INTEGER), named("Kind", { shape = "Kind" }),
    } },
    Things = { type = "structure", members = { named("Things", { shape = "ThingList" }), named("NextToken", STRING) } },
    ThingList = { type = "list", member = { shape = "Thing" } },
    GetObject = { type = "structure", required = { "Key" }, members = { named("Key", { shape = "Key" }) } },
    Object = { type = "structure", payload = "Body", members = { named("Body", { shape = "Stream" }), named("Size", INTEGER) } },
    PutObject = { type = "structure", payload = "Body", members = { named("Key", STRING), named("Body", { shape = "Stream" }) } },
    NoSuchThing = { type = "structure", exception = true, members = {} },
  },
  paginators = {
    ListThings = { input_token = "NextToken", output_token = "NextToken", limit_key = "MaxItems", result_key = "Things" },
  },
  waiters = {
    ThingExists = { operation = "CreateThing", delay = 1, maxAttempts = 3, acceptors = {} },
  },
}

local shop = model.new(DATA)

return {
  data = DATA,
  names = function() return { "s3api", "shop" } end,
  load = function(service) return service == "shop" and shop or nil end,
}
