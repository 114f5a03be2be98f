# The models of AWS services in the binary. MODELS is a folder in the form of botocore, of the aws-sdk package of npm, or
# of Smithy; without models `lanyard aws` says how to get them.

MODELS ?= $(wildcard /usr/lib/python3/dist-packages/botocore/data)
HOST_CC = gcc
# What writing the index needs on the machine that builds, also for another architecture.
HOST_PACKAGES = liblua5.4-dev zlib1g-dev python3-botocore

# What the binary contains or uses, for `lanyard --licenses`. CURL is the folder of a libcurl that packaging.mk built.
COMPONENTS = Lua lua-cjson argparse $(if $(SQLITE),SQLite) libcurl OpenSSL libevent zlib nghttp2 \
  $(if $(findstring LANYARD_STATIC,$(CFLAGS)),c-ares glibc)

$(B)/licenses.txt: core/licenses.lua LICENSE build/MODELS.flags $(B)/CFLAGS.flags
	$(folder)
	$(call say,write)$(LUA) core/licenses.lua '$(MODELS)' '$(if $(findstring LANYARD_STATIC,$(CFLAGS)),$(CURL)/copyright)' \
	  $(COMPONENTS) > $@

# The index is the same for all builds. Only this machine's compiler makes what writes it, in the same rule, because it
# has to be the first target of a build: it takes longest, and make returns to a target that waits for another one only
# after it has started all the rest. So no recipe writes the file with the value of MODELS in a build.
INDEX = build/models.index
HOST_SOURCES = core/host.c $(wildcard core/base/*.c core/json/*.c) $(foreach f,util json deflate files,core/lua/$(f).c)

WRITERS = $(foreach f,botocore clean files folder line names npm pack traits words,lua/lanyard/model/$(f).lua) \
  $(wildcard lua/lanyard/model/smithy/*.lua)

WRITE_MODELS = mkdir -p build; echo $(call quote,$(MODELS)) | cmp -s - build/MODELS.flags \
  || echo $(call quote,$(MODELS)) > build/MODELS.flags
$(if $(filter build,$(MAKECMDGOALS)),$(shell $(WRITE_MODELS)))
build/MODELS.flags:
	@$(WRITE_MODELS)

$(INDEX): $(HOST_SOURCES) $(wildcard core/base/*.h core/json/*.h core/lua/*.h) core/models.lua $(WRITERS) \
  build/MODELS.flags $(wildcard $(MODELS:%=%/../__init__.py))
	@mkdir -p build/host
	$(call say,models)$(HOST_CC) -std=c11 -O0 -fPIC -shared -fvisibility=hidden -D_GNU_SOURCE -Icore $(LUA_CFLAGS) \
	  -o build/host/lanyard.so $(HOST_SOURCES) -lz -lm \
	  && $(LUA) core/models.lua $(MODELS) > $@.$$$$ && mv $@.$$$$ $@

# The modules for stock lua5.4 look for the index beside lanyard.so.
ifneq ($(B),build)
$(B)/models.index: $(INDEX)
	$(folder)
	@cp $< $@
endif

$(B)/core/models.o: $(B)/models.index
$(B)/core/models.o: private COMPILE += -Wa,-I$(B)
