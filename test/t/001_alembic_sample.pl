# Recorded cases of the comparison with Alembic, replayed without Alembic: see
# test/alembic/README.md.
use strict;
use warnings;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $json = JSON::PP->new->canonical;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

# Do what a case says and give the answer in a message that rolls it back.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION names(jsonb) RETURNS text[] LANGUAGE sql AS
  $$ SELECT coalesce(array_agg(n ORDER BY i), '{}') FROM jsonb_array_elements_text($1) WITH ORDINALITY AS e(n, i) $$;

CREATE FUNCTION operate(c jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  r jsonb;
  planned text[];
  ran text[];
  content text;
BEGIN
  PERFORM migrate.load((SELECT string_agg(format(E'-- revision: %s\n-- down_revision: %s\n-- depends_on: %s\n-- branch_labels: %s\n-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n',
      e->>'id', array_to_string(names(e->'down'), ','), array_to_string(names(e->'deps'), ','), array_to_string(names(e->'labels'), ',')), '' ORDER BY i)
    FROM jsonb_array_elements(c->'revisions') WITH ORDINALITY AS x(e, i)));
  IF c->'current' <> '[]' THEN
    PERFORM migrate.stamp(names(c->'current'), purge => true);
  END IF;
  CASE
  WHEN c->>'op' IN ('upgrade', 'downgrade') THEN
    IF c->>'target' NOT LIKE '%:%' THEN
      SELECT coalesce(array_agg(revision ORDER BY step), '{}') INTO planned FROM migrate.plan(c->>'target', c->>'op');
    END IF;
    IF c->>'op' = 'upgrade' THEN
      PERFORM migrate.upgrade(c->>'target');
    ELSE
      PERFORM migrate.downgrade(c->>'target');
    END IF;
    SELECT coalesce(array_agg(revision ORDER BY id), '{}') INTO ran FROM migrate.log WHERE direction = c->>'op';
    IF ran <> planned THEN RAISE 'plan % but ran %', planned, ran; END IF;
    r = jsonb_build_object('order', ran,
      'rows', (SELECT coalesce(array_agg(version_num ORDER BY version_num), '{}') FROM migrate.version));
  WHEN c->>'op' = 'stamp' THEN
    PERFORM migrate.stamp(names(c->'targets'), (c->>'purge')::boolean);
    r = jsonb_build_object('order', '[]'::jsonb,
      'rows', (SELECT coalesce(array_agg(version_num ORDER BY version_num), '{}') FROM migrate.version));
  WHEN c->>'op' = 'history' THEN
    r = jsonb_build_object('order', (SELECT coalesce(array_agg(revision), '{}') FROM migrate.history(c->>'target')));
  WHEN c->>'op' = 'listing' THEN
    r = jsonb_build_object(
      'heads', (SELECT array_agg(h ORDER BY h COLLATE "C") FROM migrate.heads() h),
      'real_heads', (SELECT array_agg(h ORDER BY h COLLATE "C") FROM migrate.heads(true) h),
      'bases', (SELECT array_agg(h ORDER BY h COLLATE "C") FROM migrate.bases() h),
      'branches', (SELECT coalesce(array_agg(revision ORDER BY revision COLLATE "C"), '{}') FROM migrate.branches()));
  ELSE
    SELECT f.content INTO content FROM migrate.revision('m', names(c->'targets'), (c->>'splice')::boolean, 'newrev000001', '', names(c->'deps')) f;
    r = jsonb_build_object(
      'down', (SELECT coalesce(array_agg(n ORDER BY n COLLATE "C"), '{}') FROM regexp_split_to_table(substring(content from '-- down_revision: ?([^\n]*)'), ', ') n WHERE n <> ''),
      'deps', (SELECT coalesce(array_agg(n ORDER BY n COLLATE "C"), '{}') FROM regexp_split_to_table(substring(content from '-- depends_on: ?([^\n]*)'), ', ') n WHERE n <> ''));
  END CASE;
  IF EXISTS (SELECT FROM migrate.check_registry()) THEN RAISE 'check_registry() found a problem'; END IF;
  RETURN r || '{"ok": true}';
END $$;

CREATE FUNCTION ask(c jsonb) RETURNS jsonb LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
  r jsonb;
  hint text;
BEGIN
  BEGIN
    r = operate(c);
    RAISE SQLSTATE 'ROLLB';
  EXCEPTION
  WHEN SQLSTATE 'ROLLB' THEN
    RETURN r;
  WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN jsonb_build_object('ok', false, 'code', SQLSTATE, 'message', SQLERRM, 'hint', hint);
  END;
END $$;
SQL

open(my $file, '<', 'test/alembic/sample.jsonl') or die $!;
chomp(my @lines = <$file>);
my $sql = join('', map { "SELECT ask(\$case\$$_\$case\$);\n" } @lines);
my @answers = split(/\n/, $node->safe_psql('postgres', $sql));
is(scalar @answers, scalar @lines, 'an answer for each case');
cmp_ok(scalar @lines, '>', 200, 'a sample worth the name');

my $wrong = 0;
for my $i (0 .. $#lines)
{
	my $case = $json->decode($lines[$i]);
	my $ours = $json->decode($answers[$i]);
	my $fits =
	  $case->{codes}
	  ? !$ours->{ok} && $ours->{hint} && grep { $_ eq $ours->{code} } @{ $case->{codes} }
	  : grep { $json->encode($_) eq $json->encode($ours) } @{ $case->{expect} };
	next if $fits;
	$wrong++;
	diag("case:     $lines[$i]\nanswered: $answers[$i]") if $wrong <= 5;
}
is($wrong, 0, 'every recorded case has the outcome it has in Alembic');

$node->stop;
done_testing();
