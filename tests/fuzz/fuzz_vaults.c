/* Any bytes as a snapshot of vaults: what is refused has a name; what is
 * accepted is a store that saves the same bytes, evaluates, scans alike by all
 * instructions, and can be emptied.  The keccak at the end is mended once, or
 * nothing would ever be accepted. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/keccak.h"
#include "base/must.h"
#include "margin/ratio.h"
#include "margin/scan.h"

#define VAULTS 64u
#define ROWS 512u
#define ASSETS 3u
#define BYTES_MAX (64u * 1024u)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct book book;
static struct market market;
static struct vaults store;
static const struct vaults_limits limits = { VAULTS, ROWS, ROWS };

struct stream {
	uint8_t *bytes;
	size_t at, len;
};

static enum err
stream_read(void *context, void *bytes, size_t len)
{
	struct stream *s = context;

	if (len > s->len - s->at)
		return ERR_IO;
	memcpy(bytes, s->bytes + s->at, len);
	s->at += len;
	return ERR_OK;
}

/* What is written must be what was read. */
static enum err
stream_compare(void *context, const void *bytes, size_t len)
{
	struct stream *s = context;

	MUST(len <= s->len - s->at);
	MUST(memcmp(bytes, s->bytes + s->at, len) == 0);
	s->at += len;
	return ERR_OK;
}

static void
world_make(void)
{
	static struct vault none;
	static uint32_t hash[2];

	book_init(&book, &none, hash, 1);
	book.asset_count = market.count = ASSETS;
	book.factor_count = 2;
	book.mode_count = 2;
	for (uint8_t i = 0; i < ASSETS; i++) {
		struct asset *a = &book.assets[i];
		struct price *p = &market.asset[i].price;

		a->id.b[31] = (uint8_t)(i + 1);
		a->decimals = (uint8_t)(6 * (i + 1));
		a->factor = i / 2;
		for (uint8_t m = 0; m < 2; m++)
			a->rules[m] = (struct asset_rules){
				.ltv = ppb_from_raw(700000000),
				.liquidation_threshold =
				    ppb_from_raw(800000000 + m),
				.debt_weight = ppb_one(),
			};
		p->low = p->mid = p->high = px18_from_raw((i + 1) *
		    WAD_ONE_RAW);
	}
}

static void
store_empty(void)
{
	static void *arena;
	size_t size = vaults_bytes(&limits);

	if (!arena) {
		world_make();
		arena = aligned_alloc(64, size);
	}
	MUST(arena != NULL);
	memset(arena, 0, size);
	vaults_init(&store, arena, &limits, &book);
}

static enum err
store_read(struct stream *s)
{
	struct vaults_source source = { stream_read, s };

	s->at = 0;
	store_empty();
	return vaults_restore(&store, &source);
}

/* masks_agree: the same by all levels, and where they are sure they say what
 * ratio_evaluate says. */
static void
masks_agree(void)
{
	static struct scan_mask plain[VAULTS / 32 + 512], wide[VAULTS / 32 +
	    512];
	struct px18 price[BOOK_ASSETS_MAX];
	uint32_t n = vaults_block_count(&store);
	struct scan_prices p;

	for (size_t i = 0; i < ASSETS; i++)
		price[i] = market.asset[i].price.mid;
	if (scan_prices_from(&p, &store, price, price, SCAN_MAINTENANCE) !=
	    ERR_OK)
		return;
	scan_run_at(SCAN_PORTABLE, plain, &store, &p, 0, n);
	for (enum scan_level l = SCAN_AVX2; l <= scan_level_best(); l++) {
		scan_run_at(l, wide, &store, &p, 0, n);
		MUST(memcmp(plain, wide, n * sizeof(*plain)) == 0);
	}
	for (uint32_t slot = 0; slot < vaults_used(&store); slot++) {
		struct vaults_place at;
		struct ratio_result r;
		struct vault v;

		if (vaults_get(&v, &store, slot) != ERR_OK ||
		    v.method != METHOD_RATIO || v.debt_count == 0)
			continue;
		MUST(vaults_place_of(&at, &store, slot) == ERR_OK);
		if ((plain[at.block].unsure >> at.lane & 1) != 0)
			continue;
		MUST(ratio_evaluate(&r, &book, &v, &market) == ERR_OK);
		/* Not one comparison: gcc 12 takes (a < 0) == (a bit) for the
		 * bit alone. */
		if (usd18_is_negative(r.mid.excess))
			MUST((plain[at.block].below >> at.lane & 1) != 0);
		else
			MUST((plain[at.block].below >> at.lane & 1) == 0);
	}
}

static void
store_hold(struct stream *s)
{
	struct vaults_sink sink = { stream_compare, s };
	uint32_t used = vaults_used(&store);

	s->len = s->at;
	s->at = 0;
	MUST(vaults_save(&store, &sink) == ERR_OK && s->at == s->len);
	masks_agree();
	for (uint32_t slot = 0; slot < used; slot++)
		if (vaults_assets(&store, slot) != 0)
			MUST(vaults_delete(&store, slot) == ERR_OK);
	for (uint8_t a = 0; a < ASSETS; a++) {
		struct u256 held = vaults_total(&store, a, false);
		struct u256 owed = vaults_total(&store, a, true);

		MUST(u256_is_zero(&held) && u256_is_zero(&owed));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static uint8_t copy[BYTES_MAX];
	struct stream s = { copy, 0, len };
	struct b32 digest;
	enum err e;

	if (len > sizeof(copy))
		return 0;
	memcpy(copy, bytes, len);
	e = store_read(&s);
	if (e == ERR_SYNTAX && s.at > sizeof(digest.b)) {
		keccak256(&digest, copy, s.at - sizeof(digest.b));
		memcpy(copy + s.at - sizeof(digest.b), digest.b,
		    sizeof(digest.b));
		e = store_read(&s);
	}
	if (e == ERR_OK)
		store_hold(&s);
	return 0;
}
