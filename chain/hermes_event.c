#include "chain/hermes_event.h"

#include "base/decimal.h"
#include "base/hex.h"
#include "base/json.h"

#include <string.h>

/* What a price must say, each once. */
enum field { FIELD_PRICE = 1, FIELD_CONF = 2, FIELD_EXPO = 4,
    FIELD_PUBLISH = 8, FIELDS_ALL = 15 };

static bool
field_once(struct json *j, unsigned *seen, unsigned field)
{
	if (*seen & field)
		return json_fail(j, ERR_DUPLICATE);
	*seen |= field;
	return true;
}

/* A whole number within int64, as text or as a number. */
static bool
whole_read(struct json *j, i128 *out, bool (*read)(struct json *,
    struct json_text *))
{
	struct json_text t;
	enum err e;

	if (!read(j, &t))
		return false;
	/* -8.0 is a float, whatever its value. */
	e = t.has_escape || memchr(t.at, '.', t.len) ? ERR_SYNTAX :
	    decimal_to_i128(out, t.at, t.len, 0);
	return e == ERR_OK || json_fail(j, e);
}

static bool
price_field(struct json *j, struct quote_pyth *p, unsigned *seen,
    const struct json_text *key)
{
	i128 v;

	if (json_text_is(key, "price")) {
		if (field_once(j, seen, FIELD_PRICE) &&
		    whole_read(j, &v, json_read_string)) {
			p->price = v;
			return v == (int64_t)v || json_fail(j, ERR_RANGE);
		}
	} else if (json_text_is(key, "conf")) {
		if (field_once(j, seen, FIELD_CONF) &&
		    whole_read(j, &v, json_read_string)) {
			p->conf = (u128)v;
			return (v >= 0 && v <= UINT64_MAX) ||
			    json_fail(j, ERR_RANGE);
		}
	} else if (json_text_is(key, "expo")) {
		if (field_once(j, seen, FIELD_EXPO) &&
		    whole_read(j, &v, json_read_number)) {
			p->expo = (int32_t)v;
			return v == (int32_t)v || json_fail(j, ERR_RANGE);
		}
	} else if (json_text_is(key, "publish_time")) {
		return field_once(j, seen, FIELD_PUBLISH) &&
		    json_read_u64(j, &p->publish_s);
	} else {
		return json_skip(j);
	}
	return false;
}

static bool
price_read(struct json *j, struct quote_pyth *p)
{
	struct json_text key;
	unsigned seen = 0;

	if (!json_enter_object(j))
		return false;
	while (json_next_key(j, &key))
		if (!price_field(j, p, &seen, &key))
			return false;
	return j->error == ERR_OK &&
	    (seen == FIELDS_ALL || json_fail(j, ERR_MISSING));
}

static bool
id_read(struct json *j, struct b32 *out)
{
	struct json_text t;

	if (!json_read_string(j, &t))
		return false;
	return (!t.has_escape && hex_to_bytes(out->b, sizeof(out->b), t.at,
	    t.len) == ERR_OK) || json_fail(j, ERR_SYNTAX);
}

static bool
entry_read(struct json *j, struct hermes_price *p)
{
	bool has_id = false, has_price = false;
	struct json_text key;

	if (!json_enter_object(j))
		return false;
	while (json_next_key(j, &key)) {
		bool *has = json_text_is(&key, "id") ? &has_id :
		    json_text_is(&key, "price") ? &has_price : NULL;

		if (!has) {
			json_skip(j);
			continue;
		}
		if (*has)
			return json_fail(j, ERR_DUPLICATE);
		*has = true;
		if (!(has == &has_id ? id_read(j, &p->feed) :
		    price_read(j, &p->price)))
			return false;
	}
	return j->error == ERR_OK &&
	    ((has_id && has_price) || json_fail(j, ERR_MISSING));
}

static bool
parsed_read(struct json *j, struct hermes_event *out)
{
	if (!json_enter_array(j))
		return false;
	while (json_next_item(j)) {
		if (out->count == HERMES_FEEDS_MAX)
			return json_fail(j, ERR_LIMIT);
		if (!entry_read(j, &out->prices[out->count]))
			return false;
		out->count++;
	}
	return j->error == ERR_OK;
}

enum err
hermes_event_read(struct hermes_event *out, const char *text, size_t len)
{
	struct json_text key;
	bool has_parsed = false;
	struct json j;

	out->count = 0;
	json_open(&j, text, len);
	if (json_enter_object(&j))
		while (json_next_key(&j, &key)) {
			if (!json_text_is(&key, "parsed"))
				json_skip(&j);
			else if (has_parsed)
				json_fail(&j, ERR_DUPLICATE);
			else if (parsed_read(&j, out))
				has_parsed = true;
		}
	if (json_close(&j) != ERR_OK)
		return j.error;
	return has_parsed ? ERR_OK : ERR_MISSING;
}
