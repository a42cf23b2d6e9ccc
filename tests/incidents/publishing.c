#include "tests/incidents/publishing.h"

#include "chain/publish.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/must.h"

#define GWEI 1e9
#define BLOCK_S 13u		/* of 2020 */
#define BUCKET_BLOCKS (600u / BLOCK_S)
#define TIP ((u128)2000000000u)

static const struct publish_fees CAPS = {
	(u128)1500 * 1000000000u, (u128)300 * 1000000000u,
};

/* A bucket's gas prices; here: what 60 of 100 transactions paid at most, but
 * its mean where that is more: the price that a transaction needed. */
static u128
needed(json_t *bucket)
{
	double middle = json_number_value(json_object_get(bucket,
	    "60.0 Perc"));
	double mean = json_number_value(json_object_get(bucket, "avgGasDay"));

	return (u128)(middle > mean ? middle : mean);
}

/* One transaction after the other, each looked after as role_chain.c does. */
struct sender {
	bool is_sent;
	struct publish_fees fees, most;
	uint64_t sent_block, mined, raised;
	bool is_late;		/* outbid for longer than two blocks */
};

static void
block_pass(struct sender *p, uint64_t block, u128 base_wei)
{
	if (p->is_sent && p->fees.max_fee_wei >= base_wei) {
		p->is_sent = false;
		p->mined++;
	}
	if (!p->is_sent) {
		MUST(publish_fees_first(&p->fees, base_wei, TIP, &CAPS) ==
		    ERR_OK);
		p->is_sent = true;
		p->sent_block = block;
	} else if (block >= p->sent_block + PUBLISH_PATIENCE) {
		p->is_late = p->is_late || block > p->sent_block + 2 ||
		    publish_fees_raise(&p->fees, &p->fees, &CAPS) != ERR_OK;
		p->sent_block = block;
		p->raised++;
	}
	if (p->fees.max_fee_wei > p->most.max_fee_wei)
		p->most = p->fees;
}

bool
publishing_follows(double *fee_gwei, struct report *r, const char *recording)
{
	const char *folder = getenv("MARGIND_DATA");
	struct sender p = { 0 };
	char file[512];
	uint64_t block = 0;
	json_t *all, *rows;

	snprintf(file, sizeof(file), "%s/prices/%s",
	    folder ? folder : "../shared/data", recording);
	all = json_load_file(file, 0, NULL);
	if (!all) {
		report_skip(r);
		return false;
	}
	rows = json_object_get(all, "data");
	for (size_t i = 0; i < json_array_size(rows); i++)
		for (unsigned k = 0; k < BUCKET_BLOCKS; k++)
			block_pass(&p, block++, needed(json_array_get(rows,
			    i)));
	json_decref(all);
	*fee_gwei = (double)p.most.max_fee_wei / GWEI;
	return !p.is_late && p.mined > block / 2 && p.raised > 0;
}

bool
publishing_alarms_at_cap(double base_fee_gwei)
{
	struct publish_fees caps = { (u128)500 * 1000000000u, TIP };
	struct publish_fees last = { (u128)480 * 1000000000u, TIP }, out;

	return publish_fees_first(&out, (u128)(base_fee_gwei * GWEI), TIP,
	    &caps) == ERR_LIMIT &&
	    publish_fees_raise(&out, &last, &caps) == ERR_LIMIT;
}
