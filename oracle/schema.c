#include "oracle/schema.h"

#include "base/decimal.h"
#include "base/fixed.h"
#include "base/hex.h"
#include "base/must.h"
#include "oracle/schema_value.h"
#include "oracle/suggest.h"

#include <string.h>

#define SCHEMA_PATH_BUF 128u
#define SCHEMA_FORM_BUF 96u

/* ---- names -------------------------------------------------------------- */

const char *
schema_type_name(enum schema_type t)
{
	switch (t) {
	case SCHEMA_TEXT: return "text";
	case SCHEMA_WHOLE: return "whole number";
	case SCHEMA_DURATION: return "duration";
	case SCHEMA_PERCENT: return "percentage";
	case SCHEMA_FACTOR: return "fraction";
	case SCHEMA_BYTES: return "size";
	case SCHEMA_WEI: return "wei amount";
	case SCHEMA_DECIMAL: return "decimal";
	case SCHEMA_SIGNED: return "signed decimal";
	case SCHEMA_MEASURE: return "measured number";
	case SCHEMA_BOOL: return "true or false";
	case SCHEMA_CHOICE: return "choice";
	case SCHEMA_ADDRESS: return "address";
	case SCHEMA_INSTANT: return "instant";
	case SCHEMA_SECTION: return "map";
	case SCHEMA_CUSTOM: return "value";
	}
	return "value";
}

/* What a value of a type looks like, for whoever wrote something else. */
static const char *
type_example(enum schema_type t)
{
	switch (t) {
	case SCHEMA_TEXT: return "a text";
	case SCHEMA_WHOLE: return "a whole number";
	case SCHEMA_DURATION: return "a duration such as 500ms, 3s, 2m or 1h";
	case SCHEMA_PERCENT: return "a percentage such as 2% or 0.25%";
	case SCHEMA_FACTOR: return
	    "a fraction such as 0.825, with at most 9 decimals";
	case SCHEMA_BYTES: return "a size such as 65536, 64KiB or 64MiB";
	case SCHEMA_WEI: return "an amount such as 100 gwei or 0.5 eth";
	case SCHEMA_DECIMAL: return
	    "a number such as 2000.5, with at most 18 decimals";
	case SCHEMA_SIGNED: return
	    "a number such as -0.04, with at most 18 decimals";
	case SCHEMA_MEASURE: return "a number such as -0.04 or 1.2e-05";
	case SCHEMA_BOOL: return "true or false";
	case SCHEMA_CHOICE: return "one of its words";
	case SCHEMA_ADDRESS: return "an address: 0x and 40 hex digits";
	case SCHEMA_INSTANT: return
	    "an instant such as 2026-11-20T00:00:00Z or Unix milliseconds";
	case SCHEMA_SECTION:
	case SCHEMA_CUSTOM:
		break;
	}
	return "another value";
}

bool
schema_may_hint(const struct schema *s)
{
	return s->errors->count < DOC_ERRORS_MAX;
}

const char *
schema_hint(char out[SCHEMA_HINT_BUF], const char *best)
{
	out[0] = '\0';
	if (best)
		snprintf(out, SCHEMA_HINT_BUF, " (did you mean `%s`?)", best);
	return out;
}

void
schema_unknown(struct schema *s, const struct schema_key *keys,
    const struct doc_node *n)
{
	struct suggest nearest = { 0 };
	char hint[SCHEMA_HINT_BUF];

	for (const struct schema_key *k = keys; k->name &&
	    schema_may_hint(s); k++)
		suggest_offer(&nearest, n->key, n->key_len, k->name);
	doc_error(s->errors, n->key_line, n->key_column,
	    "unknown key `%.*s`%s", (int)n->key_len, n->key,
	    schema_hint(hint, nearest.best));
}

/* ---- one value ---------------------------------------------------------- */

static enum err
choice_find(u128 *out, const struct schema_key *k, const char *text,
    size_t len)
{
	for (unsigned i = 0; k->words[i]; i++)
		if (strlen(k->words[i]) == len &&
		    memcmp(k->words[i], text, len) == 0) {
			*out = i;
			return ERR_OK;
		}
	return ERR_UNKNOWN;
}

static enum err
text_check(const struct schema_key *k, const char *text, size_t len)
{
	if (len >= k->size)
		return ERR_LIMIT;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return ERR_SYNTAX;
	return len == 0 ? ERR_SYNTAX : ERR_OK;
}

static bool
is_signed(const struct schema_key *k)
{
	return k->type == SCHEMA_SIGNED || k->type == SCHEMA_MEASURE;
}

static enum err
number_parse(u128 *out, const struct schema_key *k, const char *text,
    size_t len)
{
	uint64_t v64 = 0;
	uint32_t v32 = 0;
	i128 v = 0;
	enum err e = ERR_SYNTAX;

	if (k->type == SCHEMA_WEI)
		return value_to_wei(out, text, len);
	if (k->type == SCHEMA_DECIMAL)
		return decimal_to_u128(out, text, len, 18);
	if (is_signed(k)) {
		e = k->type == SCHEMA_MEASURE ?
		    value_to_measure(&v, text, len) :
		    decimal_to_i128(&v, text, len, 18);
		if (e == ERR_OK)
			*out = (u128)v;
		return e;
	}
	if (k->type == SCHEMA_CHOICE)
		return choice_find(out, k, text, len);
	if (k->type == SCHEMA_PERCENT || k->type == SCHEMA_FACTOR) {
		e = k->type == SCHEMA_PERCENT ?
		    value_to_percent_ppb(&v32, text, len) :
		    value_to_factor_ppb(&v32, text, len);
		v64 = v32;
	} else if (k->type == SCHEMA_DURATION) {
		e = value_to_duration_ms(&v64, text, len);
	} else if (k->type == SCHEMA_BYTES) {
		e = value_to_bytes(&v64, text, len);
	} else if (k->type == SCHEMA_INSTANT) {
		e = value_to_instant_ms(&v64, text, len);
	} else if (k->type == SCHEMA_WHOLE) {
		e = decimal_to_u64(&v64, text, len);
	} else if (k->type == SCHEMA_BOOL) {
		v64 = len == 4 && memcmp(text, "true", 4) == 0;
		if (v64 || (len == 5 && memcmp(text, "false", 5) == 0))
			e = ERR_OK;
	}
	if (e == ERR_OK)
		*out = v64;
	return e;
}

static bool
number_fits(const struct schema_key *k, u128 v)
{
	i128 billionth = 1000000000;

	if (is_signed(k))
		return (k->min == 0 && k->max == 0) ||
		    ((i128)v >= (int64_t)k->min * billionth &&
		    (i128)v <= (int64_t)k->max * billionth);
	if (k->type == SCHEMA_DECIMAL && v > (u128)I128_MAX)
		return false;
	if (k->size < sizeof(u128) && v >> (8 * k->size) != 0)
		return false;
	return (k->min == 0 && k->max == 0) || (v >= k->min && v <= k->max);
}

/* A limit as the file would write it. */
static void
number_print(char out[DECIMAL_BUF + 8], const struct schema_key *k,
    uint64_t v)
{
	char digits[DECIMAL_BUF];
	const char *unit = "";
	unsigned decimals = 0;

	if (k->type == SCHEMA_DURATION) {
		decimals = v % 1000 == 0 ? 3 : 0;
		unit = decimals ? "s" : "ms";
	} else if (k->type == SCHEMA_PERCENT) {
		decimals = 7;
		unit = "%";
	} else if (k->type == SCHEMA_FACTOR || is_signed(k)) {
		decimals = 9;
	}
	if (is_signed(k))
		(void)decimal_from_i128(digits, (int64_t)v, decimals);
	else
		(void)decimal_from_u128(digits, v, decimals);
	snprintf(out, DECIMAL_BUF + 8, "%s%s", digits, unit);
}

static void
number_store(void *base, const struct schema_key *k, u128 v)
{
	char *field = (char *)base + k->offset;
	uint8_t v8 = (uint8_t)v;
	uint16_t v16 = (uint16_t)v;
	uint32_t v32 = (uint32_t)v;
	uint64_t v64 = (uint64_t)v;
	bool is_set = v != 0;

	if (k->type == SCHEMA_BOOL)
		memcpy(field, &is_set, sizeof(is_set));
	else if (k->size == 1)
		memcpy(field, &v8, 1);
	else if (k->size == 2)
		memcpy(field, &v16, 2);
	else if (k->size == 4)
		memcpy(field, &v32, 4);
	else if (k->size == 8)
		memcpy(field, &v64, 8);
	else {
		MUST(k->size == sizeof(u128));
		memcpy(field, &v, sizeof(v));
	}
}

/* value_parse reads text and stores it; says nothing. */
static enum err
value_parse(const struct schema_key *k, const char *text, size_t len,
    void *base)
{
	char *field = (char *)base + k->offset;
	struct addr address;
	u128 v = 0;
	enum err e;

	if (k->type == SCHEMA_TEXT) {
		e = text_check(k, text, len);
		if (e != ERR_OK)
			return e;
		memset(field, 0, k->size);
		memcpy(field, text, len);
		return ERR_OK;
	}
	if (k->type == SCHEMA_ADDRESS) {
		e = addr_from_text(&address, text, len);
		if (e == ERR_OK)
			memcpy(field, &address, sizeof(address));
		return e;
	}
	e = number_parse(&v, k, text, len);
	if (e != ERR_OK)
		return e;
	if (!number_fits(k, v) || (k->is_nonzero && v == 0))
		return ERR_LIMIT;
	number_store(base, k, v);
	return ERR_OK;
}

static void
value_complain_choice(struct schema *s, const struct schema_key *k,
    const struct doc_node *n)
{
	struct suggest nearest = { 0 };
	char hint[SCHEMA_HINT_BUF], words[256] = "";
	size_t len = 0;

	for (unsigned i = 0; k->words[i] && len < sizeof(words); i++) {
		suggest_offer(&nearest, n->text, n->text_len, k->words[i]);
		len += (size_t)snprintf(words + len, sizeof(words) - len,
		    "%s%s", i > 0 ? ", " : "", k->words[i]);
	}
	doc_error_at(s->errors, n, "`%s`: \"%.*s\" is none of %s%s", k->name,
	    (int)n->text_len, n->text, words,
	    schema_hint(hint, nearest.best));
}

static bool
text_is_zero(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != '0' && text[i] != '.')
			return false;
	return true;
}

static void
value_complain_limit(struct schema *s, const struct schema_key *k,
    const struct doc_node *n)
{
	char low[DECIMAL_BUF + 8], high[DECIMAL_BUF + 8];

	if (k->type == SCHEMA_TEXT) {
		doc_error_at(s->errors, n,
		    "`%s`: longer than %zu bytes", k->name, k->size - 1);
		return;
	}
	if (k->is_nonzero && text_is_zero(n->text, n->text_len)) {
		doc_error_at(s->errors, n, "`%s`: zero", k->name);
		return;
	}
	if (k->min == 0 && k->max == 0) {
		doc_error_at(s->errors, n, "`%s`: %.*s is too large", k->name,
		    (int)n->text_len, n->text);
		return;
	}
	number_print(low, k, k->min);
	number_print(high, k, k->max);
	doc_error_at(s->errors, n, "`%s`: %.*s is not between %s and %s",
	    k->name, (int)n->text_len, n->text, low, high);
}

bool
schema_read_value(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	enum err e;

	if (n->kind != DOC_SCALAR) {
		doc_error_at(s->errors, n, "`%s`: %s where %s is expected",
		    k->name, doc_kind_name(n->kind),
		    type_example(k->type));
		return false;
	}
	e = value_parse(k, n->text, n->text_len, base);
	if (e == ERR_OK)
		return true;
	if (e == ERR_UNKNOWN)
		value_complain_choice(s, k, n);
	else if (e == ERR_LIMIT)
		value_complain_limit(s, k, n);
	else
		doc_error_at(s->errors, n, "`%s`: \"%.*s\" is not %s",
		    k->name, (int)n->text_len, n->text,
		    type_example(k->type));
	return false;
}

void
schema_keep_node(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	(void)s;
	memcpy((char *)base + k->offset, &n, sizeof(n));
}

/* ---- maps --------------------------------------------------------------- */

static const struct schema_key *
key_find(const struct schema_key *keys, const struct doc_node *n)
{
	for (const struct schema_key *k = keys; k->name; k++)
		if (strlen(k->name) == n->key_len &&
		    memcmp(k->name, n->key, n->key_len) == 0)
			return k;
	return NULL;
}

static void
has_set(const struct schema_key *k, void *base)
{
	bool yes = true;

	if (k->has)
		memcpy((char *)base + k->has - 1, &yes, sizeof(yes));
}

static void
key_read(struct schema *s, const struct schema_key *k,
    const struct doc_node *n, void *base)
{
	if (doc_is_null(n))
		return;		/* the same as not there */
	has_set(k, base);
	if (k->type == SCHEMA_SECTION)
		schema_read_map(s, n, k->keys, base, k->name);
	else if (k->type == SCHEMA_CUSTOM)
		k->read(s, k, n, base);
	else
		(void)schema_read_value(s, k, n, base);
}

static bool
key_is_required(const struct schema_key *k)
{
	return !k->fallback && !k->is_optional;
}

static void
fallback_apply(const struct schema_key *k, void *base)
{
	if (k->type == SCHEMA_SECTION)
		schema_apply_fallbacks(k->keys, base);
	else if (k->fallback && k->type != SCHEMA_CUSTOM)
		MUST(value_parse(k, k->fallback, strlen(k->fallback), base)
		    == ERR_OK);
}

void
schema_apply_fallbacks(const struct schema_key *keys, void *base)
{
	for (const struct schema_key *k = keys; k->name; k++)
		fallback_apply(k, base);
}

/* Which keys of a table stand in a map, and what is missing. */
void
schema_read_map(struct schema *s, const struct doc_node *map,
    const struct schema_key *keys, void *base, const char *what)
{
	uint64_t seen = 0;
	unsigned i = 0;

	if (map->kind != DOC_MAP) {
		doc_error_at(s->errors, map, "%s: %s where a map is expected",
		    what, doc_kind_name(map->kind));
		return;
	}
	schema_apply_fallbacks(keys, base);
	for (const struct doc_node *n = doc_first(s->doc, map); n;
	    n = doc_next(s->doc, n)) {
		const struct schema_key *k = key_find(keys, n);

		if (!k) {
			schema_unknown(s, keys, n);
			continue;
		}
		MUST(k - keys < 64);
		if (!doc_is_null(n))
			seen |= UINT64_C(1) << (k - keys);
		key_read(s, k, n, base);
	}
	for (const struct schema_key *k = keys; k->name; k++, i++)
		if (key_is_required(k) && (seen >> i & 1) == 0)
			doc_error_at(s->errors, map,
			    "%s: the key `%s` is missing", what, k->name);
}

/* ---- the explanation ---------------------------------------------------- */

static void
form_print(char out[SCHEMA_FORM_BUF], const struct schema_key *k)
{
	size_t len = 0;

	snprintf(out, SCHEMA_FORM_BUF, "%s", k->shape ? k->shape :
	    schema_type_name(k->type));
	for (unsigned i = 0; k->words && k->words[i] &&
	    len < SCHEMA_FORM_BUF; i++)
		len += (size_t)snprintf(out + len, SCHEMA_FORM_BUF - len,
		    "%s%s", i > 0 ? "|" : "", k->words[i]);
}

static u128
number_load(const struct schema_key *k, const void *base)
{
	const char *field = (const char *)base + k->offset;
	u128 v = 0;

	/* Little-endian, as all our machines are. */
	memcpy(&v, field, k->size < sizeof(v) ? k->size : sizeof(v));
	return v;
}

/* A stored number as the file would write it; empty for what is none. */
static void
stored_print(char out[SCHEMA_FORM_BUF], const struct schema_key *k,
    const void *base)
{
	char digits[DECIMAL_BUF], limit[DECIMAL_BUF + 8];

	out[0] = '\0';
	switch (k->type) {
	case SCHEMA_DECIMAL:
		(void)decimal_from_u128(digits, number_load(k, base), 18);
		snprintf(out, SCHEMA_FORM_BUF, "%s", digits);
		break;
	case SCHEMA_SIGNED:
	case SCHEMA_MEASURE:
		(void)decimal_from_i128(digits, (i128)number_load(k, base),
		    18);
		snprintf(out, SCHEMA_FORM_BUF, "%s", digits);
		break;
	case SCHEMA_CHOICE:
		snprintf(out, SCHEMA_FORM_BUF, "%s",
		    k->words[number_load(k, base)]);
		break;
	case SCHEMA_BOOL:
		snprintf(out, SCHEMA_FORM_BUF, "%s",
		    number_load(k, base) ? "true" : "false");
		break;
	case SCHEMA_WHOLE: case SCHEMA_DURATION: case SCHEMA_PERCENT:
	case SCHEMA_FACTOR: case SCHEMA_BYTES:
		number_print(limit, k, (uint64_t)number_load(k, base));
		snprintf(out, SCHEMA_FORM_BUF, "%s", limit);
		break;
	case SCHEMA_TEXT: case SCHEMA_WEI: case SCHEMA_ADDRESS:
	case SCHEMA_INSTANT: case SCHEMA_SECTION: case SCHEMA_CUSTOM:
		break;
	}
}

static void
explain_key(FILE *out, const struct schema_key *k, const char *path,
    const void *defaults)
{
	char form[SCHEMA_FORM_BUF], stored[SCHEMA_FORM_BUF] = "";
	const char *fallback = k->fallback;

	form_print(form, k);
	if (defaults && k->is_optional && !fallback && !k->has) {
		stored_print(stored, k, defaults);
		fallback = stored[0] ? stored : NULL;
	}
	fprintf(out, "%s\n    %s; %s%s\n    %s\n", path, form,
	    fallback ? "default " : k->is_optional ? "optional" : "required",
	    fallback ? fallback : "", k->help);
}

void
schema_explain(FILE *out, const struct schema_key *keys, const char *prefix,
    const void *defaults)
{
	char path[SCHEMA_PATH_BUF];

	for (const struct schema_key *k = keys; k->name; k++) {
		bool is_section = k->type == SCHEMA_SECTION;

		snprintf(path, sizeof(path), "%s%s", prefix, k->name);
		explain_key(out, k, path, defaults);
		if (!k->keys)
			continue;
		snprintf(path, sizeof(path), "%s%s%s", prefix, k->name,
		    is_section ? "." : "[].");
		schema_explain(out, k->keys, path, is_section ? defaults :
		    NULL);
	}
}
