-- Typing search over firms: names and numbers folded to plain words, found by the beginning of each word and, misspelt, by resemblance.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Lower case, without accents, anything but letters and digits a blank: "Société d'Émission" -> "societe d emission".
CREATE FUNCTION directory.folded(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT btrim(regexp_replace(translate(lower(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g')), 'łøđðħıœæß', 'lodd' || 'hi' || 'oas'),
                                   '[^[:alnum:]]+', ' ', 'g')) $$;

-- Every word one may type to find a row, each after a blank: names word by word, numbers as written and without separators.
CREATE FUNCTION directory.search_text(names text[], entity_code text, numbers text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT ' ' || directory.folded(concat_ws(' ', VARIADIC names || numbers || entity_code)) || ' '
              || lower(translate(concat_ws('~', VARIADIC numbers), ' .-/~', '    ')) $$;
