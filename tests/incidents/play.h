/* tests/incidents/play.h - a scene through the real machine, with a signer that
 * agrees within its policy (tests/machine_world.h): what was SIGNED, CLOSE by
 * CLOSE.
 */
#ifndef TESTS_INCIDENTS_PLAY_H
#define TESTS_INCIDENTS_PLAY_H

#include "base/price.h"
#include "oracle/text.h"
#include "tests/incidents/scene.h"

/* A signed word, unpacked; USD per whole unit. */
struct signed_price {
	double mid, low, high;
	uint8_t status, sources;
	uint16_t reason;
};

/* What is in force once a CLOSE was answered. */
struct moment {
	uint64_t ms;
	bool is_signed;			/* something was, so far; */
	uint64_t signed_ms;		/* when */
	struct signed_price price[SCENE_ASSETS_MAX];
	uint8_t verdict[SCENE_VAULTS_MAX];	/* of signed leaves; HEALTHY
						 * where there is none */
	uint8_t state[SCENE_VAULTS_MAX];	/* as the machine holds it */
	uint8_t header_status;
	double collateral_usd;		/* of the header */
	uint8_t vote[SCENE_MARKETS_MAX];	/* enum prices_vote */
	float usd[SCENE_MARKETS_MAX];	/* what each market says */
};

struct trace {
	struct moment *moment;
	size_t count;
	uint64_t signatures, mismatches;
};

/* scene_moments fills the instants of a scene's CLOSEs and returns how many;
 * ms may be NULL. */
size_t scene_moments(uint64_t *ms, const struct scene *s);

/* play runs the scene with these inputs (its own, or a mutation of them), in
 * order.  The trace is the caller's: trace_free. */
void play(struct trace *out, const struct scene *s, const struct inputs *in);
void trace_free(struct trace *t);
/* play_metrics: what /metrics says of the feeds (oracle/metrics_text.h) after
 * the last CLOSE at or before ms, of the scene as it is. */
void play_metrics(struct text *out, const struct scene *s, uint64_t ms);
/* trace_at: what was in force at ms: the last moment at or before it. */
const struct moment *trace_at(const struct trace *t, uint64_t ms);

#endif
