-- The modules for stock Lua 5.4, from a checkout or an unpacked tarball:
--   luarocks --lua-version 5.4 make scripts/packaging/lanyard-scm-1.rockspec
-- Only lanyard.cli needs argparse, the rock or Debian's lua-argparse, which LuaRocks does not see: it is not a dependency.
-- The C libraries are no external_dependencies, because LuaRocks does not search Debian's folders of an architecture; the
-- Makefile asks pkg-config.
rockspec_format = "3.0"
package = "lanyard"
version = "scm-1"
source = { url = "git+file://." }
description = {
  summary = "Signed AWS calls and IAM policies for Lua",
  detailed = "An AWS client with tasks that run in parallel, IAM policy documents that keep what an edit does not "
    .. "touch, decisions, and questions about every possible request.",
  license = "MIT",
}
supported_platforms = { "linux" }
dependencies = { "lua >= 5.4, < 5.5" }
build = {
  type = "make",
  build_target = "build/rock/lanyard.so",
  build_variables = { B = "build/rock", CFLAGS = "$(CFLAGS)", LUA_CFLAGS = "-I$(LUA_INCDIR)" },
  install_target = "install-modules",
  install_variables = {
    B = "build/rock", CFLAGS = "$(CFLAGS)", LUA_CFLAGS = "-I$(LUA_INCDIR)",
    LUA_LIBDIR = "$(LIBDIR)", LUA_SHAREDIR = "$(LUADIR)", DESTDIR = "",
  },
}
