/* Any text as a step of `margind simulate`: a shock that is accepted keeps its
 * bounds and can be applied; an action that is accepted names what the book
 * has. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "oracle/action_text.h"
#include "oracle/shock_text.h"
#include "tests/portfolio_world.h"

#define TEXT_MAX 256u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
shock_check(const char *text, const struct portfolio_world *w,
    const struct bookfile_names *names)
{
	static struct market market;
	static struct market_terms terms;
	struct shock s;
	enum err e;

	if (shock_from_text(&s, text, &w->book, names) != ERR_OK)
		return;
	MUST(!num18_is_negative(s.price) && !num18_is_negative(s.vol));
	MUST(memchr(s.name, '\0', sizeof(s.name)) != NULL);
	e = shock_apply(&market, &terms, &w->market, &w->book, &s);
	MUST(e == ERR_OK || e == ERR_RANGE);
}

static void
action_check(const char *text, const struct portfolio_world *w)
{
	struct node n = snapshot_node(&w->snapshot, 0);
	struct action a;

	if (action_from_text(&a, text, &n) != ERR_OK)
		return;
	MUST(a.asset < w->book.asset_count);
	if (a.kind == ACTION_TRADE)
		MUST(a.instrument < w->book.instrument_count &&
		    !num18_is_zero(a.size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct portfolio_world *w;
	static struct bookfile_names names;
	char text[TEXT_MAX + 1];

	if (!w) {
		struct vault v;

		w = pw_init(1);
		snprintf(names.factor[PW_F_ETH], BOOK_NAME_MAX, "ETH");
		snprintf(names.factor[PW_F_BTC], BOOK_NAME_MAX, "BTC");
		snprintf(names.factor[PW_F_USDC], BOOK_NAME_MAX, "USD");
		v = pw_vault(w, METHOD_STANDARD);
		pw_hold(w, &v, PW_USDC, "1000");
		pw_owe(w, &v, PW_ETH, "1");
		pw_trade(w, &v, 0, (i128)WAD_ONE_RAW, pw_px("2000"));
		(void)pw_put(w, &v);
	}
	if (len > TEXT_MAX)
		return 0;
	memcpy(text, bytes, len);
	text[len] = '\0';
	shock_check(text, w, &names);
	action_check(text, w);
	return 0;
}
