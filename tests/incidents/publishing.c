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

/* What nine of ten transactions of a bucket paid at most gets into a block; a
 * sender knows of the mean of the bucket before. */
static u128
wei_of(json_t *bucket, const char *key)
{
	return (u128)json_number_value(json_object_get(bucket, key));
}

/* One transaction after the other, each looked after as role_chain.c does. */
struct sender {
	bool is_sent;
	struct publish_fees fees, most;
	uint64_t sent_block, mined, raised, outbid_most, outbid;
	bool is_late;		/* outbid for longer than two blocks */
};

static void
block_pass(struct sender *p, uint64_t block, u128 known_wei, u128 needed_wei)
{
	if (p->is_sent && p->fees.max_fee_wei >= needed_wei) {
		p->is_sent = false;
		p->mined++;
		p->outbid = 0;
	}
	if (!p->is_sent) {
		MUST(publish_fees_first(&p->fees, known_wei, TIP, &CAPS) ==
		    ERR_OK);
		p->is_sent = true;
		p->sent_block = block;
	} else if (block >= p->sent_block + PUBLISH_PATIENCE) {
		p->is_late = p->is_late || block > p->sent_block + 2 ||
		    publish_fees_raise(&p->fees, &p->fees, &CAPS) != ERR_OK;
		p->sent_block = block;
		p->raised++;
	}
	p->outbid++;
	if (p->outbid > p->outbid_most)
		p->outbid_most = p->outbid;
	if (p->fees.max_fee_wei > p->most.max_fee_wei)
		p->most = p->fees;
}

bool
publishing_follows(struct publishing *out, const char *recording)
{
	const char *folder = getenv("MARGIND_DATA");
	struct sender p = { 0 };
	char file[512];
	uint64_t block = 0;
	json_t *all, *rows;

	snprintf(file, sizeof(file), "%s/prices/%s",
	    folder ? folder : "../shared/data", recording);
	all = json_load_file(file, 0, NULL);
	if (!all)
		return false;
	rows = json_object_get(all, "data");
	for (size_t i = 1; i < json_array_size(rows); i++)
		for (unsigned k = 0; k < BUCKET_BLOCKS; k++)
			block_pass(&p, block++, wei_of(json_array_get(rows,
			    i - 1), "avgGasDay"),
			    wei_of(json_array_get(rows, i), "90.0 Perc"));
	json_decref(all);
	*out = (struct publishing){ .is_late = p.is_late, .raised = p.raised,
	    .mined = p.mined, .outbid_most = p.outbid_most,
	    .fee_gwei = (double)p.most.max_fee_wei / GWEI };
	return true;
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
