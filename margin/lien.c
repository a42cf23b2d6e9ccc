#include "margin/lien.h"

#include <string.h>

#include "base/must.h"

/* ---- the order of the ledger -------------------------------------------- */

static int
u64_compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* holder_compare: by what is claimed: chain, token, holder. */
static int
holder_compare(const struct lien *a, const struct lien *b)
{
	int order = u64_compare(a->chain_id, b->chain_id);

	if (order == 0)
		order = memcmp(a->token.b, b->token.b, sizeof(a->token.b));
	if (order == 0)
		order = memcmp(a->holder.b, b->holder.b, sizeof(a->holder.b));
	return order;
}

/* lien_before: holders together, in them by id, and by index where a book
 * would have an id twice. */
static bool
lien_before(const struct book *b, uint32_t x, uint32_t y)
{
	int order = holder_compare(&b->liens[x], &b->liens[y]);

	if (order == 0)
		order = strncmp(b->liens[x].name, b->liens[y].name,
		    BOOK_NAME_MAX);
	return order < 0 || (order == 0 && x < y);
}

static void
order_sift(uint32_t *order, const struct book *b, size_t root, size_t count)
{
	uint32_t moved = order[root];
	size_t child;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count &&
		    lien_before(b, order[child], order[child + 1]))
			child++;
		if (!lien_before(b, moved, order[child]))
			break;
		order[root] = order[child];
		root = child;
	}
	order[root] = moved;
}

/* A heap: the ledger may have 65,535 liens, chosen by anybody. */
static void
order_sort(uint32_t *order, const struct book *b)
{
	size_t count = b->lien_count;

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	for (size_t i = count / 2; i-- > 0; )
		order_sift(order, b, i, count);
	for (size_t last = count; last-- > 1; ) {
		uint32_t largest = order[0];

		order[0] = order[last];
		order[last] = largest;
		order_sift(order, b, 0, last);
	}
}

/* ---- what each lien has ------------------------------------------------- */

/* holder_balance: of the liens order[0 .. count-1] of one holder, what the
 * newest block says. */
static u128
holder_balance(const struct book *b, const uint32_t *order, size_t count)
{
	uint64_t newest = 0;
	u128 balance = 0;

	for (size_t i = 0; i < count; i++)
		if (b->liens[order[i]].block_number > newest)
			newest = b->liens[order[i]].block_number;
	for (size_t i = 0; i < count; i++) {
		const struct lien *l = &b->liens[order[i]];

		if (l->block_number == newest && l->amount > balance)
			balance = l->amount;
	}
	return balance;
}

static void
holder_share_out(u128 *left, struct lien_report *r, const struct book *b,
    const uint32_t *order, size_t count)
{
	u128 balance = holder_balance(b, order, count);

	for (size_t i = 0; i < count; i++) {
		u128 amount = b->liens[order[i]].amount;
		u128 got = amount < balance ? amount : balance;

		left[order[i]] = got;
		balance -= got;
		if (got == amount)
			continue;
		if (r->short_liens++ == 0 || order[i] < r->first_short_lien)
			r->first_short_lien = order[i];
	}
}

static void
ledger_share_out(struct lien_report *r, const struct lien_scratch *s,
    const struct book *b)
{
	size_t first = 0;

	order_sort(s->order, b);
	for (size_t i = 1; i <= b->lien_count; i++) {
		if (i < b->lien_count && holder_compare(
		    &b->liens[s->order[first]], &b->liens[s->order[i]]) == 0)
			continue;
		holder_share_out(s->left, r, b, s->order + first, i - first);
		first = i;
	}
}

/* ---- what each leg counts ----------------------------------------------- */

size_t
lien_leg_count(const struct book *b)
{
	size_t count = 0;

	for (uint32_t slot = 0; b->lien_count > 0 && slot < b->vault_count;
	    slot++)
		for (size_t i = 0; i < b->vaults[slot].collateral_count; i++)
			count += b->vaults[slot].collateral[i].lien != 0;
	return count;
}

static enum err
grant_haircut(struct ppb *out, const struct book *b, const struct leg *leg,
    const struct num18 *sigma, const struct collateral_rules *rules)
{
	const struct asset *a = &b->assets[leg->asset];

	if (a->risk.is_dynamic ||
	    b->liens[leg->lien - 1].chain_id == b->chain_id) {
		*out = ppb_from_raw(0);
		return ERR_OK;
	}
	return collateral_chain_haircut(out, &a->risk,
	    sigma == NULL ? num18_zero() : sigma[a->factor], true, rules);
}

static void
grant_take(struct lien_grant *g, struct lien_report *r, u128 *left,
    const struct book *b, const struct leg *leg, size_t index)
{
	if (b->liens[leg->lien - 1].asset != leg->asset) {
		g->counted = 0;
		r->mismatched += leg->amount != 0;
	} else {
		u128 *there = &left[leg->lien - 1];

		g->counted = leg->amount < *there ? leg->amount : *there;
		*there -= g->counted;
	}
	if (g->counted != leg->amount && r->short_legs++ == 0)
		r->first_short = (uint32_t)index;
}

enum err
lien_resolve(struct lien_grant *grants, size_t *count, size_t capacity,
    struct lien_report *report, const struct lien_scratch *scratch,
    const struct book *b, const struct num18 *sigma,
    const struct collateral_rules *rules)
{
	struct lien_report r = { .short_legs = 0 };
	size_t n = 0;
	enum err e;

	MUST(b->lien_count <= BOOK_LIENS_MAX);
	if (b->lien_count > 0)
		ledger_share_out(&r, scratch, b);
	for (uint32_t slot = 0; b->lien_count > 0 && slot < b->vault_count;
	    slot++) {
		const struct vault *v = &b->vaults[slot];

		for (uint8_t i = 0; i < v->collateral_count; i++) {
			const struct leg *leg = &v->collateral[i];

			if (leg->lien == 0)
				continue;
			MUST(leg->lien <= b->lien_count);
			if (n == capacity)
				return ERR_LIMIT;
			grants[n].vault = slot;
			grants[n].leg = i;
			e = grant_haircut(&grants[n].haircut, b, leg, sigma,
			    rules);
			if (e != ERR_OK)
				return e;
			grant_take(&grants[n], &r, scratch->left, b, leg, n);
			n++;
		}
	}
	*count = n;
	*report = r;
	return ERR_OK;
}

const struct lien_grant *
lien_grant_find(const struct lien_grant *grants, size_t count,
    uint32_t vault, uint8_t leg)
{
	size_t lo = 0, hi = count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct lien_grant *g = &grants[mid];

		if (g->vault < vault || (g->vault == vault && g->leg < leg))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < count && grants[lo].vault == vault && grants[lo].leg == leg)
		return &grants[lo];
	return NULL;
}

void
lien_vault(struct vault *out, const struct book *b, uint32_t slot,
    const struct lien_grant *grants, size_t count, bool haircuts)
{
	MUST(slot < b->vault_count);
	*out = b->vaults[slot];
	for (uint8_t i = 0; i < out->collateral_count; i++) {
		const struct lien_grant *g;

		if (out->collateral[i].lien == 0)
			continue;
		g = lien_grant_find(grants, count, slot, i);
		MUST(g != NULL);
		out->collateral[i].amount = g->counted;
		if (haircuts)
			MUST(muldiv_u128(&out->collateral[i].amount,
			    g->counted, PPB_ONE_RAW - ppb_to_raw(g->haircut),
			    PPB_ONE_RAW, ROUND_FLOOR) == ERR_OK);
	}
}
