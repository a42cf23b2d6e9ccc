#include "feeds/venue_depth.h"

/* The words are short: a call would cost more. */
static bool
is_word(const struct json_text *text, const char *word)
{
	size_t i = 0;

	while (i < text->len && text->at[i] == word[i])
		i++;
	return i == text->len && word[i] == '\0';
}

static void
change_read(struct depth *d, struct json *j, const struct depth_words *words)
{
	struct dec18 price = { 0 }, size = { 0 };
	bool has_price = false, has_size = false, is_bid;
	struct json_text side = { .len = 0 };

	json_enter_array(j);
	if (json_next_item(j))
		json_read_string(j, &side);
	if (json_next_item(j))
		field_read_price(j, FIELD_STRING, 0, &has_price, &price);
	if (json_next_item(j))
		field_read_size(j, FIELD_STRING, &has_size, &size);
	if (json_next_item(j))
		json_fail(j, ERR_SYNTAX);
	if (!has_size)
		json_fail(j, ERR_MISSING);
	if (j->error != ERR_OK)
		return;
	is_bid = is_word(&side, words->bid);
	if (!is_bid && !is_word(&side, words->ask))
		json_fail(j, ERR_SYNTAX);
	else
		depth_set(d, is_bid ? DEPTH_BID : DEPTH_ASK, price,
		    size.value > 0);
}

void
depth_read(struct frame *f, struct json *j, const struct field_text *symbol,
    const struct depth_words *words, bool is_whole)
{
	struct tick *t = frame_add_tick(f, j);
	struct depth *d;

	if (!symbol->has)
		json_fail(j, ERR_MISSING);
	if (t == NULL || !field_take_symbol(j, &symbol->text, t->symbol))
		return;
	d = depth_of(f->memory->depth, t->symbol);
	if (d == NULL) {
		json_fail(j, ERR_LIMIT);
		return;
	}
	if (is_whole || !d->was_begun)
		depth_begin(d);
	json_enter_array(j);
	while (json_next_item(j))
		change_read(d, j, words);
	depth_quote(d, t);
	t->is_book = d->is_known;
}
