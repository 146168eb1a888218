# pg_migrate: schema migration inside the server
#
#   make, make install, make installcheck   as any PGXS extension; PG_CONFIG=...
#   make demo [KEEP=1]                      the main job on a private server
#   make test                               all tests on a private server
#
# WERROR=1 makes warnings errors, ASSERT=1 compiles our assertions in.

EXTENSION = pg_migrate
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" pg_migrate.control)

MODULE_big = pg_migrate
OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c src/*/*.c))
# the parts of the installation script, in this order
SQL_PARTS = $(patsubst %,sql/%.sql,schema registry run inspect rights)
DATA_built = sql/$(EXTENSION)--$(EXTVERSION).sql

REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=pg_migrate
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --outputdir=. --load-extension=pg_migrate
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl

# Nothing here gains from being inlined into queries, and so no clang is needed.
with_llvm = no

# demo, test and the like install what is missing and call make again
HARNESS = demo test bench fuzz test-alembic check-compilers indent indent-check typedefs
ifeq ($(filter $(HARNESS),$(MAKECMDGOALS)),)

PG_CONFIG ?= $(shell tools/find-pg-config)
# the server's headers as system headers: their warnings are not ours
PG_CPPFLAGS = -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server)
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-declaration-after-statement \
	$(if $(WERROR),-Werror) $(if $(ASSERT),-DUSE_ASSERT_CHECKING) \
	$(if $(findstring clang,$(CC)),$(CLANG_CFLAGS))
# the server's own flags are for gcc
CLANG_CFLAGS = -Wno-ignored-optimization-argument -Wno-unknown-warning-option
EXTRA_CLEAN = results regression.diffs regression.out output_iso tmp_check tmp_check_iso log \
	$(wildcard src/*/*.bc)

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# PGXS says -I for the directory that is a system directory to us
override CPPFLAGS := $(filter-out -I$(shell $(PG_CONFIG) --includedir-server),$(CPPFLAGS))

$(OBJS): $(wildcard src/*.h src/*/*.h)

$(DATA_built): $(SQL_PARTS) pg_migrate.control
	{ printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; \
	  cat $(SQL_PARTS); } > $@

else

demo:
	@tools/packages server
	@KEEP=$(KEEP) tools/with-server test/demo/run

test:
	@tools/packages server
	@tools/run-tests

bench:
	@tools/packages server alembic
	@tools/with-server bench/run

fuzz:
	@tools/packages server
	@tools/with-server test/fuzz/run

test-alembic:
	@tools/packages server alembic
	@tools/with-server test/alembic/run

check-compilers:
	@tools/packages server
	@tools/check-compilers

indent:
	@tools/indent

indent-check:
	@tools/indent --check

typedefs:
	@tools/typedefs >tools/typedefs.list

.PHONY: $(HARNESS)
endif
