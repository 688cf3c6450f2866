-- Typing search over firms: names and numbers folded to plain words, found by how a word begins and, misspelt, by resemblance.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Lower case, without accents, blanks for all but letters and digits: "Société d'Émission" -> "societe d emission". directory.words.folded is its twin.
CREATE FUNCTION directory.folded(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT btrim(regexp_replace(
           translate(lower(regexp_replace(normalize(written, NFKD), '[\u0300-\u036f]', '', 'g')), 'łøđðħıœæß', 'loddhioas'),
           '[^[:alnum:]]+', ' ', 'g')) $$;

-- Every word that may be typed to find a row, each behind a blank: names, numbers as written, and numbers without separators.
CREATE FUNCTION directory.search_text(names text[], entity_code text, numbers text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT ' ' || directory.folded(concat_ws(' ', VARIADIC names || numbers || entity_code))
              || (SELECT coalesce(string_agg(' ' || lower(translate(one, ' .-/', '')), ''), '') FROM unnest(numbers) AS one) $$;

ALTER TABLE directory.entry ADD COLUMN search_text text
    GENERATED ALWAYS AS (directory.search_text(names, entity_code, ARRAY[number, lei, bic, company_number])) STORED;
-- Without a list of pending insertions: nobody should wait for the next vacuum to find a firm quickly.
CREATE INDEX entry_by_words ON directory.entry USING gin (search_text gin_trgm_ops) WITH (fastupdate = off) WHERE upper_inf(known);
CREATE INDEX entry_by_name ON directory.entry (environment, directory.folded(name) text_pattern_ops) WHERE upper_inf(known);

-- Whose agent a number was, for an instant of the past; rows that still hold have an index of their own.
CREATE INDEX record_agent_number_past ON registers.record_agent (environment, number_key, authority_code) WHERE NOT upper_inf(known);
