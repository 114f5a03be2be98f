-- The parts of scripts/packaging that need no package beyond the ones of `make test`. `make packages-test` builds and
-- installs the packages.
local helper = require "helper"
local json = require "lanyard.json"

local INSTALL = "scripts/packaging/install.sh"

-- Returns the files and folders below a folder, sorted, without that folder's path.
local function files_below(folder)
  local result = helper.run { "sh", "-c", 'cd "$0" && find . -mindepth 1 | LC_ALL=C sort', folder }
  return result.out
end

local function run(...)
  local result = helper.run { ... }
  assert.equal("", result.err)
  assert.equal(0, result.status)
  return result.out
end

describe("install.sh", function()
  it("prints the folders that it installs to", function()
    local folder <close> = helper.folder()
    local out = run(INSTALL, "install", folder.path, "/usr/share/lanyard/installed", "755:LICENSE:/usr/bin/tool",
      "644:LICENSE:/usr/share/lanyard/a", "644:LICENSE:/usr/share/lanyard/types/deep/b")
    assert.equal(("install  %s/usr/bin (1 file)\ninstall  %s/usr/share/lanyard (2 files)\n"):format(folder, folder), out)
  end)

  it("installs files with their modes, and removes what it installed and nothing else", function()
    local folder <close> = helper.folder()
    local root = folder .. "/root"
    run("mkdir", "-p", root .. "/usr/bin", root .. "/usr/share")
    helper.write(root .. "/usr/share/other", "")
    local before = files_below(root)
    run(INSTALL, "install", root, "/usr/share/lanyard/installed", "755:LICENSE:/usr/bin/tool",
      "644:README.md:/usr/share/a b/deep/file")
    assert.equal("755\n", run("stat", "-c", "%a", root .. "/usr/bin/tool"))
    assert.equal(helper.read "README.md", helper.read(root .. "/usr/share/a b/deep/file"))
    run(INSTALL, "uninstall", root, "/usr/share/lanyard/installed")
    assert.equal(before, files_below(root))
  end)

  it("installs several files into a folder, each with its mode", function()
    local folder <close> = helper.folder()
    run(INSTALL, "install", folder.path, "", "644:LICENSE:/a b/LICENSE", "755:README.md:/a b/README.md",
      "644:Makefile:/a b/Makefile", "644:Makefile:/c/Makefile", "600:LICENSE:/c/other")
    assert.equal("644 ./a b/LICENSE\n644 ./a b/Makefile\n644 ./c/Makefile\n755 ./a b/README.md\n600 ./c/other\n",
      run("sh", "-c", 'cd "$0" && stat -c "%a %n" ./*/[LM]* ./*/R* ./c/other', folder.path))
    for path, source in pairs { ["a b/README.md"] = "README.md", ["c/Makefile"] = "Makefile", ["c/other"] = "LICENSE" } do
      assert.equal(helper.read(source), helper.read(folder .. "/" .. path))
    end
  end)

  it("keeps files of others in the folders that it made", function()
    local folder <close> = helper.folder()
    run(INSTALL, "install", folder.path, "/x/installed", "644:LICENSE:/x/y/file")
    helper.write(folder .. "/x/y/mine", "")
    run(INSTALL, "uninstall", folder.path, "/x/installed")
    assert.equal("./x\n./x/y\n./x/y/mine\n", files_below(folder.path))
  end)

  it("removes files that only the earlier installation had, and still knows the folders of the first one", function()
    local folder <close> = helper.folder()
    run(INSTALL, "install", folder.path, "/x/installed", "644:LICENSE:/x/old/file", "644:LICENSE:/x/same")
    run(INSTALL, "install", folder.path, "/x/installed", "644:README.md:/x/same")
    assert.equal("./x\n./x/installed\n./x/same\n", files_below(folder.path))
    assert.equal(helper.read "README.md", helper.read(folder .. "/x/same"))
    run(INSTALL, "uninstall", folder.path, "/x/installed")
    assert.equal("", files_below(folder.path))
  end)

  it("fails if nothing is installed, and if the list leads out of the root", function()
    local folder <close> = helper.folder()
    local result = helper.run { INSTALL, "uninstall", folder.path, "/x/installed" }
    assert.equal(1, result.status)
    assert.equal(("install.sh: nothing is installed: there is no %s/x/installed\n"):format(folder), result.err)
    helper.write(folder .. "/victim", "")
    run("mkdir", "-p", folder .. "/root/x")
    helper.write(folder .. "/root/x/installed", "/x/../../victim\n")
    result = helper.run { INSTALL, "uninstall", folder .. "/root", "/x/installed" }
    assert.equal(1, result.status)
    assert.equal("install.sh: /x/installed is damaged: /x/../../victim\n", result.err)
    assert.is_true(helper.exists(folder .. "/victim"))
  end)
end)

describe("make install", function()
  it("installs a library for stock lua5.4 below any PREFIX, and make uninstall removes it", function()
    local folder <close> = helper.folder()
    -- A different PREFIX needs a separate build, made in a copy with the flags of this one.
    local copy = folder .. "/build"
    helper.run { "sh", "-c", ("mkdir %s; cd %s; cp -a core embedded.* lanyard* *.flags %s"):format(copy, helper.build, copy) }
    local function make(target)
      return helper.run({ "make", "-s", target, "B=" .. copy, "PREFIX=/opt/lanyard", "DESTDIR=" .. folder.path .. "/root",
        "CFLAGS=" .. helper.read(copy .. "/CFLAGS.flags"):gsub("\n$", "") }, { HOME = folder.path })
    end
    helper.run { "mkdir", folder .. "/root", folder .. "/root/opt" }
    local installed = make "install"
    assert.equal(0, installed.status, installed.err)
    local prefix = folder .. "/root/opt/lanyard"
    assert.match("^lanyard ", helper.run({ prefix .. "/bin/lanyard", "--version" }).out)
    assert.equal("/opt/lanyard\n", helper.run({ prefix .. "/bin/lanyard", "-e",
      "print(require('lanyard.embedded').prefix)" }).out)
    assert.equal(helper.read "lua/lanyard/report/schema.json", helper.read(prefix .. "/share/lanyard/schema.json"))
    local result = helper.run({ helper.lua, "-e", [[
      local lanyard = require "lanyard"
      local doc = lanyard.policy.new()
      doc:allow { principal = "444455556666", actions = { "ecr:BatchGetImage" } }
      lanyard.task.sleep(0.001)
      print(#doc:statements(), lanyard.version, lanyard.aws.client("ecr", { region = "eu-west-1" }).endpoint)
      assert(require "lanyard.assets".read "lanyard/report/page.css":find("color-scheme", 1, true))
    ]] }, {
      LUA_PATH = ("%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua"):format(prefix, prefix),
      LUA_CPATH = prefix .. "/lib/lua/5.4/?.so;/usr/lib/x86_64-linux-gnu/lua/5.4/?.so;/usr/lib/aarch64-linux-gnu/lua/5.4/?.so",
      ASAN_OPTIONS = "detect_leaks=0",
    })
    assert.equal("", result.err)
    assert.match("^1\t%d+%.%d+%.%d+\thttps://api%.ecr%.eu%-west%-1%.amazonaws%.com\n$", result.out)
    assert.equal(0, make("uninstall").status)
    assert.equal(folder .. "/root\n" .. folder .. "/root/opt\n", helper.run({ "find", folder .. "/root" }).out)
  end)
end)

describe("dist.sh", function()
  it("writes the same bytes for the same commit in every folder, and only what is committed", function()
    local folder <close> = helper.folder()
    local script = run("realpath", "scripts/packaging/dist.sh"):match "[^\n]+"
    local result = helper.run({ "sh", "-euc", [[
      mkdir "$0/one" && cd "$0/one"
      git init -q . && echo text > file && mkdir sub && echo more > sub/other && chmod 755 file
      git add . && git -c user.name=a -c user.email=a@example.com commit -qm one
      umask 077
      "$1" name-1 "$0/one.tar.gz"
      umask 022
      git clone -q "$0/one" "$0/two" && cd "$0/two" && touch -d @0 file
      echo uncommitted >> file
      "$1" name-1 "$0/two.tar.gz"
      cmp "$0/one.tar.gz" "$0/two.tar.gz"
      tar -tzf "$0/one.tar.gz" | LC_ALL=C sort]], folder.path, script }, { HOME = folder.path })
    assert.equal(("dist.sh: uncommitted changes are not in %s/two.tar.gz\n"):format(folder), result.err)
    assert.equal("name-1/\nname-1/file\nname-1/sub/\nname-1/sub/other\n", result.out)
    assert.equal(0, result.status)
  end)
end)

-- Unpacks a tarball and returns a function that reads a JSON file of it.
local function reader(tarball, folder)
  run("mkdir", folder)
  run("tar", "-xf", tarball, "-C", folder)
  return function(path) return json.decode(helper.read(folder .. "/" .. path)) end
end

local function blob_of(descriptor)
  return "blobs/" .. descriptor.digest:gsub(":", "/")
end

describe("oci.sh", function()
  local function build(folder, name)
    return run("scripts/packaging/oci.sh", folder .. "/binary", folder .. "/certificates", "LICENSE", "README.md", "1.2.3",
      "abc", "1700000000", "aarch64", folder .. "/" .. name)
  end

  local function prepare(folder)
    run("mkdir", "-p", folder .. "/certificates/sub")
    helper.write(folder .. "/binary", "#!/bin/sh\necho binary\n")
    helper.write(folder .. "/certificates/b.crt", "second\n")
    helper.write(folder .. "/certificates/sub/a.crt", "third\n")
    helper.write(folder .. "/certificates/a.crt", "first\n")
  end

  it("writes an image layout whose digests and sizes are right", function()
    local folder <close> = helper.folder()
    prepare(folder)
    build(folder, "one.tar")
    local read = reader(folder .. "/one.tar", folder .. "/layout")
    assert.same({ imageLayoutVersion = "1.0.0" }, read "oci-layout")
    local index = read("index.json").manifests[1]
    local manifest = read(blob_of(index))
    assert.same({ architecture = "arm64", os = "linux" }, index.platform)
    local layer = manifest.layers[1]
    for _, descriptor in ipairs { index, manifest.config, layer } do
      local path = folder .. "/layout/" .. blob_of(descriptor)
      assert.equal(descriptor.digest, "sha256:" .. run("sha256sum", path):match "^%x+")
      assert.equal(descriptor.size, #helper.read(path))
    end
    local config = read(blob_of(manifest.config))
    local unpacked = run("sh", "-c", 'gzip -dc "$0" | sha256sum', folder .. "/layout/" .. blob_of(layer))
    assert.same({ "sha256:" .. unpacked:match "^%x+" }, config.rootfs.diff_ids)
    assert.equal("2023-11-14T22:13:20Z", config.created)
    assert.equal("1.2.3", config.config.Labels["org.opencontainers.image.version"])
    assert.equal("abc", config.config.Labels["org.opencontainers.image.revision"])
  end)

  it("has no entry point and no shell, and a user that is not root, who owns the home", function()
    local folder <close> = helper.folder()
    prepare(folder)
    build(folder, "one.tar")
    local read = reader(folder .. "/one.tar", folder .. "/layout")
    local manifest = read(blob_of(read("index.json").manifests[1]))
    local config = read(blob_of(manifest.config)).config
    assert.is_nil(config.Entrypoint)
    assert.same({ "lanyard" }, config.Cmd)
    assert.equal("65532:65532", config.User)
    local layer = folder .. "/layout/" .. blob_of(manifest.layers[1])
    local list = run("tar", "-tvzf", layer)
    assert.match("drwxr%-xr%-x 65532/65532 [^\n]* %./home/lanyard/\n", list)
    assert.match("drwxrwxrwt 0/0 [^\n]* %./tmp/\n", list)
    assert.match("%-rwxr%-xr%-x 0/0 [^\n]* %./usr/bin/lanyard\n", list)
    for line in list:gmatch "[^\n]+" do
      assert.truthy(line:find "^d" or line:find "/lanyard$" or not line:find "^%S*x", line)
    end
    assert.equal("first\nsecond\nthird\n", run("tar", "-xzOf", layer, "./etc/ssl/certs/ca-certificates.crt"))
    assert.match("\nlanyard:x:65532:65532:", run("tar", "-xzOf", layer, "./etc/passwd"))
  end)

  it("writes the same bytes again, whatever the umask and the times of the files", function()
    local folder <close> = helper.folder()
    prepare(folder)
    build(folder, "one.tar")
    run("touch", "-d", "2001-02-03", folder .. "/binary")
    run("sh", "-euc", 'umask 077; exec "$@"', "sh", "scripts/packaging/oci.sh", folder .. "/binary",
      folder .. "/certificates", "LICENSE", "README.md", "1.2.3", "abc", "1700000000", "aarch64", folder .. "/two.tar")
    run("cmp", folder .. "/one.tar", folder .. "/two.tar")
  end)

  it("needs certificates", function()
    local folder <close> = helper.folder()
    prepare(folder)
    run("rm", "-r", folder .. "/certificates")
    run("mkdir", folder .. "/certificates")
    local result = helper.run { "scripts/packaging/oci.sh", folder .. "/binary", folder .. "/certificates", "LICENSE",
      "README.md", "1.2.3", "abc", "1700000000", "x86_64", folder .. "/one.tar" }
    assert.equal(1, result.status)
    assert.equal(("oci.sh: %s/certificates has no certificates\n"):format(folder), result.err)
  end)
end)

describe("sbom.lua", function()
  -- Links a program with archives of two Debian packages, of which only one is needed.
  local function link(folder)
    helper.write(folder .. "/program.c", "#include <zlib.h>\nint main(void) { return zlibVersion()[0] == 0; }\n")
    helper.write(folder .. "/embed", "x modules y argparse=/usr/share/lua/5.4/argparse.lua scripts\n")
    return helper.run { "sh", "-euc", [[
      cd "$0"
      gcc -fPIE -c program.c
      gcc -static-pie -Wl,-Map=map -o program program.o -l:libz.a -l:liblua5.4.a -lm]], folder.path }
  end

  local function write(folder, name, models)
    return run("lua5.4", "scripts/packaging/sbom.lua", folder .. "/program", folder .. "/map", folder .. "/embed", "/none",
      "1.2.3", "1700000000", folder .. "/" .. name .. ".json", folder .. "/" .. name .. ".txt", models)
  end

  it("lists the models of AWS services", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/map", "")
    helper.write(folder .. "/embed", "argparse=/usr/share/lua/5.4/argparse.lua\n")
    helper.write(folder .. "/program", "x")
    os.execute(("mkdir -p '%s/botocore/data'"):format(folder))
    helper.write(folder .. "/botocore/__init__.py", "__version__ = '1.43.11'\n")
    write(folder, "one", folder .. "/botocore/data")
    local component = json.decode(helper.read(folder .. "/one.json")).components[1]
    assert.same({ "data", "aws-models", "1.43.11", "pkg:generic/aws-models@1.43.11" },
      { component.type, component.name, component.version, component.purl })
    local debian = "/usr/lib/python3/dist-packages/botocore/data"
    if not helper.exists(debian .. "/partitions.json") then
      return pending "the Debian package python3-botocore is not installed"
    end
    write(folder, "two", debian)
    for _, found in ipairs(json.decode(helper.read(folder .. "/two.json")).components) do
      if found.name == "python-botocore" then component = found end
    end
    assert.same({ { license = { id = "Apache-2.0" } } }, component.licenses)
    assert.equal(run("dpkg-query", "-W", "-f", "${source:Version}", "python3-botocore"), component.version)
  end)

  it("lists the packages whose files were linked, with version, license and purl", function()
    local folder <close> = helper.folder()
    if link(folder).status ~= 0 then
      pending "the Debian package zlib1g-dev is not installed"
      return
    end
    write(folder, "one")
    local bom = json.decode(helper.read(folder .. "/one.json"))
    assert.equal("CycloneDX", bom.bomFormat)
    assert.equal("1.5", bom.specVersion)
    assert.equal(1, bom.version)
    assert.match("^urn:uuid:%x+%-%x+%-8%x%x%x%-a%x%x%x%-%x+$", bom.serialNumber)
    assert.equal("2023-11-14T22:13:20Z", bom.metadata.timestamp)
    assert.equal("application", bom.metadata.component.type)
    assert.same({ { alg = "SHA-256", content = run("sha256sum", folder .. "/program"):match "^%x+" } },
      bom.metadata.component.hashes)
    local names, references = {}, {}
    for i, component in ipairs(bom.components) do
      names[component.name] = component
      references[i] = component["bom-ref"]
      assert.equal("library", component.type)
      assert.match("^pkg:deb/%w+/[%w.~_-]+@[%w.~_%%-]+%?arch=source$", component.purl)
      assert.equal(1, #component.licenses)
    end
    assert.same({ { ref = bom.metadata.component["bom-ref"], dependsOn = references } }, bom.dependencies)
    assert.same({ { license = { id = "Zlib" } } }, names.zlib.licenses)
    assert.equal(run("dpkg-query", "-W", "-f", "${source:Version}", "zlib1g-dev"), names.zlib.version)
    assert.truthy(names.glibc)
    assert.truthy(names["lua-argparse"])
    assert.is_nil(names["lua5.4"])
    local notices = helper.read(folder .. "/one.txt")
    assert.truthy(notices:find(helper.read "/usr/share/doc/zlib1g-dev/copyright", 1, true))
    write(folder, "two")
    assert.equal(helper.read(folder .. "/one.json"), helper.read(folder .. "/two.json"))
  end)

  it("fails for a package whose license it does not know", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/map", "/usr/lib/unknown.a(x.o)\n")
    helper.write(folder .. "/embed", "argparse=/usr/share/lua/5.4/argparse.lua\n")
    local result = helper.run { "lua5.4", "scripts/packaging/sbom.lua", "LICENSE", folder .. "/map", folder .. "/embed",
      "/none", "1.2.3", "1", folder .. "/x.json", folder .. "/x.txt" }
    assert.equal(1, result.status)
    assert.equal("sbom.lua: /usr/lib/unknown.a does not exist\n", result.err)
    helper.write(folder .. "/embed", "argparse=/usr/bin/dpkg\n")
    helper.write(folder .. "/map", "")
    result = helper.run { "lua5.4", "scripts/packaging/sbom.lua", "LICENSE", folder .. "/map", folder .. "/embed", "/none",
      "1.2.3", "1", folder .. "/x.json", folder .. "/x.txt" }
    assert.equal(1, result.status)
    assert.equal("sbom.lua: the license of dpkg is unknown; add it to sbom.lua\n", result.err)
  end)
end)

describe("the packages", function()
  it("have the version of the program", function()
    local version = dofile "lua/lanyard/version.lua"
    assert.match("^lanyard %(" .. version:gsub("%p", "%%%0") .. "%) ", helper.read "scripts/packaging/debian/changelog")
    local printed = run("make", "-n", "dist")
    assert.truthy(printed:find(("dist.sh lanyard-%s build/dist/lanyard-%s.tar.gz"):format(version, version), 1, true))
  end)

  it("have a rockspec that installs the modules with targets of the Makefile", function()
    local rockspec = {}
    assert(loadfile("scripts/packaging/lanyard-scm-1.rockspec", "t", rockspec))()
    assert.equal("lanyard", rockspec.package)
    assert.equal("scm-1", rockspec.version)
    assert.equal("make", rockspec.build.type)
    assert.match("^lua >= 5%.4", rockspec.dependencies[1])
    local folder <close> = helper.folder()
    local words = { "make", "-n", rockspec.build.install_target, "-o", rockspec.build.build_target }
    for name, value in pairs(rockspec.build.install_variables) do
      words[#words + 1] = name .. "=" .. value:gsub("%$%((%u+)%)", { LIBDIR = folder .. "/lib", LUADIR = folder .. "/lua" })
        :gsub("%$%b()", "")
    end
    local printed = run(table.unpack(words))
    assert.truthy(printed:find(("644:build/rock/lanyard.so:%s/lib/lanyard.so "):format(folder), 1, true))
    assert.truthy(printed:find((":lua/lanyard/init.lua:%s/lua/lanyard/init.lua"):format(folder), 1, true))
  end)
end)
