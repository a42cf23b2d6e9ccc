#include "feeds/venue_ask.h"

#include <string.h>

#include "feeds/venue_field.h"

static void
lower_put(struct field_out *o, const char *text)
{
	for (; *text != '\0'; text++)
		field_out_put_char(o, *text >= 'A' && *text <= 'Z' ?
		    (char)(*text - 'A' + 'a') : *text);
}

static void
pair_put(struct field_out *o, const char *text)
{
	for (unsigned dashes = 0; *text != '\0'; text++) {
		dashes += *text == '-';
		if (dashes == 2)
			return;
		field_out_put_char(o, *text);
	}
}

static void
item_put(struct field_out *o, const char *item, const char *symbol)
{
	for (; *item != '\0'; item++) {
		if (*item == '%')
			field_out_put(o, symbol);
		else if (*item == '$')
			lower_put(o, symbol);
		else if (*item == '^')
			pair_put(o, symbol);
		else
			field_out_put_char(o, *item);
	}
}

static bool
is_taken(const struct ask *a, const char *symbol)
{
	return a->takes == NULL || a->takes(symbol);
}

static unsigned
messages_of(const struct ask *a, const char *const *symbols, size_t count)
{
	size_t taken = 0, max = a->symbols_max > 0 ? a->symbols_max : count;

	if (a->item == NULL)
		return 1;
	for (size_t i = 0; i < count; i++)
		taken += is_taken(a, symbols[i]);
	return (unsigned)((taken + max - 1) / max);
}

/* The n-th message of one kind: its symbols are the n-th so many. */
static void
message_put(struct field_out *o, const struct ask *a, unsigned n,
    const char *const *symbols, size_t count)
{
	size_t max = a->symbols_max > 0 ? a->symbols_max : count;
	size_t first = n * max, taken = 0;

	field_out_put(o, a->head);
	if (a->item == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		if (!is_taken(a, symbols[i]))
			continue;
		if (taken >= first && taken < first + max) {
			if (taken > first)
				field_out_put_char(o, ',');
			item_put(o, a->item, symbols[i] + a->skip);
		}
		taken++;
	}
	field_out_put(o, a->tail);
}

enum err
ask_write(char *out, size_t size, size_t *len, unsigned n,
    const char *const *symbols, size_t count, const struct ask *asks,
    size_t ask_count)
{
	struct field_out o = field_out_begin(out, size);
	enum err e = symbols_check(symbols, count);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < ask_count; i++) {
		unsigned messages = messages_of(&asks[i], symbols, count);

		if (n >= messages) {
			n -= messages;
			continue;
		}
		message_put(&o, &asks[i], n, symbols, count);
		return field_out_end(&o, len);
	}
	*len = 0;
	return ERR_OK;
}

enum err
symbols_check(const char *const *symbols, size_t count)
{
	if (count == 0)
		return ERR_MISSING;
	if (count > VENUE_SYMBOLS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++)
		if (!field_is_symbol(symbols[i], strlen(symbols[i])))
			return ERR_SYNTAX;
	return ERR_OK;
}
