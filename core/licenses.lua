-- Writes the licences and notices of what the binary contains, for `lanyard --licenses`.
--   lua5.4 core/licenses.lua MODELS CURL COMPONENT ... > licenses.txt
-- MODELS is the folder of the models of AWS services, or empty. CURL is a file with the notice of a libcurl that was
-- built for this binary, or empty. The texts come from the packages of this machine; a component whose package is not
-- installed as a Debian package has its licence's name and address.

-- Components: packages that have the text, the licence (https://spdx.org/licenses/), and the address of the text.
local COMPONENTS = {
  Lua = { "liblua5.4-dev lua5.4", "MIT", "https://www.lua.org/license.html" },
  ["lua-cjson"] = { "lua-cjson-dev lua-cjson", "MIT", "https://github.com/openresty/lua-cjson" },
  argparse = { "lua-argparse", "MIT", "https://github.com/luarocks/argparse" },
  SQLite = { "libsqlite3-dev libsqlite3-0", "blessing", "https://www.sqlite.org/copyright.html" },
  libcurl = { "libcurl4-openssl-dev libcurl4", "curl", "https://curl.se/docs/copyright.html" },
  OpenSSL = { "libssl-dev libssl3", "Apache-2.0", "https://www.openssl.org/source/license.html" },
  libevent = { "libevent-dev libevent-core-2.1-7", "BSD-3-Clause", "https://libevent.org/LICENSE.txt" },
  zlib = { "zlib1g-dev zlib1g", "Zlib", "https://zlib.net/zlib_license.html" },
  nghttp2 = { "libnghttp2-dev libnghttp2-14", "MIT", "https://github.com/nghttp2/nghttp2/blob/master/COPYING" },
  ["c-ares"] = { "libc-ares-dev libc-ares2", "MIT", "https://c-ares.org/license.html" },
  glibc = { "libc6-dev libc6", "LGPL-2.1-or-later", "https://www.gnu.org/software/libc/" },
}

local MODELS = "The models of AWS services"
local RULE = ("="):rep(80) .. "\n"

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

-- Returns the text of the first package that is installed.
local function copyright(packages)
  for package in packages:gmatch "%S+" do
    local text = read(("/usr/share/doc/%s/copyright"):format(package))
    if text then
      return text
    end
  end
end

local parts = {}
local function add(title, text)
  parts[#parts + 1] = ("\n%s%s\n%s\n%s"):format(RULE, title, RULE, text:gsub("%s*$", "") .. "\n")
end

-- The notice of botocore: beside its Debian package, or beside the package of pip, whose version the folder has.
local function botocore_notice(folder)
  local version = (read(folder .. "/../__init__.py") or ""):match "__version__ = '([%w.]+)'"
  local pip = version and ("%s/../../botocore-%s.dist-info/NOTICE"):format(folder, version)
  local debian = folder:find "^/usr/lib/python3/" and "/usr/share/doc/python3-botocore/NOTICE"
  return pip and read(pip) or debian and read(debian)
end

local function add_models(folder)
  local notice = botocore_notice(folder) or read(folder .. "/NOTICE") or read(folder .. "/NOTICE.txt")
    or read(folder .. "/../NOTICE.txt")
  add(MODELS .. " (Apache-2.0)", [[
The models are a part of botocore, of the AWS SDK for JavaScript, or of
https://github.com/aws/api-models-aws. lanyard contains what calls need, without
documentation, in another form.

]] .. (notice or [[
Copyright Amazon.com, Inc. or its affiliates. All Rights Reserved.
https://github.com/boto/botocore/blob/develop/NOTICE]]))
end

local models, curl = arg[1], arg[2]
parts[1] = "lanyard, and the licences and notices of what it contains\n\n" .. assert(read "LICENSE")
if models ~= "" then
  add_models(models)
end
for i = 3, #arg do
  local name = arg[i]
  local component = COMPONENTS[name]
  local text = name == "libcurl" and curl ~= "" and read(curl) or copyright(component[1])
  add(("%s (%s)"):format(name, component[2]), text or component[3])
end
-- Texts that the notices above refer to.
for _, name in ipairs { "Apache-2.0", "LGPL-2.1" } do
  local text = read("/usr/share/common-licenses/" .. name)
  if text and table.concat(parts):find("common-licenses/" .. name, 1, true) then
    add(name, text)
  end
end
io.stdout:write(table.concat(parts))
