/* The small texts that the simulated venues' messages are made of. */
#include "feeds/sim_peer.h"

#include "base/clock_text.h"
#include "base/must.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define TEXT_MAX 704u
#define QUOTED_MAX 110u	/* characters of a client's text that we repeat */
#define ID_MAX 64u	/* characters of an id that is a string */

static char *
next_text(void)
{
	static char texts[SIM_TEXTS][TEXT_MAX];
	static size_t next;

	next = (next + 1) % SIM_TEXTS;
	return texts[next];
}

const char *
sim_text(struct dec18 d)
{
	char *out = next_text();

	_Static_assert(DECIMAL_BUF <= TEXT_MAX, "a decimal fits");
	decimal_from_dec18(out, d);
	return out;
}

const char *
sim_time(uint64_t ms, unsigned digits)
{
	char text[TIME_TEXT_BUF];
	size_t n = time_ms_to_rfc3339(text, ms);
	char *out = next_text();

	MUST(digits == 3 || digits == 6 || digits == 9);
	snprintf(out, TEXT_MAX, "%.*s%.*sZ", (int)n - 1, text,
	    (int)digits - 3, "000000");
	return out;
}

const char *
sim_quoted(const char *text)
{
	char *out = next_text();
	size_t n = 0;

	out[n++] = '"';
	for (size_t i = 0; text[i] != '\0' && i < QUOTED_MAX; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			out[n++] = '\\';
		if (c >= ' ' && c <= '~' && c != '\'')
			out[n++] = (char)c;
		else	/* bytes of other scripts stand one by one */
			n += (size_t)snprintf(out + n, TEXT_MAX - n,
			    "\\u%04x", c);
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}

const char *
sim_last(const struct sim_quote *q)
{
	return sim_text(q->is_buy ? q->ask : q->bid);
}

const char *
sim_short(struct dec18 d)
{
	char *out = next_text();

	decimal_from_u128(out, d.value, 18);
	return out;
}

uint32_t
sim_crc32(const char *text)
{
	return (uint32_t)crc32(0, (const unsigned char *)text,
	    (unsigned)strlen(text));
}

const char *
sim_seconds(uint64_t ms)
{
	char *out = next_text();

	snprintf(out, TEXT_MAX, "%llu.%03u", (unsigned long long)ms / 1000,
	    (unsigned)(ms % 1000));
	return out;
}

const char *
sim_whole(uint64_t n)
{
	char *out = next_text();

	snprintf(out, TEXT_MAX, "%llu", (unsigned long long)n);
	return out;
}

const char *
sim_json(const json_t *o)
{
	char *out = next_text();
	/* Each ' may become six characters. */
	size_t n = json_dumpb(o, out, TEXT_MAX, JSON_COMPACT | JSON_ENCODE_ANY);
	size_t marks = 0;

	for (size_t i = 0; i < n && n <= TEXT_MAX; i++)
		marks += out[i] == '\'';
	if (n == 0 || n + 5 * marks >= TEXT_MAX)
		return "null";
	out[n] = '\0';
	for (char *at = out; (at = strchr(at, '\'')) != NULL; at += 6) {
		memmove(at + 6, at + 1, strlen(at));
		memcpy(at, "\\u0027", 6);
	}
	return out;
}

const char *
sim_number(double x, unsigned digits)
{
	char *out = next_text();

	snprintf(out, TEXT_MAX, "%.*f", (int)digits, x);
	return out;
}

const char *
sim_echo(const json_t *id, const char *none)
{
	char *out;

	if (json_is_string(id) && json_string_length(id) <= ID_MAX)
		return sim_quoted(json_string_value(id));
	if (!json_is_integer(id))
		return none;
	out = next_text();
	snprintf(out, TEXT_MAX, "%lld", (long long)json_integer_value(id));
	return out;
}

const char *
sim_word(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "";
}
