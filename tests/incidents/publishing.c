#include "tests/incidents/publishing.h"

#include "chain/publish.h"

#include <jansson.h>
#include <math.h>
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

/* One transaction after the other, as chain_publish.c has publish_begin and
 * publish_look say what to do; a block takes what offers enough. */
struct sender {
	struct publish_tx tx;
	struct publish_state published;
	u128 most_wei;
	uint64_t asked, mined, raised, outbid_most, outbid, held, stuck;
	uint64_t sent_block;	/* or raised, or said to be stuck */
	bool is_late;		/* outbid for longer than two blocks */
};

static void
sender_act(struct sender *p, enum publish_act act, uint64_t block)
{
	switch (act) {
	case PUBLISH_WAIT:
		/* Outbid from the block after it was sent on. */
		p->is_late = p->is_late || block >= p->sent_block + 2;
		break;
	case PUBLISH_ASK:
		publish_asked(&p->tx, 0, 0, ++p->asked, 0);
		p->raised += publish_shown(&p->tx,
		    &(struct b32){ { (uint8_t)p->asked } }, PUBLISH_TAKEN,
		    block);
		p->sent_block = block;
		if (p->tx.fees.max_fee_wei > p->most_wei)
			p->most_wei = p->tx.fees.max_fee_wei;
		break;
	case PUBLISH_HELD:
		p->held++;
		break;
	case PUBLISH_STUCK:
		p->stuck++;
		p->sent_block = block;
		break;
	case PUBLISH_USED:
		publish_mined(&p->published, &p->tx, p->tx.count - 1);
		p->mined++;
		p->outbid = 0;
		break;
	case PUBLISH_GONE:
		break;
	}
}

static void
block_pass(struct sender *p, uint64_t block, u128 known_wei, u128 needed_wei,
    const struct publish_fees *caps)
{
	uint64_t next = p->mined;	/* the nonce too */

	if (!publish_is_idle(&p->tx) && p->tx.shown.max_fee_wei >= needed_wei)
		sender_act(p, publish_look(&p->tx, next + 1, block, caps),
		    block);
	sender_act(p, publish_is_idle(&p->tx) ?
	    publish_begin(&p->tx, p->mined, known_wei, TIP, caps) :
	    publish_look(&p->tx, next, block, caps), block);
	p->outbid++;
	if (p->outbid > p->outbid_most)
		p->outbid_most = p->outbid;
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
			    wei_of(json_array_get(rows, i), "90.0 Perc"),
			    &CAPS);
	json_decref(all);
	*out = (struct publishing){ .is_late = p.is_late || p.held > 0 ||
	    p.stuck > 0, .raised = p.raised,
	    .mined = p.mined, .outbid_most = p.outbid_most,
	    .fee_gwei = (double)p.most_wei / GWEI };
	return true;
}

/* The gas price goes from 50 gwei to the peak and back, an eighth a block. */
void
publishing_peaks(struct publishing_peak *out, double peak_gwei,
    double cap_gwei)
{
	struct publish_fees caps = { (u128)(cap_gwei * GWEI),
	    (u128)300 * 1000000000u };
	struct sender p = { 0 };
	double gwei = 50;
	uint64_t block = 0, mined = 0;

	*out = (struct publishing_peak){ 0 };
	for (bool is_rising = true; is_rising || gwei > 50; block++) {
		u128 wei = (u128)(gwei * GWEI);
		uint64_t said = p.held + p.stuck;

		block_pass(&p, block, wei, wei, &caps);
		if (gwei >= cap_gwei) {
			out->above++;
			out->alarms += p.held + p.stuck - said;
			mined = p.mined;
		}
		if (gwei >= peak_gwei)
			is_rising = false;
		gwei = is_rising ? fmin(gwei * 1.125, peak_gwei) :
		    gwei / 1.125;
	}
	out->mined_after = p.mined - mined;
	out->fee_gwei = (double)p.most_wei / GWEI;
	out->is_late = p.is_late;
}
