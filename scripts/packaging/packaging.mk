# Installation and packages of Lanyard. The packages are in build/dist; the same commit gives the same bytes in every
# folder, on a machine with the same versions of the Debian packages.

VERSION = $(shell sed -n 's/^return "\(.*\)"$$/\1/p' lua/lanyard/version.lua)
ARCH = $(shell uname -m)
DIST = build/dist
SOURCE = $(DIST)/lanyard-$(VERSION).tar.gz
# The time of the commit, or of the files of an unpacked tarball, which have it.
EPOCH = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2> /dev/null || stat -c %Y Makefile))
REVISION = $(shell git rev-parse HEAD 2> /dev/null)

# Where files are installed. A package overrides what its distribution has elsewhere.
BINDIR = $(abspath $(PREFIX))/bin
DATADIR = $(abspath $(PREFIX))/share/lanyard
LUA_LIBDIR = $(abspath $(PREFIX))/lib/lua/5.4
LUA_SHAREDIR = $(abspath $(PREFIX))/share/lua/5.4
# The list of installed files, for `make uninstall`.
INSTALLED = $(DATADIR)/installed
ROOT = $(if $(DESTDIR),$(abspath $(DESTDIR)))

MANDIR = $(abspath $(PREFIX))/share/man
SHAREDIR = $(abspath $(PREFIX))/share
COMPLETION = lua/lanyard/cli/completion
# Where the shells look for completion, below PREFIX/share. Debian's zsh has another folder for packages.
ZSH_FUNCTIONS = zsh/site-functions
# Manual pages that `make man` wrote into build/man.
MANUAL = $(wildcard $(B)/man/*.[1-9])
# Definitions of the modules for editors, which `make man` wrote, too.
DEFINITIONS = $(sort $(shell find $(B)/types -name '*.lua' 2> /dev/null))
BINARY_FILES = 755:$(B)/lanyard:$(BINDIR)/lanyard 644:lua/lanyard/report/schema.json:$(DATADIR)/schema.json \
  644:$(COMPLETION)/bash.txt:$(SHAREDIR)/bash-completion/completions/lanyard \
  644:$(COMPLETION)/zsh.txt:$(SHAREDIR)/$(ZSH_FUNCTIONS)/_lanyard \
  644:$(COMPLETION)/fish.txt:$(SHAREDIR)/fish/vendor_completions.d/lanyard.fish \
  $(foreach f,$(MANUAL),644:$(f):$(MANDIR)/man$(patsubst .%,%,$(suffix $(f)))/$(notdir $(f))) \
  $(foreach f,$(DEFINITIONS),644:$(f):$(DATADIR)/types$(f:$(B)/types%=%))
MODULE_FILES = 644:$(B)/lanyard.so:$(LUA_LIBDIR)/lanyard.so \
  $(foreach f,$(LUA_FILES) $(ASSETS),644:$(f):$(LUA_SHAREDIR)/$(f:lua/%=%)) \
  644:$(B)/models.index:$(LUA_SHAREDIR)/lanyard/model/models.index

DEB_PACKAGES = $(BUILD_PACKAGES) debhelper dpkg-dev fakeroot

.PHONY: man docs install install-binary install-modules uninstall dist static static-deps sbom oci deb deb-deps rpm rpm-deps \
  packages packages-test packages-test-deps

man: $(B)/lanyard ## build/man, build/types: man pages and definitions for editors, which `make install` installs
	$(call say,write)SOURCE_DATE_EPOCH=$(EPOCH) $(B)/lanyard docs --man $(B)/man --types $(B)/types 2> /dev/null
docs: $(B)/lanyard ## build/lanyard.html: the manual as one page
	$(call say,write)$(B)/lanyard docs > $(B)/lanyard.html

install: all man ## install below PREFIX=/usr/local, in DESTDIR= if set
	@scripts/packaging/install.sh install '$(ROOT)' $(INSTALLED) $(BINARY_FILES) $(MODULE_FILES)
# For packages: without `make deps`, and without the list.
install-binary: $(B)/lanyard; @scripts/packaging/install.sh install '$(ROOT)' '' $(BINARY_FILES)
install-modules: $(B)/lanyard.so $(B)/models.index; @scripts/packaging/install.sh install '$(ROOT)' '' $(MODULE_FILES)

uninstall: ## remove what `make install` installed, with the same PREFIX and DESTDIR
	@scripts/packaging/install.sh uninstall '$(ROOT)' $(INSTALLED)

dist: ## build/dist: the source of HEAD as a tarball
	@scripts/packaging/dist.sh lanyard-$(VERSION) $(SOURCE)

# ARCH=aarch64 builds for another architecture, after `dpkg --add-architecture arm64`.
OTHER = $(filter-out $(shell uname -m),$(ARCH))
CROSS = $(OTHER:%=%-linux-gnu-)
SUFFIX = $(if $(OTHER),:$(patsubst aarch64,arm64,$(patsubst x86_64,amd64,$(OTHER))))
STATIC_BUILD = build/static/$(ARCH)
CURL = $(STATIC_BUILD)/curl
STATIC = $(DIST)/lanyard-$(VERSION)-linux-$(ARCH)
STATIC_PACKAGES = $(HOST_PACKAGES) gcc libc6-dev pkg-config lua5.4 lua-argparse ca-certificates dpkg-dev make \
  $(OTHER:%=gcc-%-linux-gnu) \
  $(addsuffix $(SUFFIX),libc6-dev liblua5.4-dev lua-cjson-dev libssl-dev libevent-dev libsqlite3-dev libnghttp2-dev \
  libc-ares-dev zlib1g-dev)

static-deps:; @.ci/install $(STATIC_PACKAGES)

static: static-deps ## build/dist: one file for any Linux of this architecture, without shared libraries
	@scripts/packaging/curl.sh $(CURL) $(CROSS:%-=%)
	@PKG_CONFIG_PATH=$(CURL)/lib/pkgconfig$(CROSS:%-=:/usr/lib/%/pkgconfig) $(MAKE) --no-print-directory -j$(JOBS) \
	  B=$(STATIC_BUILD) PREFIX=/usr/local SQLITE=-l:libsqlite3.a CC=$(CROSS)gcc \
	  CFLAGS='-O2 -DLANYARD_STATIC -ffile-prefix-map=$(CURDIR)=.' $(STATIC)

# The linker warns of glibc's resolver in libraries; no code path of lanyard calls it.
STATIC_LIBS = -l:liblua5.4-cjson.a -l:liblua5.4.a $(SQLITE) $(CURL)/lib/libcurl.a -lnghttp2 -lcares -lssl \
  -lcrypto -lz -levent_core -levent_extra -lm
# Most of the 26,000 relocations are OpenSSL's; packed ones take 8 KB of the file and of memory instead of 600.
STATIC_LINK = $(LINK) -static-pie -Wl,--gc-sections,-z,pack-relative-relocs
$(B)/lanyard-static: $(OWN) $(CORE) $(B)/LINKED.flags $(CURL)/lib/libcurl.a
	$(call say,link)$(STATIC_LINK) -Wl,-Map=$@.map -o $@ $(OWN) $(CORE) $(STATIC_LIBS) 2> $@.log \
	  || { cat $@.log; exit 1; }

# The floors of the benchmarks, linked like the static binary.
STATIC_BENCHES = $(STATIC_BUILD)/bench/curl_bench $(STATIC_BUILD)/bench/empty_bench
$(STATIC_BENCHES): $(STATIC_BUILD)/bench/%: $(B)/bench/%.o $(CURL)/lib/libcurl.a
	$(folder)
	$(call say,link)$(STATIC_LINK) -o $@ $< $(STATIC_LIBS) 2> $@.log || { cat $@.log; exit 1; }
$(B)/bench/%.o: tests/bench/%.c
	$(folder)
	$(call say,compile)$(COMPILE) -c -o $@ $<

$(STATIC): $(STATIC_BUILD)/lanyard-static
	@mkdir -p $(@D)
	$(call say,strip)$(CROSS)strip -o $@ $<

sbom: static ## build/dist: what the static binary contains (CycloneDX), and the copyright notices
	$(call say,write)$(LUA) scripts/packaging/sbom.lua $(STATIC) $(STATIC_BUILD)/lanyard-static.map \
	  $(STATIC_BUILD)/EMBED.flags $(CURL) $(VERSION) $(EPOCH) $(STATIC).cdx.json $(STATIC).copyright '$(MODELS)'

# The certificates of the package, without the ones that this machine's administrator added.
oci: sbom ## build/dist: a container image with the static binary, for podman, skopeo and docker
	$(call say,write)scripts/packaging/oci.sh $(STATIC) /usr/share/ca-certificates $(STATIC).copyright $(STATIC).cdx.json \
	  $(VERSION) '$(REVISION)' $(EPOCH) $(ARCH) $(DIST)/lanyard-$(VERSION)-oci-$(ARCH).tar

# The packages with libraries that the products load themselves, for dpkg-shlibdeps.
$(B)/loaded.so: $(PLAIN)
	$(call say,link)$(LINK) -shared -o $@ $(PLAIN) $(filter -lcurl -lcrypto,$(LIBS))

deb-deps:; @.ci/install $(DEB_PACKAGES)

deb: deb-deps dist ## build/dist: the Debian packages lanyard and lua-lanyard, of HEAD
	@scripts/packaging/deb.sh $(SOURCE) $(DIST)

rpm-deps:; @.ci/install rpm

rpm: rpm-deps sbom man ## build/dist: an RPM with the static binary
	@scripts/packaging/rpm.sh $(STATIC) $(VERSION) $(EPOCH) $(ARCH) $(DIST)

packages: static sbom oci deb rpm ## build/dist: all of them
	@cd $(DIST) && sha256sum $$(ls | grep -v -e SHA256SUMS -e buildinfo -e changes) > SHA256SUMS

packages-test-deps:; @.ci/install busybox-static debootstrap lintian luarocks podman runc skopeo openssl python3
packages-test: packages-test-deps packages ## the packages on bare machines (needs root); ROOTS= keeps the roots
	@tests/packages.sh $(ROOTS)
