# pg_migrate: schema migration inside the server
#
#   make, make install, make installcheck   as for any extension; PG_CONFIG=...
#   make demo [KEEP=1]     the main job, shown on a private server
#   make check-quick       the regression and isolation tests, on a private server
#   make test [TESTS=...]  these, the TAP tests, the demo, the examples of the documents,
#                          a short fuzz and 3 of the files of pairs; or those named, by
#                          test, room or suite: see test/README.md
#   make help              this list
#
# All but the first line build in a temporary directory, write nothing elsewhere,
# and where they are run as root install the Debian packages they need.  For who
# works on pg_migrate:
#
#   make test-diff [PAIRS=...]  all pairs of schemas, migrated to the other and back
#   make test-crash        200 runs cut off at random moments, instead of the 12 of make test
#   make test-alembic      put the same questions to Alembic and to pg_migrate
#   make test-applications run the recipes of docs/applications.md
#   make fuzz              100,000 random bundles and targets, instead of 10,000
#   make bench             speed of upgrades and queries, next to psql and Alembic
#   make bench-check       cost of migrate.is_current(), next to SELECT 1
#   make bench-schema      cost of reading and comparing a schema
#   make bench-diff        cost of autogenerate, next to psql with the model
#   make bench-lint        findings of lint next to those of squawk, and its speed
#   make bench-online      what clients notice of a migration of a large table
#   make check-compilers   no warning from gcc and clang, with assertions and without
#   make check-rooms       who may use whom, circles, names, READMEs [VERBOSE=1]
#   make indent            lay out the C files as pgindent does
#   make indent-check      whether make indent would change anything
#   make measure           lengths, comments and names of the C code in figures
#   make typedefs          list our type names for it in tools/typedefs.list
#
# WERROR=1 makes warnings errors, ASSERT=1 compiles assertions in.

EXTENSION = pg_migrate
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" pg_migrate.control)

MODULE_big = pg_migrate
OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c src/*/*.c src/*/*/*.c))

# the parts of the installation script, in this order
SQL_PARTS = $(patsubst %,sql/%.sql,schema registry run inspect check lint explain diff rights)
DATA_built = sql/$(EXTENSION)--$(EXTVERSION).sql
DATA = $(wildcard sql/$(EXTENSION)--*--*.sql)

# The tests ask for a database of their own, whatever the server's default is.
# pg_regress takes a test from sql/ in its output directory if there is a file
# of that name, so the output directory must not be this one.  It looks for
# expected/ in the input directory; 16 and later have to be told.
TEST_OPTS = --inputdir=test $(if $(filter-out 15,$(MAJORVERSION)),--expecteddir=test) \
	--encoding=UTF8 --no-locale --load-extension=$(EXTENSION)
REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = $(TEST_OPTS) --outputdir=out_regress
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = $(TEST_OPTS) --outputdir=out_isolation
# The TAP tests start servers, which root may not.
CAN_TAP := $(shell test "$$(id -u)" != 0 && perl -MIPC::Run -e 1 2>/dev/null && echo yes)
TAP_TESTS = $(CAN_TAP)
PROVE_TESTS = test/t/*.pl

# escape.h makes every message of ours safe to show, so no file may go without it
PG_CPPFLAGS = -I$(srcdir)/src -include $(srcdir)/src/util/escape.h
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-declaration-after-statement \
	$(if $(WERROR),-Werror) $(if $(ASSERT),-DUSE_ASSERT_CHECKING) \
	$(if $(findstring clang,$(CC)),$(CLANG_CFLAGS))
# PostgreSQL's own flags may be for another compiler.
CLANG_CFLAGS = -Wno-ignored-optimization-argument -Wno-unknown-warning-option -Wno-ignored-attributes
SHLIB_EXPORTS = src/exports.txt
# Nothing here gains from being inlined into queries, so clang is not needed.
ifneq ($(origin with_llvm),command line)
override with_llvm = no
endif

EXTRA_CLEAN = src/exports.list out_regress out_isolation tmp_check log \
	$(wildcard src/*.bc src/*/*.bc src/*/*/*.bc)

PRIVATE = demo check-quick test test-crash test-diff test-alembic test-applications fuzz bench bench-check bench-online bench-schema bench-lint bench-diff check-compilers check-rooms help measure indent indent-check typedefs

ifndef PG_CONFIG
PG_CONFIG := $(shell tools/find-pg-config)
endif
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

ifneq ($(wildcard $(PGXS)),)
include $(PGXS)

# The server's headers are system headers to us: their warnings are not ours.
override CPPFLAGS := $(patsubst -I$(includedir_server),-isystem $(includedir_server),$(CPPFLAGS))

# where the TAP tests have their own modules
override PROVE_FLAGS += -I test/t
ifndef CAN_TAP
installcheck: without-tap
endif

# PGXS knows of no headers.
$(OBJS): $(wildcard src/*.h src/*/*.h src/*/*/*.h)

$(DATA_built): $(SQL_PARTS) $(EXTENSION).control
	{ printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; \
	  cat $(SQL_PARTS); } >$@

else ifneq ($(filter-out $(PRIVATE),$(or $(MAKECMDGOALS),all)),)
$(error no PostgreSQL for extensions at PG_CONFIG=$(PG_CONFIG); Debian has it in the package postgresql-server-dev-NN)
endif

without-tap:
	@echo "The TAP tests need a user who is not root, and Perl's IPC::Run; make test sees to both."

demo:
	@tools/packages server
	@KEEP_DATABASE=shop tools/with-server test/demo/run

check-quick:
	@tools/packages server
	@tools/with-server test/run-all regress isolation

test:
	@tools/packages server tap
	@tools/with-server test/run-all $(TESTS)

test-crash:
	@tools/packages server tap
	@PGM_CRASH_TRIALS=$${PGM_CRASH_TRIALS:-200} tools/with-server test/run-all 370_run_random_crashes

test-diff:
	@tools/packages server tap
	@tools/with-server test/diff/run $(PAIRS)

test-alembic:
	@tools/packages server alembic
	@tools/with-server test/alembic/run

test-applications:
	@tools/packages server applications
	@tools/with-server test/applications/run

fuzz:
	@tools/packages server
	@tools/with-server test/fuzz/run

bench:
	@tools/packages server alembic
	@tools/with-server sh -c "bench/run && bench/scale"

bench-check:
	@tools/packages server tap
	@tools/with-server bench/check

bench-online:
	@tools/packages server
	@tools/with-server bench/online

bench-schema:
	@tools/packages server
	@tools/with-server bench/schema

bench-lint:
	@tools/packages server
	@tools/with-server bench/lint $(if $(VERBOSE),-v)

bench-diff:
	@tools/packages server
	@tools/with-server bench/diff $(TABLES)

check-compilers:
	@tools/packages server
	@tools/check-compilers

check-rooms:
	@tools/packages server
	@prove -Q test/rooms/run
	@tools/check-rooms $(if $(VERBOSE),-v)

measure:
	@tools/measure-tree

# The list above is the only one.
help:
	@sed -n -e '/^#/!q' -e 's/^#  *make\([ ,]\)/  make\1/p' $(firstword $(MAKEFILE_LIST))

indent:
	@tools/indent

indent-check:
	@tools/indent --check

typedefs:
	@tools/typedefs >tools/typedefs.list

.PHONY: $(PRIVATE) without-tap
