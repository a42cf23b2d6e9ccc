/* Reads prices and rates at a node's newest block, for tests/check_quotes.mjs:
 * quotes_read URL, one source a line of standard input:
 *	aggregator|erc4626|wsteth|reth|cbeth CONTRACT
 *	pyth CONTRACT FEED
 *	pool CONTRACT WINDOW OBSERVATIONS 0|1
 * and for each a line "value time_ms", "refused: why" or "missing". */
#include "base/decimal.h"
#include "base/hex.h"
#include "base/must.h"
#include "chain/quotes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES_MAX 64u

static const struct {
	const char *word;
	enum quote_kind kind;
} KINDS[] = {
	{ "aggregator", QUOTE_AGGREGATOR }, { "pyth", QUOTE_PYTH },
	{ "pool", QUOTE_POOL }, { "erc4626", QUOTE_ERC4626 },
	{ "wsteth", QUOTE_WSTETH }, { "reth", QUOTE_RETH },
	{ "cbeth", QUOTE_CBETH },
};

static bool
source_read(struct quote_source *s, char *line)
{
	char *word = strsep(&line, " \n");
	char *contract = strsep(&line, " \n"), *more;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < ARRAY_COUNT(KINDS); i++)
		if (strcmp(word, KINDS[i].word) == 0)
			s->kind = KINDS[i].kind;
	s->has_contract = contract && addr_from_text(&s->contract, contract,
	    strlen(contract)) == ERR_OK;
	s->confidence_max = ppb_from_raw(100000000);
	more = strsep(&line, " \n");
	if (s->kind == QUOTE_PYTH)
		return more && hex_to_bytes(s->feed.b, sizeof(s->feed.b),
		    more, strlen(more)) == ERR_OK;
	if (s->kind != QUOTE_POOL)
		return s->kind != QUOTE_NONE && s->has_contract;
	s->window_s = (uint32_t)strtoul(more, NULL, 10);
	s->observations_min = (uint32_t)strtoul(strsep(&line, " \n"), NULL,
	    10);
	s->is_inverted = strsep(&line, " \n")[0] == '1';
	return s->has_contract;
}

static void
item_print(const struct quotes_item *k)
{
	char text[DECIMAL_BUF];

	if (k->is_missing) {
		puts("missing");
	} else if (k->refusal != QUOTE_OK) {
		printf("refused: %s\n", quote_refusal_name(k->refusal));
	} else {
		decimal_from_u128(text, k->quote.value, 0);
		printf("%s %llu\n", text,
		    (unsigned long long)k->quote.time_ms);
	}
}

int
main(int argc, char **argv)
{
	static struct quote_source source[SOURCES_MAX];
	static struct quotes_item item[SOURCES_MAX];
	const char *url = argc == 2 ? argv[1] : "";
	struct rpc_block head;
	struct quotes *q;
	struct rpc *r;
	char line[256];
	size_t n = 0;
	enum err e;

	MUST(rpc_create(&r, &url, 1) == ERR_OK);
	while (n < SOURCES_MAX && fgets(line, sizeof(line), stdin)) {
		MUST(source_read(&source[n], line));
		item[n].source = &source[n];
		n++;
	}
	MUST(quotes_create(&q, n) == ERR_OK);
	e = rpc_block_latest(&head, r);
	if (e == ERR_OK)
		e = quotes_read(q, r, item, n, &head.hash, head.time_s);
	if (e != ERR_OK)
		printf("failed: %s\n", rpc_error(r));
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		item_print(&item[i]);
	quotes_destroy(q);
	rpc_destroy(r);
	return 0;
}
