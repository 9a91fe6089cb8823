/**
 * The words of DuckDB that a question of stored data is written with, for colour and completion. Not every word it
 * knows: a list of seven hundred hides the tables. Source: DuckDB's `duckdb_keywords()` and its function reference.
 */
import { SQLDialect } from '@codemirror/lang-sql';

const KEYWORDS = `all analyze and anti any as asc asof between by case cast columns cross current_date current_timestamp
  desc describe distinct else end except exclude exists explain extract false fill filter first following from full group
  having ignore ilike in inner intersect interval into is join last lateral left like limit natural not null nulls offset
  on or order outer over partition percent pivot positional preceding qualify range recursive replace respect rest right
  rollup row rows sample select semi show similar struct summarize tablesample then to true try_cast unbounded union
  unpivot using values when where window with within
  create drop table temp view insert update delete set`;

const TYPES = `bigint blob boolean date decimal double float hugeint integer interval json list map smallint text time
  timestamp timestamptz tinyint ubigint uinteger usmallint utinyint uuid varchar`;

const FUNCTIONS = `abs any_value approx_count_distinct arg_max arg_min array_agg avg bool_and bool_or ceil coalesce concat
  corr count count_if covar_pop cume_dist date_diff date_part date_trunc dense_rank entropy epoch epoch_ms exp first_value
  floor generate_series greatest histogram if ifnull kurtosis lag last_value lead least length list_aggregate ln log lower
  mad make_timestamp max median min mode nth_value ntile nullif percent_rank power quantile quantile_cont quantile_disc
  rank regexp_extract regexp_matches regr_slope round row_number sign skewness sqrt stddev stddev_pop strftime
  string_agg strptime substring sum time_bucket trim unnest upper var_pop variance`;

export const DuckDb = SQLDialect.define({
  keywords: KEYWORDS.replace(/\s+/gu, ' '),
  types: TYPES.replace(/\s+/gu, ' '),
  builtin: FUNCTIONS.replace(/\s+/gu, ' '),
  doubleDollarQuotedStrings: true,
  operatorChars: '+-*/<>=~!@#%^&|`?',
  specialVar: ''
});
