#include "feeds/venue_contract.h"

#include <string.h>

#include "base/clock_text.h"

#define EXPIRY_TIME "T08:00:00Z"
#define MONTHS "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"

/* A symbol's parts between its dashes. */
struct parts {
	const char *at[5];
	size_t len[5];
	size_t count;	/* more than five: six */
};

static struct parts
parts_of(const char *symbol)
{
	struct parts p = { .count = 0 };

	for (;;) {
		size_t len = strcspn(symbol, "-");

		if (p.count == ARRAY_COUNT(p.at)) {
			p.count++;
			return p;
		}
		p.at[p.count] = symbol;
		p.len[p.count++] = len;
		if (symbol[len] == '\0')
			return p;
		symbol += len + 1;
	}
}

/* The year has two digits, the day one or two. */
static bool
expiry_from(uint64_t *ms, const char year[2], unsigned month,
    const char *day, size_t day_len)
{
	char text[] = "20yy-mm-dd" EXPIRY_TIME;

	text[2] = year[0];
	text[3] = year[1];
	text[5] = (char)('0' + month / 10);
	text[6] = (char)('0' + month % 10);
	text[8] = day_len == 2 ? day[0] : '0';
	text[9] = day[day_len - 1];
	return time_ms_from_rfc3339(ms, text, sizeof(text) - 1) == ERR_OK;
}

/* 27JUN25, 6AUG24 */
static bool
expiry_named(uint64_t *ms, const char *at, size_t len)
{
	const char *months = MONTHS;

	if (len != 6 && len != 7)
		return false;
	for (unsigned month = 1; month <= 12; month++)
		if (memcmp(months + 3 * (month - 1), at + len - 5, 3) == 0)
			return expiry_from(ms, at + len - 2, month, at,
			    len - 5);
	return false;
}

/* 250627 */
static bool
expiry_counted(uint64_t *ms, const char *at, size_t len)
{
	unsigned month;

	if (len != 6 || at[2] < '0' || at[2] > '9' || at[3] < '0' ||
	    at[3] > '9')
		return false;
	month = (unsigned)(at[2] - '0') * 10 + (unsigned)(at[3] - '0');
	return expiry_from(ms, at, month, at + 4, 2);
}

/* Deribit writes the decimal point as a d. */
static bool
strike_from(struct dec18 *out, const char *at, size_t len)
{
	char text[VENUE_SYMBOL_MAX];
	char *point;

	for (size_t i = 0; i < len; i++)
		if ((at[i] < '0' || at[i] > '9') && at[i] != 'd')
			return false;
	memcpy(text, at, len);
	text[len] = '\0';
	point = strchr(text, 'd');
	if (point != NULL)
		*point = '.';
	return decimal_to_dec18(out, text, len) == ERR_OK && out->value > 0;
}

bool
contract_is_option(const char *symbol)
{
	size_t len = strlen(symbol);

	return len > 2 && symbol[len - 2] == '-' &&
	    (symbol[len - 1] == 'C' || symbol[len - 1] == 'P');
}

static void
option_take(struct tick *t)
{
	struct parts p = parts_of(t->symbol);
	struct tick_contract *c = &t->contract;
	const size_t right = p.count - 1, strike = p.count - 2;

	if ((p.count != 4 && p.count != 5) || p.len[right] != 1 ||
	    (*p.at[right] != 'C' && *p.at[right] != 'P') ||
	    !strike_from(&c->strike, p.at[strike], p.len[strike]))
		return;
	c->is_call = *p.at[right] == 'C';
	c->has_option = p.count == 4 ?
	    expiry_named(&c->expiry_ms, p.at[1], p.len[1]) :
	    expiry_counted(&c->expiry_ms, p.at[2], p.len[2]);
}

/* Most symbols end otherwise. */
void
contract_name_option(struct tick *t)
{
	if (contract_is_option(t->symbol))
		option_take(t);
}

bool
contract_names_option(const char *symbol)
{
	struct tick t;

	t.contract.has_option = false;
	memcpy(t.symbol, symbol, strlen(symbol) + 1);
	contract_name_option(&t);
	return t.contract.has_option;
}

bool
contract_is_family(const char *symbol)
{
	return strncmp(symbol, CONTRACT_FAMILY, CONTRACT_FAMILY_LEN) == 0;
}

bool
contract_is_single(const char *symbol)
{
	return !contract_is_family(symbol);
}

static bool
is_lower(const char *symbol)
{
	return symbol[0] >= 'a' && symbol[0] <= 'z';
}

bool
contract_is_volatility(const char *symbol)
{
	return strncmp(symbol, CONTRACT_VOLATILITY,
	    CONTRACT_VOLATILITY_LEN) == 0;
}

bool
contract_is_index(const char *symbol)
{
	return is_lower(symbol) && !contract_is_volatility(symbol) &&
	    contract_is_single(symbol);
}

bool
contract_is_instrument(const char *symbol)
{
	return !is_lower(symbol) && !contract_is_option(symbol);
}

bool
contract_is_derivative(const char *symbol)
{
	return contract_is_single(symbol) &&
	    strchr(symbol, '-') != strrchr(symbol, '-');
}

bool
contract_is_swap(const char *symbol)
{
	return contract_is_derivative(symbol) &&
	    strcmp(strrchr(symbol, '-'), "-SWAP") == 0;
}

enum err
contract_funding(i128 *out, i128 rate, uint64_t interval_ms)
{
	i128 product, whole;

	if (interval_ms == 0 || interval_ms > CONTRACT_INTERVAL_MS_MAX ||
	    __builtin_mul_overflow(rate, (i128)CONTRACT_FUNDING_MS, &product))
		return ERR_RANGE;
	whole = product / (i128)interval_ms;
	if (product % (i128)interval_ms < 0)
		whole--;
	*out = whole;
	return ERR_OK;
}

static struct venue_channel *
channel_find(struct venue_memory *m, const char *symbol)
{
	for (size_t i = 0; i < m->channel_count; i++)
		if (strcmp(m->channel[i].symbol, symbol) == 0)
			return &m->channel[i];
	return NULL;
}

/* A new one; NULL where the memory is full. */
static struct venue_channel *
channel_add(struct venue_memory *m, const char *symbol)
{
	struct venue_channel *k;

	if (m->channel_count == VENUE_CHANNELS_MAX)
		return NULL;
	k = &m->channel[m->channel_count++];
	memcpy(k->symbol, symbol, strlen(symbol) + 1);
	return k;
}

enum err
contract_interval_keep(struct venue_memory *m, const char *symbol,
    uint64_t interval_ms)
{
	struct venue_channel *k = channel_find(m, symbol);

	if (k == NULL)
		k = channel_add(m, symbol);
	if (k == NULL)
		return ERR_LIMIT;
	k->id = interval_ms;
	return ERR_OK;
}

bool
contract_interval_kept(uint64_t *interval_ms, struct venue_memory *m,
    const char *symbol)
{
	const struct venue_channel *found = channel_find(m, symbol);

	if (found == NULL)
		return false;
	*interval_ms = found->id;
	return true;
}

/* A channel's id is the settlement that comes next, its kind how many hours
 * after the one before, 0 while that is not known. */
uint64_t
contract_interval_measure(struct venue_memory *m, const char *symbol,
    uint64_t settles_ms)
{
	struct venue_channel *k = channel_find(m, symbol);
	uint64_t apart_ms;

	if (k == NULL && settles_ms != 0) {
		k = channel_add(m, symbol);
		if (k != NULL)
			k->id = settles_ms;
	}
	if (k == NULL || settles_ms == 0)
		return 0;
	if (settles_ms != k->id) {
		apart_ms = settles_ms > k->id ? settles_ms - k->id : 0;
		k->kind = apart_ms % CONTRACT_HOUR_MS == 0 && apart_ms <=
		    CONTRACT_FUNDING_MS ? (uint8_t)(apart_ms /
		    CONTRACT_HOUR_MS) : 0;
		k->id = settles_ms;
	}
	return (uint64_t)k->kind * CONTRACT_HOUR_MS;
}
