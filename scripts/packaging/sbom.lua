-- Writes what is inside the static binary, as CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/), and the copyright
-- files of these packages.
--   lua5.4 scripts/packaging/sbom.lua BINARY MAP EMBED CURL VERSION EPOCH SBOM.json LICENSES.txt [MODEL-FOLDER]
-- MAP is the linker's map: only archives of which a member was linked are listed. EMBED has the word argparse=FILE.
-- CURL is the folder that curl.sh made, MODEL-FOLDER the one of the models of AWS services. EPOCH is the time
-- of the document in seconds. dpkg says which package has an archive.

package.path = "scripts/packaging/?.lua;" .. package.path
local json = require "json"

-- The licence of each source package, as SPDX names it (https://spdx.org/licenses/), for the files that are linked.
local LICENSES = {
  ["c-ares"] = "MIT", curl = "curl", glibc = "LGPL-2.1-or-later", libevent = "BSD-3-Clause",
  ["lua-argparse"] = "MIT", ["lua-cjson"] = "MIT", ["lua5.4"] = "MIT", nghttp2 = "MIT", openssl = "Apache-2.0",
  ["python-botocore"] = "Apache-2.0", sqlite3 = "blessing", zlib = "Zlib",
  gcc = "GPL-3.0-or-later WITH GCC-exception-3.1",
  ["cross-toolchain-base"] = "LGPL-2.1-or-later",
}

local function fail(text, ...)
  io.stderr:write("sbom.lua: ", text:format(...), "\n")
  os.exit(1)
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

-- Runs a program with one argument and returns the first line of its output.
local function ask(program, word)
  local pipe <close> = assert(io.popen(("%s '%s' 2> /dev/null"):format(program, word)))
  return (pipe:read "a"):match "^[^\n]+"
end

-- Returns the archives of which the linker took a member, and the object files of the compiler, as a sorted list.
local function linked_files(map)
  local seen, files = {}, {}
  local function add(path)
    if not seen[path] then
      seen[path] = true
      files[#files + 1] = path
    end
  end
  for line in map:gmatch "[^\n]+" do
    local object = line:match "^LOAD (/.*%.o)$"
    if object then
      add(object)
    end
    local archive = line:match "^(%S+%.a)%([^)]+%)$"
    if archive then
      add(archive)
    end
  end
  table.sort(files)
  return files
end

-- Returns the Debian package of a file.
local function owner(path)
  local real = ask("realpath -e", path) or fail("%s does not exist", path)
  local line = ask("dpkg -S", real) or ask("dpkg -S", (real:gsub("^/usr", "")))
  return line and line:match "^([^:]+)" or fail("%s belongs to no package", real)
end

-- Returns the component of a source package, which is made if needed.
local function component(list, source, version, distribution)
  local existing = list[source]
  if existing then
    return existing
  end
  local family = source:match "^(gcc)%-%d+$" or source:match "^(gcc)%-%d+%-cross$" or source
  local license = LICENSES[family] or fail("the license of %s is unknown; add it to sbom.lua", source)
  local function escape(text)
    return (text:gsub("[^%w.~_-]", function(c) return ("%%%02X"):format(c:byte()) end))
  end
  local purl = ("pkg:deb/%s/%s@%s?arch=source"):format(distribution, escape(source), escape(version))
  local new = {
    type = "library", name = source, version = version, purl = purl, ["bom-ref"] = purl,
    licenses = { license:find " " and { expression = license } or { license = { id = license } } },
    files = {},
  }
  list[source], list[#list + 1] = new, new
  return new
end

-- Adds the models of AWS services: a Debian package, or another folder, which has a version if it is botocore's.
local function add_models(folder, list, notices, distribution)
  local package = (ask("dpkg -S", folder .. "/partitions.json") or ""):match "^[^:]+"
  local entry
  if package then
    local line = ask("dpkg-query -W -f '${source:Package} ${source:Version}\\n'", package)
    local source, version = line:match "^(%S+) (%S+)"
    entry = component(list, source, version, distribution)
    notices[source] = ("/usr/share/doc/%s/copyright"):format(package)
  else
    local init = io.open(folder .. "/../__init__.py", "rb")
    local version = init and init:read("a"):match "__version__ = '([%w.]+)'" or "0"
    local purl = "pkg:generic/aws-models@" .. version
    entry = {
      type = "data", name = "aws-models", version = version, purl = purl, ["bom-ref"] = purl,
      licenses = { { license = { id = "Apache-2.0" } } }, files = {},
    }
    list[#list + 1] = entry
    notices[entry.name] = "/usr/share/common-licenses/Apache-2.0"
  end
  entry.files[1] = "models.index"
end

local function components_of(files, curl, models)
  local list, notices = {}, {}
  local distribution = read("/etc/os-release"):match "%f[%w]ID=(%w+)"
  for _, path in ipairs(files) do
    local source, version, copyright
    if path:find "/libcurl%.a$" and path:find(curl, 1, true) then
      source, version, copyright = "curl", read(curl .. "/version"):match "^%S+", curl .. "/copyright"
    else
      local name = owner(path)
      local line = ask("dpkg-query -W -f '${source:Package} ${source:Version} ${binary:Package}\\n'", name)
      source, version = line:match "^(%S+) (%S+)"
      copyright = ("/usr/share/doc/%s/copyright"):format(name)
    end
    local entry = component(list, source, version, distribution)
    entry.files[#entry.files + 1] = path:match "[^/]+$"
    notices[source] = copyright
  end
  if models ~= "" then
    add_models(models, list, notices, distribution)
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  for _, entry in ipairs(list) do
    table.sort(entry.files)
    entry.properties = { { name = "lanyard:linked", value = table.concat(entry.files, " ") } }
    entry.files = nil
  end
  return list, notices
end

local function licenses_text(list, notices)
  local title = "The copyright notices of lanyard and of the packages that its static binary contains.\n\n"
  local parts = { title, read "LICENSE" }
  for _, entry in ipairs(list) do
    local heading = ("\n%s\n%s %s\n\n"):format(("="):rep(100), entry.name, entry.version)
    parts[#parts + 1] = heading .. read(notices[entry.name])
  end
  return table.concat(parts)
end

local function document(list, binary, version, epoch)
  local depends = {}
  for i, entry in ipairs(list) do
    depends[i] = entry["bom-ref"]
  end
  local own = "pkg:generic/lanyard@" .. version
  local bom = {
    bomFormat = "CycloneDX", specVersion = "1.5", version = 1,
    metadata = {
      timestamp = ask("date -u +%Y-%m-%dT%H:%M:%SZ -d", "@" .. epoch),
      component = {
        type = "application", name = "lanyard", version = version, purl = own, ["bom-ref"] = own,
        licenses = { { license = { id = "MIT" } } },
        hashes = { { alg = "SHA-256", content = ask("sha256sum", binary):match "^%x+" } },
      },
    },
    components = list,
    dependencies = { { ref = own, dependsOn = depends } },
  }
  return bom
end

-- A version 8 UUID (RFC 9562) from the content.
local function serial(text)
  local name = os.tmpname()
  write(name, text)
  local hash = ask("sha256sum", name)
  os.remove(name)
  return ("urn:uuid:%s-%s-8%s-a%s-%s"):format(hash:sub(1, 8), hash:sub(9, 12), hash:sub(14, 16), hash:sub(18, 20),
    hash:sub(21, 32))
end

local binary, map, embed, curl, version, epoch, sbom, licenses, models = table.unpack(arg)
if not licenses then
  fail "usage: sbom.lua BINARY MAP EMBED CURL VERSION EPOCH SBOM.json LICENSES.txt [MODEL-FOLDER]"
end
local files = linked_files(read(map))
files[#files + 1] = read(embed):match "argparse=(%S+)" or fail("%s names no argparse", embed)
local list, notices = components_of(files, curl, models or "")
local bom = document(list, binary, version, math.tointeger(tonumber(epoch)) or fail("%s is not a time", epoch))
bom.serialNumber = serial(json.encode(bom))
write(sbom, json.encode(bom) .. "\n")
write(licenses, licenses_text(list, notices))
