# Packages of Lanyard. The results are in build/dist; every one is the same, byte for byte, when the same commit is built
# again in another folder.

VERSION := $(shell sed -n 's/^return "\(.*\)"$$/\1/p' lua/lanyard/version.lua)
ARCH := $(shell uname -m)
DIST = build/dist
CURL = build/static/curl
STATIC = $(DIST)/lanyard-$(VERSION)-linux-$(ARCH)
STATIC_PACKAGES = $(BUILD_PACKAGES) dpkg-dev make libnghttp2-dev libc-ares-dev zlib1g-dev

.PHONY: static static-deps

static-deps:; @.ci/install $(STATIC_PACKAGES)

static: static-deps ## build/dist: one file for any Linux of this architecture, without shared libraries
	@scripts/packaging/curl.sh $(CURL)
	@PKG_CONFIG_PATH=$(CURL)/lib/pkgconfig $(MAKE) --no-print-directory -j$(JOBS) B=build/static \
	  CFLAGS='-O2 -DLANYARD_STATIC -ffile-prefix-map=$(CURDIR)=.' build/static/lanyard-static
	@mkdir -p $(DIST)
	$(call say,strip)strip -o $(STATIC) build/static/lanyard-static

# The linker warns of glibc's resolver in libraries; no code path of lanyard calls it.
STATIC_LIBS = -l:liblua5.4-cjson.a -l:liblua5.4.a -l:libsqlite3.a $(CURL)/lib/libcurl.a -lnghttp2 -lcares -lssl \
  -lcrypto -lz -levent_core -levent_extra -lm
$(B)/lanyard-static: $(OWN) $(CORE) $(B)/LINKED.flags $(CURL)/lib/libcurl.a
	$(call say,link)$(LINK) -static-pie -Wl,--gc-sections -o $@ $(OWN) $(CORE) $(STATIC_LIBS) 2> $@.log || { cat $@.log; exit 1; }
