#include "oracle/action_text.h"

#include "base/decimal.h"
#include "margin/optimise_cost.h"

#include <string.h>

static bool
word_is(const char *at, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(at, word, len) == 0;
}

static enum err
asset_find(uint8_t *out, const struct book *b, const char *name, size_t len)
{
	for (size_t i = 0; i < b->asset_count; i++)
		if (word_is(name, len, b->assets[i].name)) {
			*out = (uint8_t)i;
			return ERR_OK;
		}
	return ERR_UNKNOWN;
}

static enum err
instrument_find(uint16_t *out, const struct book *b, const char *name,
    size_t len)
{
	for (uint32_t i = 0; i < b->instrument_count; i++)
		if (word_is(name, len, b->instruments[i].name)) {
			*out = (uint16_t)i;
			return ERR_OK;
		}
	return ERR_UNKNOWN;
}

/* debt_of: the index of what is owed in an asset, and how much in all. */
static enum err
debt_of(struct action *a, u128 *all, const struct node *n)
{
	const struct vault *v = n->vault;

	*all = 0;
	a->index = wad_one();
	for (size_t i = 0; i < v->debt_count; i++)
		if (v->debt[i].asset == a->asset) {
			a->index = v->debt[i].index;
			return book_debt_atoms(all, n->book, &v->debt[i]);
		}
	return ERR_OK;
}

static enum err
amount_read(struct action *a, const char *text, const struct node *n)
{
	u128 all;
	enum err e = debt_of(a, &all, n);

	if (e == ERR_OK && a->kind == ACTION_REPAY &&
	    strcmp(text, "all") == 0) {
		a->amount = all;
		return ERR_OK;
	}
	return e != ERR_OK ? e : decimal_to_u128(&a->amount, text,
	    strlen(text), n->book->assets[a->asset].decimals);
}

/* settle_pick: the largest stable collateral, else the largest. */
static enum err
settle_pick(struct action *a, const struct node *n)
{
	struct usd18 largest = usd18_zero(), value;
	bool has = false, has_stable = false;

	for (size_t i = 0; i < n->vault->collateral_count; i++) {
		uint8_t slot = n->vault->collateral[i].asset;
		const struct asset *asset = &n->book->assets[slot];
		const struct price *p = &n->market->asset[slot].price;

		if (p->status == PRICE_REFUSED || usd18_from_atoms(&value,
		    node_atoms(n, i), asset->decimals, p->mid, ROUND_FLOOR) !=
		    ERR_OK)
			continue;
		if (has && (asset->risk.is_stable < has_stable ||
		    (asset->risk.is_stable == has_stable &&
		    usd18_compare(value, largest) <= 0)))
			continue;
		has = true;
		has_stable = asset->risk.is_stable;
		largest = value;
		a->asset = slot;
		a->settle_price = p->mid;
	}
	return has ? ERR_OK : ERR_MISSING;
}

/* settle_coin: the underlying, held or not. */
static enum err
settle_coin(struct action *a, const struct node *n)
{
	enum err e = optimise_settlement(&a->asset, n,
	    &n->book->instruments[a->instrument]);

	if (e == ERR_OK)
		a->settle_price = n->market->asset[a->asset].price.mid;
	return e == ERR_UNKNOWN ? ERR_MISSING : e;
}

static enum err
trade_read(struct action *a, const char *rest, const struct node *n)
{
	const char *colon = strrchr(rest, ':'), *at;
	struct point mid = point_mid();
	size_t size_len;
	i128 size;
	u128 price;
	enum err e;

	if (!colon)
		return ERR_SYNTAX;
	e = instrument_find(&a->instrument, n->book, rest,
	    (size_t)(colon - rest));
	if (e != ERR_OK)
		return e;
	at = strchr(colon, '@');
	size_len = at ? (size_t)(at - colon - 1) : strlen(colon + 1);
	e = decimal_to_i128(&size, colon + 1, size_len, 18);
	if (e != ERR_OK || size == 0)
		return e != ERR_OK ? e : ERR_SYNTAX;
	a->size = num18_from_raw(size);
	a->index = wad_one();
	e = settle_pick(a, n);
	if (n->book->instruments[a->instrument].is_inverse ||
	    n->book->instruments[a->instrument].is_coin_settled)
		e = settle_coin(a, n);
	if (e != ERR_OK)
		return e;
	if (!at)
		return instrument_price(&a->price, n, a->instrument, &mid,
		    size < 0 ? ROUND_FLOOR : ROUND_CEIL);
	e = decimal_to_u128(&price, at + 1, strlen(at + 1), 18);
	a->price = px18_from_raw(price);
	return e;
}

enum err
action_from_text(struct action *out, const char *text, const struct node *n)
{
	static const struct {
		const char *word;
		enum action_kind kind;
	} words[] = { { "deposit", ACTION_DEPOSIT },
	    { "withdraw", ACTION_WITHDRAW }, { "borrow", ACTION_BORROW },
	    { "repay", ACTION_REPAY }, { "trade", ACTION_TRADE } };
	const char *colon = strchr(text, ':'), *second;
	struct action a;
	enum err e;

	memset(&a, 0, sizeof(a));
	if (!colon)
		return ERR_SYNTAX;
	for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
		if (!word_is(text, (size_t)(colon - text), words[i].word))
			continue;
		a.kind = words[i].kind;
		if (a.kind == ACTION_TRADE) {
			e = trade_read(&a, colon + 1, n);
		} else {
			second = strchr(colon + 1, ':');
			if (!second)
				return ERR_SYNTAX;
			e = asset_find(&a.asset, n->book, colon + 1,
			    (size_t)(second - colon - 1));
			if (e == ERR_OK)
				e = amount_read(&a, second + 1, n);
		}
		if (e == ERR_OK)
			*out = a;
		return e;
	}
	return ERR_SYNTAX;
}
