/* Any bytes as the state of margin calls: what is accepted is what this
 * program would have written, and reads back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "oracle/calls_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void
entry_hold(const struct calls_state *s, uint32_t i)
{
	const struct calls_entry *n = &s->entry[i];

	MUST(n->vault[0] != '\0');
	MUST(memchr(n->vault, '\0', sizeof(n->vault)) != NULL);
	MUST(i == 0 || strcmp(n[-1].vault, n->vault) < 0);
	MUST(n->state.since_ms > 0 && n->state.since_ms <= s->as_of_ms);
	MUST((n->state.state != STATE_CALLED &&
	    n->state.state != STATE_OVERDUE) || n->state.deadline_ms > 0);
	MUST(calls_state_find(s, n->vault) == n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static FILE *out;
	struct calls_state s, again;
	struct text t;

	if (!out)
		out = fopen("/dev/null", "w");
	if (calls_state_read(&s, (const char *)bytes, len, "fuzz", out) !=
	    ERR_OK)
		return 0;
	for (uint32_t i = 0; i < s.count; i++)
		entry_hold(&s, i);
	text_init(&t, CALLS_TEXT_MAX);
	calls_state_write(&t, &s);
	MUST(!t.failed);
	MUST(calls_state_read(&again, t.at, t.len, "again", out) == ERR_OK);
	MUST(again.count == s.count && again.as_of_ms == s.as_of_ms &&
	    again.is_recovery == s.is_recovery &&
	    b32_equal(&again.snapshot, &s.snapshot));
	MUST(memcmp(again.entry, s.entry, s.count * sizeof(*s.entry)) == 0);
	text_free(&t);
	calls_state_free(&again);
	calls_state_free(&s);
	return 0;
}
