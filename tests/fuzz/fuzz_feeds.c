/* An answer of GET /v1/feeds: any bytes.  The table prints no control
 * character, and two configs that follow the same markets take it alike. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "oracle/feeds_table.h"
#include "oracle/shadow.h"

#define PRINTED_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define RULE "quorum: 1, age_max: 3s, dispersion_max: 9%, band_max: 50%"
static const char before[] =
    "prices:\n  units:\n    ETH: {" RULE "}\n    BTC: {" RULE "}\n"
    "venues:\n"
    "  coinbase: {markets: {ETH-USD: ETH/USD, BTC-USD: BTC/USD}}\n"
    "  kraken: {markets: {ETH/USD: ETH/USD}}\n";
static const char after[] =
    "prices:\n  units:\n    BTC: {" RULE "}\n    ETH: {" RULE "}\n"
    "venues:\n"
    "  kraken: {markets: {ETH/USD: ETH/USD}}\n"
    "  coinbase: {markets: {BTC-USD: BTC/USD, ETH-USD: ETH/USD}}\n";

static void
table_check(const char *text, size_t len)
{
	static char printed[PRINTED_MAX];
	FILE *out = fmemopen(printed, sizeof(printed), "w");
	long end;

	MUST(out);
	if (feeds_table_print(out, text, len, 1795182300000, false) ==
	    ERR_OK) {
		end = ftell(out);
		fflush(out);
		for (long i = 0; i < end; i++)
			MUST(printed[i] == '\n' || (printed[i] >= ' ' &&
			    printed[i] != 0x7f) || printed[i] < 0);
	}
	fclose(out);
}

static void
shadow_check(const char *text, size_t len)
{
	static struct shadow s;

	if (!s.before_life) {
		MUST(replay_life_open(&s.before_life, before,
		    sizeof(before) - 1, "before", NULL, 0, "") == ERR_OK);
		MUST(replay_life_open(&s.after_life, after,
		    sizeof(after) - 1, "after", NULL, 0, "") == ERR_OK);
		replay_life_loosen(s.before_life);
		replay_life_loosen(s.after_life);
	}
	if (shadow_api_answer(&s, text, len) != ERR_OK)
		return;
	for (size_t i = 0; i < s.unit_count; i++)
		MUST(s.unit[i].differs == 0);
	if (s.end_ms < 1800000000000)
		return;
	/* A time from the far future: what comes next would be old. */
	replay_life_close(s.before_life);
	replay_life_close(s.after_life);
	shadow_free(&s);
	memset(&s, 0, sizeof(s));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	memcpy(text, bytes, len);
	text[len] = '\0';
	table_check(text, len);
	shadow_check(text, len);
	free(text);
	return 0;
}
