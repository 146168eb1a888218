# Recorded cases of the comparison with Alembic, replayed without Alembic: see
# test/alembic/README.md.
use strict;
use warnings;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $json = JSON::PP->new->canonical->utf8;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

# ask() does what test/alembic/ours.py does, and undoes it.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION names(jsonb) RETURNS text[] LANGUAGE sql AS
  $$ SELECT coalesce(array_agg(n ORDER BY i), '{}') FROM jsonb_array_elements_text($1) WITH ORDINALITY AS e(n, i) $$;

CREATE FUNCTION sorted(text[]) RETURNS text[] LANGUAGE sql AS
  $$ SELECT coalesce(array_agg(n ORDER BY n COLLATE "C"), '{}') FROM unnest($1) n $$;

CREATE FUNCTION rows() RETURNS text[] LANGUAGE sql AS
  $$ SELECT sorted(array_agg(version_num)) FROM migrate.version $$;

CREATE FUNCTION header(content text, name text) RETURNS text[] LANGUAGE sql AS
  $$ SELECT sorted(array_remove(regexp_split_to_array(coalesce(substring(content from '-- ' || name || ': ?([^\n]*)'), ''), ', *'), '')) $$;

CREATE FUNCTION register(c jsonb) RETURNS void LANGUAGE sql AS $$
  SELECT migrate.load(string_agg(format(E'-- revision: %s\n-- down_revision: %s\n', e->>'id', array_to_string(names(e->'down'), ', '))
      || CASE WHEN e->'deps' <> '[]' THEN format(E'-- depends_on: %s\n', array_to_string(names(e->'deps'), ', ')) ELSE '' END
      || CASE WHEN e->'labels' <> '[]' THEN format(E'-- branch_labels: %s\n', array_to_string(names(e->'labels'), ', ')) ELSE '' END
      || E'-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n', '' ORDER BY i))
    FROM jsonb_array_elements(c->'revisions') WITH ORDINALITY AS x(e, i) $$;

CREATE FUNCTION move(c jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  planned text[];
  returned text[];
  ran text[];
BEGIN
  IF c->>'target' NOT LIKE '%:%' THEN
    planned = ARRAY(SELECT revision FROM migrate.plan(c->>'target', c->>'op') ORDER BY step);
  END IF;
  IF c->>'op' = 'upgrade' THEN
    returned = ARRAY(SELECT migrate.upgrade(c->>'target'));
  ELSE
    returned = ARRAY(SELECT migrate.downgrade(c->>'target'));
  END IF;
  ran = ARRAY(SELECT revision FROM migrate.log WHERE direction = c->>'op' ORDER BY id);
  IF ran IS DISTINCT FROM planned THEN RAISE 'planned % but ran %', planned, ran; END IF;
  IF sorted(returned) <> rows() THEN RAISE 'returned % but is at %', returned, rows(); END IF;
  RETURN jsonb_build_object('order', ran, 'rows', rows());
END $$;

CREATE FUNCTION new_file(c jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  text text;
BEGIN
  IF c->>'op' = 'merge' THEN
    SELECT content INTO text FROM migrate.merge('m', names(c->'targets'), c->>'rev_id', names(c->'labels'));
  ELSE
    SELECT content INTO text FROM migrate.revision('m', names(c->'targets'), (c->>'splice')::boolean,
      c->>'rev_id', names(c->'labels'), names(c->'deps'));
  END IF;
  RETURN jsonb_build_object('down', header(text, 'down_revision'), 'deps', header(text, 'depends_on'),
    'labels', header(text, 'branch_labels'));
END $$;

CREATE FUNCTION operate(c jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  r jsonb;
BEGIN
  CASE
  WHEN c->>'op' IN ('upgrade', 'downgrade') THEN
    r = move(c);
  WHEN c->>'op' = 'stamp' THEN
    PERFORM migrate.stamp(names(c->'targets'), (c->>'purge')::boolean);
    r = jsonb_build_object('order', '[]'::jsonb, 'rows', rows());
  WHEN c->>'op' = 'history' THEN
    r = jsonb_build_object('order', ARRAY(SELECT revision FROM migrate.history(c->>'target')));
  WHEN c->>'op' = 'listing' THEN
    r = jsonb_build_object('heads', sorted(ARRAY(SELECT migrate.heads())), 'real_heads', sorted(ARRAY(SELECT migrate.heads(true))),
      'bases', sorted(ARRAY(SELECT migrate.bases())), 'branches', sorted(ARRAY(SELECT revision FROM migrate.branches())));
  ELSE
    r = new_file(c);
  END CASE;
  IF EXISTS (SELECT FROM migrate.check_registry()) THEN RAISE 'check_registry() found a problem'; END IF;
  RETURN r || '{"ok": true}';
END $$;

CREATE FUNCTION ask(c jsonb) RETURNS jsonb LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
  r jsonb;
  phase text = 'register';
  hint text;
BEGIN
  PERFORM register(c);
  phase = 'position';
  IF c->'current' <> '[]' THEN
    PERFORM migrate.stamp(names(c->'current'), true);
  END IF;
  phase = 'run';
  r = operate(c);
  RAISE SQLSTATE 'ROLLB';
EXCEPTION
WHEN SQLSTATE 'ROLLB' THEN
  RETURN r;
WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN jsonb_build_object('ok', false, 'phase', phase, 'code', SQLSTATE, 'message', SQLERRM, 'hint', hint);
END $$;
SQL

open(my $file, '<:raw', 'test/alembic/sample.jsonl') or die "sample.jsonl: $!";
chomp(my @lines = <$file>);
close($file);
cmp_ok(scalar @lines, '>', 200, 'a sample worth the name');

my @answers =
  split(/\n/, $node->safe_psql('postgres', join('', map { "SELECT ask(\$case\$$_\$case\$);\n" } @lines)));
is(scalar @answers, scalar @lines, 'an answer for each case');

my %wrong;
my %cases;
for my $i (0 .. $#lines)
{
	my $case = $json->decode($lines[$i]);
	my $ours = $json->decode($answers[$i]);
	my $message = delete $ours->{message};
	my $hint = delete $ours->{hint};
	my $fits = grep { $json->encode($_) eq $json->encode($ours) } @{ $case->{expect} };

	$cases{ $case->{op} }++;
	next if $fits && ($ours->{ok} || $hint);
	diag("case:     $lines[$i]\nanswered: $answers[$i]") if ++$wrong{ $case->{op} } <= 3;
}
foreach my $op (sort keys %cases)
{
	is($wrong{$op} // 0, 0, "$cases{$op} cases of $op are as with Alembic");
}

$node->stop;
done_testing();
