#include "feeds/symbol.h"

#include <string.h>
#include <strings.h>

/* Two ways to write one unit. */
static const char *const ALIASES[][2] = {
	{ "BTC", "XBT" }, { "DOGE", "XDG" },
};

/* What a venue alone calls so, and never anything else. */
static const struct {
	const char *venue, *unit, *word;
} OWN_WORDS[] = {
	{ "bitfinex", "USDT", "UST" }, { "bitfinex", "USDC", "UDC" },
};

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* word_end: what follows the word, or NULL where it does not stand there. */
static const char *
word_end(const char *at, const char *word)
{
	size_t len = strlen(word);

	return strncasecmp(at, word, len) == 0 ? at + len : NULL;
}

/* unit_end: what follows the unit, however it is written. */
static const char *
unit_end(const char *venue, const char *at, const char *unit)
{
	const char *end;

	for (size_t i = 0; i < ARRAY_COUNT(OWN_WORDS); i++) {
		if (strcmp(venue, OWN_WORDS[i].venue) != 0)
			continue;
		if (strcasecmp(unit, OWN_WORDS[i].unit) == 0)
			return word_end(at, OWN_WORDS[i].word);
		if (strcasecmp(unit, OWN_WORDS[i].word) == 0)
			return NULL;
	}
	end = word_end(at, unit);
	for (size_t i = 0; !end && i < ARRAY_COUNT(ALIASES); i++)
		for (size_t k = 0; k < 2; k++)
			if (strcasecmp(unit, ALIASES[i][k]) == 0)
				end = word_end(at, ALIASES[i][1 - k]);
	return end;
}

static const char *
prefix_end(const char *venue, const char *at)
{
	static const char *const CONTRACTS[] = { "PI_", "PF_", "FI_", "FF_" };
	const char *end = NULL;

	if (strcmp(venue, "bitfinex") == 0)
		return at[0] == 't' ? at + 1 : at;
	if (strcmp(venue, "kraken-futures") != 0)
		return at;
	for (size_t i = 0; !end && i < ARRAY_COUNT(CONTRACTS); i++)
		end = word_end(at, CONTRACTS[i]);
	return end ? end : at;
}

/* 260327, 20260327 or 27MAR26, and nothing after it. */
static bool
is_date(const char *at)
{
	static const char MONTHS[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
	size_t digits = 0;

	while (is_digit(at[digits]))
		digits++;
	if (at[digits] == '\0')
		return digits == 6 || digits == 8;
	if (digits < 1 || digits > 2 || strlen(at + digits) != 5)
		return false;
	at += digits;
	for (size_t i = 0; i < sizeof(MONTHS) - 1; i += 3)
		if (strncasecmp(at, MONTHS + i, 3) == 0)
			return is_digit(at[3]) && is_digit(at[4]);
	return false;
}

/* M26: June of that year. */
static bool
is_month(const char *at)
{
	return is_one_of(at[0], "FGHJKMNQUVXZ") && is_digit(at[1]) &&
	    is_digit(at[2]) && at[3] == '\0';
}

static bool
is_suffix(const char *at)
{
	if (at[0] == '\0' || strcasecmp(at, "PERP") == 0 || is_month(at))
		return true;
	if (!is_one_of(at[0], "-_"))
		return false;
	at++;
	return strcasecmp(at, "PERP") == 0 || strcasecmp(at, "SWAP") == 0 ||
	    strcasecmp(at, "PERPETUAL") == 0 || is_date(at);
}

/* Whether what stands there without a separator may be another pair as well:
 * BTCBUSD is BTCB in USD or BTC in BUSD, USDTUSD is USDT in USD or USD in
 * TUSD. */
static bool
is_ambiguous(const char *base, const char *quote)
{
	static const char *const MAJORS[] = { "BTC", "XBT", "ETH", "BNB",
		"SOL", "XRP", "ADA", "DOGE", "LTC" };
	/* What stands before USD in the names of dollars. */
	static const char *const DOLLARS[] = { "B", "T", "G", "S", "FD", "PY",
		"RL" };

	for (size_t k = 0; k < ARRAY_COUNT(DOLLARS); k++) {
		const char *end = word_end(quote, DOLLARS[k]);

		if (strcasecmp(base, "USD") == 0 && end &&
		    strcasecmp(end, "USD") == 0)
			return true;
		for (size_t i = 0; strcasecmp(quote, "USD") == 0 &&
		    i < ARRAY_COUNT(MAJORS); i++) {
			end = word_end(base, MAJORS[i]);
			if (end && strcasecmp(end, DOLLARS[k]) == 0)
				return true;
		}
	}
	return false;
}

bool
symbol_names(const char *venue, const char *symbol, const char *base,
    const char *quote)
{
	const char *at = unit_end(venue, prefix_end(venue, symbol), base);

	if (!at)
		return false;
	if (is_one_of(*at, "-/_:."))
		at++;
	else if (is_ambiguous(base, quote))
		return false;
	at = unit_end(venue, at, quote);
	return at && is_suffix(at);
}
