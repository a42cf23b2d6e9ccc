#include "oracle/api_limit.h"

#include "base/must.h"

#include <netinet/in.h>
#include <string.h>

void
limit_init(struct limit *l, unsigned rate, unsigned burst, uint64_t salt)
{
	MUST(rate >= 1 && rate <= 1000 && burst >= 1);
	memset(l, 0, sizeof(*l));
	l->rate = rate;
	l->burst = burst;
	l->salt = salt;
}

static uint64_t
address_key(const struct sockaddr_storage *from)
{
	uint64_t key = 0;

	if (from->ss_family == AF_INET) {
		struct sockaddr_in a;

		memcpy(&a, from, sizeof(a));
		key = (UINT64_C(1) << 32) | a.sin_addr.s_addr;
	} else if (from->ss_family == AF_INET6) {
		struct sockaddr_in6 a;

		memcpy(&a, from, sizeof(a));
		memcpy(&key, a.sin6_addr.s6_addr, sizeof(key));
		key ^= UINT64_C(2) << 62;
	}
	return key != 0 ? key : 1;
}

static uint64_t
scramble(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

bool
limit_take(struct limit *l, const struct sockaddr_storage *from,
    uint64_t now_ms)
{
	uint64_t key = address_key(from), cost = 1000 / l->rate;
	uint64_t depth = cost * l->burst;
	size_t first = (size_t)scramble(key ^ l->salt) &
	    (LIMIT_PLACES / LIMIT_WAYS - 1);
	struct limit_place *set = &l->place[first * LIMIT_WAYS];
	struct limit_place *p = &set[0];

	for (size_t i = 0; i < LIMIT_WAYS; i++) {
		if (set[i].key == key) {
			p = &set[i];
			break;
		}
		if (set[i].seen_ms < p->seen_ms)
			p = &set[i];
	}
	if (p->key != key)
		*p = (struct limit_place){ .key = key };
	p->seen_ms = now_ms;
	if (p->spent_ms + depth < now_ms)
		p->spent_ms = now_ms - depth;
	if (p->spent_ms + cost > now_ms)
		return false;
	p->spent_ms += cost;
	return true;
}
