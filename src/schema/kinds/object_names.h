/*
 * object_names.h
 *	  The names of the kinds of objects and of their properties, and a constant
 *	  for each, so that a misspelt one does not compile.
 *
 * The kinds are in the order in which differences are reported, which is also
 * the order of the tables in kinds/; kinds.c checks that.  A property has one
 * name for all kinds that have it.  A name is what users see in
 * migrate.schema_objects() and is part of fingerprints, so none is ever changed.
 */
#ifndef PGM_OBJECT_NAMES_H
#define PGM_OBJECT_NAMES_H

#define PGM_ALL_KINDS(KIND) \
	KIND(DATABASE, "database") \
	KIND(SETTING, "setting") \
	KIND(SCHEMA, "schema") \
	KIND(LARGE_OBJECTS, "large objects") \
	KIND(EXTENSION, "extension") \
	KIND(LANGUAGE, "language") \
	KIND(TRANSFORM, "transform") \
	KIND(ACCESS_METHOD, "access method") \
	KIND(TYPE, "type") \
	KIND(DOMAIN, "domain") \
	KIND(DOMAIN_CONSTRAINT, "domain constraint") \
	KIND(COLLATION, "collation") \
	KIND(TABLE, "table") \
	KIND(FOREIGN_TABLE, "foreign table") \
	KIND(SEQUENCE, "sequence") \
	KIND(VIEW, "view") \
	KIND(MATERIALIZED_VIEW, "materialized view") \
	KIND(COLUMN, "column") \
	KIND(ATTRIBUTE, "attribute") \
	KIND(CONSTRAINT, "constraint") \
	KIND(INDEX, "index") \
	KIND(RULE, "rule") \
	KIND(TRIGGER, "trigger") \
	KIND(POLICY, "policy") \
	KIND(STATISTICS, "statistics") \
	KIND(FUNCTION, "function") \
	KIND(PROCEDURE, "procedure") \
	KIND(AGGREGATE, "aggregate") \
	KIND(EVENT_TRIGGER, "event trigger") \
	KIND(OPERATOR, "operator") \
	KIND(OPERATOR_FAMILY, "operator family") \
	KIND(OPERATOR_CLASS, "operator class") \
	KIND(CAST, "cast") \
	KIND(CONVERSION, "conversion") \
	KIND(TEXT_SEARCH_PARSER, "text search parser") \
	KIND(TEXT_SEARCH_TEMPLATE, "text search template") \
	KIND(TEXT_SEARCH_DICTIONARY, "text search dictionary") \
	KIND(TEXT_SEARCH_CONFIGURATION, "text search configuration") \
	KIND(FOREIGN_DATA_WRAPPER, "foreign data wrapper") \
	KIND(SERVER, "server") \
	KIND(USER_MAPPING, "user mapping") \
	KIND(PUBLICATION, "publication") \
	KIND(PUBLISHED_TABLE, "published table") \
	KIND(PUBLISHED_SCHEMA, "published schema") \
	KIND(SUBSCRIPTION, "subscription") \
	KIND(GRANT, "grant") \
	KIND(REVOKE, "revoke") \
	KIND(DEFAULT_GRANT, "default grant") \
	KIND(DEFAULT_REVOKE, "default revoke") \
	KIND(UNMODELLED_KIND, "unmodelled kind")

/* In the order in which the kinds first have them */
#define PGM_ALL_PROPERTIES(PROPERTY) \
	PROPERTY(OWNER, "owner") \
	PROPERTY(CONNECTION_LIMIT, "connection_limit") \
	PROPERTY(IS_TEMPLATE, "is_template") \
	PROPERTY(COMMENT, "comment") \
	PROPERTY(SECURITY_LABEL, "security_label") \
	PROPERTY(DEPENDS_ON_EXTENSION, "depends_on_extension") \
	PROPERTY(VALUE, "value") \
	PROPERTY(NUMBER, "number") \
	PROPERTY(PRIVILEGES, "privileges") \
	PROPERTY(COMMENTS, "comments") \
	PROPERTY(SCHEMA, "schema") \
	PROPERTY(VERSION, "version") \
	PROPERTY(TRUSTED, "trusted") \
	PROPERTY(HANDLER, "handler") \
	PROPERTY(INLINE, "inline") \
	PROPERTY(VALIDATOR, "validator") \
	PROPERTY(FROM_SQL, "from_sql") \
	PROPERTY(TO_SQL, "to_sql") \
	PROPERTY(TYPE, "type") \
	PROPERTY(FORM, "form") \
	PROPERTY(LABELS, "labels") \
	PROPERTY(ATTRIBUTE_ORDER, "attribute_order") \
	PROPERTY(SUBTYPE, "subtype") \
	PROPERTY(SUBTYPE_OPCLASS, "subtype_opclass") \
	PROPERTY(COLLATION, "collation") \
	PROPERTY(CANONICAL, "canonical") \
	PROPERTY(SUBTYPE_DIFF, "subtype_diff") \
	PROPERTY(MULTIRANGE_TYPE, "multirange_type") \
	PROPERTY(INPUT, "input") \
	PROPERTY(OUTPUT, "output") \
	PROPERTY(RECEIVE, "receive") \
	PROPERTY(SEND, "send") \
	PROPERTY(TYPMOD_IN, "typmod_in") \
	PROPERTY(TYPMOD_OUT, "typmod_out") \
	PROPERTY(ANALYZE, "analyze") \
	PROPERTY(SUBSCRIPT, "subscript") \
	PROPERTY(INTERNALLENGTH, "internallength") \
	PROPERTY(PASSEDBYVALUE, "passedbyvalue") \
	PROPERTY(ALIGNMENT, "alignment") \
	PROPERTY(STORAGE, "storage") \
	PROPERTY(CATEGORY, "category") \
	PROPERTY(PREFERRED, "preferred") \
	PROPERTY(DEFAULT, "default") \
	PROPERTY(ELEMENT, "element") \
	PROPERTY(DELIMITER, "delimiter") \
	PROPERTY(COLLATABLE, "collatable") \
	PROPERTY(NOT_NULL, "not_null") \
	PROPERTY(DEFINITION, "definition") \
	PROPERTY(PROVIDER, "provider") \
	PROPERTY(LC_COLLATE, "lc_collate") \
	PROPERTY(LC_CTYPE, "lc_ctype") \
	PROPERTY(LOCALE, "locale") \
	PROPERTY(RULES, "rules") \
	PROPERTY(NOT_DETERMINISTIC, "not_deterministic") \
	PROPERTY(UNLOGGED, "unlogged") \
	PROPERTY(ACCESS_METHOD, "access_method") \
	PROPERTY(TABLESPACE, "tablespace") \
	PROPERTY(OPTIONS, "options") \
	PROPERTY(ROW_SECURITY, "row_security") \
	PROPERTY(FORCE_ROW_SECURITY, "force_row_security") \
	PROPERTY(REPLICA_IDENTITY, "replica_identity") \
	PROPERTY(CLUSTERED_ON, "clustered_on") \
	PROPERTY(OF_TYPE, "of_type") \
	PROPERTY(INHERITS, "inherits") \
	PROPERTY(PARTITION_BOUND, "partition_bound") \
	PROPERTY(DETACH_PENDING, "detach_pending") \
	PROPERTY(PARTITION_KEY, "partition_key") \
	PROPERTY(COLUMN_ORDER, "column_order") \
	PROPERTY(SERVER, "server") \
	PROPERTY(FOREIGN_OPTIONS, "foreign_options") \
	PROPERTY(START, "start") \
	PROPERTY(INCREMENT, "increment") \
	PROPERTY(MINIMUM, "minimum") \
	PROPERTY(MAXIMUM, "maximum") \
	PROPERTY(CACHE, "cache") \
	PROPERTY(CYCLE, "cycle") \
	PROPERTY(OWNED_BY, "owned_by") \
	PROPERTY(IDENTITY_OF, "identity_of") \
	PROPERTY(WITHOUT_DATA, "without_data") \
	PROPERTY(GENERATED, "generated") \
	PROPERTY(IDENTITY, "identity") \
	PROPERTY(COMPRESSION, "compression") \
	PROPERTY(STATISTICS_TARGET, "statistics_target") \
	PROPERTY(INHERITED, "inherited") \
	PROPERTY(ONLY_INHERITED, "only_inherited") \
	PROPERTY(ATTACHED_TO, "attached_to") \
	PROPERTY(INDEX_OPTIONS, "index_options") \
	PROPERTY(INDEX_TABLESPACE, "index_tablespace") \
	PROPERTY(INDEX_INVALID, "index_invalid") \
	PROPERTY(INDEX_COMMENT, "index_comment") \
	PROPERTY(TRIGGERS, "triggers") \
	PROPERTY(INVALID, "invalid") \
	PROPERTY(STATISTICS_TARGETS, "statistics_targets") \
	PROPERTY(ENABLED, "enabled") \
	PROPERTY(CLONED, "cloned") \
	PROPERTY(COMMAND, "command") \
	PROPERTY(RESTRICTIVE, "restrictive") \
	PROPERTY(ROLES, "roles") \
	PROPERTY(USING, "using") \
	PROPERTY(WITH_CHECK, "with_check") \
	PROPERTY(ARGUMENTS, "arguments") \
	PROPERTY(RESULT, "result") \
	PROPERTY(SFUNC, "sfunc") \
	PROPERTY(STYPE, "stype") \
	PROPERTY(SSPACE, "sspace") \
	PROPERTY(FINALFUNC, "finalfunc") \
	PROPERTY(FINALFUNC_EXTRA, "finalfunc_extra") \
	PROPERTY(FINALFUNC_MODIFY, "finalfunc_modify") \
	PROPERTY(COMBINEFUNC, "combinefunc") \
	PROPERTY(SERIALFUNC, "serialfunc") \
	PROPERTY(DESERIALFUNC, "deserialfunc") \
	PROPERTY(INITCOND, "initcond") \
	PROPERTY(MSFUNC, "msfunc") \
	PROPERTY(MINVFUNC, "minvfunc") \
	PROPERTY(MSTYPE, "mstype") \
	PROPERTY(MSSPACE, "msspace") \
	PROPERTY(MFINALFUNC, "mfinalfunc") \
	PROPERTY(MFINALFUNC_EXTRA, "mfinalfunc_extra") \
	PROPERTY(MFINALFUNC_MODIFY, "mfinalfunc_modify") \
	PROPERTY(MINITCOND, "minitcond") \
	PROPERTY(SORTOP, "sortop") \
	PROPERTY(PARALLEL, "parallel") \
	PROPERTY(EVENT, "event") \
	PROPERTY(FUNCTION, "function") \
	PROPERTY(TAGS, "tags") \
	PROPERTY(COMMUTATOR, "commutator") \
	PROPERTY(NEGATOR, "negator") \
	PROPERTY(RESTRICT, "restrict") \
	PROPERTY(JOIN, "join") \
	PROPERTY(HASHES, "hashes") \
	PROPERTY(MERGES, "merges") \
	PROPERTY(MEMBERS, "members") \
	PROPERTY(FAMILY, "family") \
	PROPERTY(CONTEXT, "context") \
	PROPERTY(FROM, "from") \
	PROPERTY(TO, "to") \
	PROPERTY(GETTOKEN, "gettoken") \
	PROPERTY(END, "end") \
	PROPERTY(HEADLINE, "headline") \
	PROPERTY(LEXTYPES, "lextypes") \
	PROPERTY(INIT, "init") \
	PROPERTY(LEXIZE, "lexize") \
	PROPERTY(TEMPLATE, "template") \
	PROPERTY(PARSER, "parser") \
	PROPERTY(MAPPINGS, "mappings") \
	PROPERTY(FOREIGN_DATA_WRAPPER, "foreign_data_wrapper") \
	PROPERTY(ALL_TABLES, "all_tables") \
	PROPERTY(PUBLISH, "publish") \
	PROPERTY(PUBLISH_VIA_PARTITION_ROOT, "publish_via_partition_root") \
	PROPERTY(OTHER, "other") \
	PROPERTY(COLUMNS, "columns") \
	PROPERTY(WHERE, "where") \
	PROPERTY(EXCEPT, "except") \
	PROPERTY(PUBLICATIONS, "publications") \
	PROPERTY(BINARY, "binary") \
	PROPERTY(STREAMING, "streaming") \
	PROPERTY(TWO_PHASE, "two_phase") \
	PROPERTY(DISABLE_ON_ERROR, "disable_on_error") \
	PROPERTY(SLOT_NAME, "slot_name") \
	PROPERTY(SYNCHRONOUS_COMMIT, "synchronous_commit") \
	PROPERTY(GRANT_OPTION, "grant_option")

#define PGM_KIND_CONSTANT(constant, name) PGM_KIND_##constant,
#define PGM_PROPERTY_CONSTANT(constant, name) PGM_PROP_##constant,

typedef enum PgmKindId
{
	PGM_KIND_ANY = -1,			/* where a function selects by kind */
	PGM_ALL_KINDS(PGM_KIND_CONSTANT)
	PGM_KIND_COUNT
} PgmKindId;

typedef enum PgmPropertyId
{
	PGM_PROP_NONE,				/* 0, so that it ends tables of properties */
	PGM_ALL_PROPERTIES(PGM_PROPERTY_CONSTANT)
	PGM_PROP_COUNT
} PgmPropertyId;

extern const char *pgm_kind_name(PgmKindId kind);
extern const char *pgm_property_name(PgmPropertyId property);
extern PgmKindId pgm_kind_by_name(const char *name);
extern PgmPropertyId pgm_property_by_name(const char *name);

#endif							/* PGM_OBJECT_NAMES_H */
