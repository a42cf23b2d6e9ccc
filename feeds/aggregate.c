#include "feeds/aggregate.h"

#include "base/must.h"

/* One value with its weight, for a quantile. */
struct point {
	struct px18 value;
	u128 weight;
};

uint32_t
votes_groups(const struct vote *votes, size_t count)
{
	bool seen[VOTES_MAX] = { false };
	uint32_t groups = 0;

	for (size_t i = 0; i < count; i++) {
		MUST(votes[i].group < VOTES_MAX);
		if (votes[i].is_outlier || seen[votes[i].group])
			continue;
		seen[votes[i].group] = true;
		groups++;
	}
	return groups;
}

static u128
gcd(u128 a, u128 b)
{
	while (b != 0) {
		u128 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* shares_make gives each vote its part of its group's weight, all scaled by
 * the least common multiple of the groups' sizes.  That is at most Landau's
 * g(32) = 5,460, so that no sum of shares comes near 2^128. */
static void
shares_make(u128 *shares, const struct vote *votes, size_t count)
{
	uint32_t size[VOTES_MAX] = { 0 }, weight[VOTES_MAX] = { 0 };
	u128 scale = 1;

	for (size_t i = 0; i < count; i++) {
		uint32_t g = votes[i].group;

		MUST(g < VOTES_MAX);
		MUST(votes[i].weight >= 1 &&
		    votes[i].weight <= VOTE_WEIGHT_MAX);
		size[g]++;
		if (votes[i].weight > weight[g])
			weight[g] = votes[i].weight;
	}
	for (size_t g = 0; g < VOTES_MAX; g++)
		if (size[g] > 0)
			scale = scale / gcd(scale, size[g]) * size[g];
	for (size_t i = 0; i < count; i++) {
		uint32_t g = votes[i].group;

		shares[i] = scale / size[g] * weight[g];
	}
}

/* shares_cut sees to it that no group of those that are not dropped holds half
 * of the weight or more (one that is alone but for another: exactly half). */
static void
shares_cut(u128 *shares, const struct vote *votes, size_t count)
{
	u128 weight[VOTES_MAX] = { 0 }, others = 0, lightest = 0;
	size_t size[VOTES_MAX] = { 0 }, groups = 0, most = 0;

	for (size_t i = 0; i < count; i++) {
		if (votes[i].is_outlier)
			continue;
		groups += size[votes[i].group]++ == 0;
		weight[votes[i].group] += shares[i];
	}
	for (size_t g = 0; g < VOTES_MAX; g++)
		if (weight[g] > weight[most])
			most = g;
	for (size_t g = 0; g < VOTES_MAX; g++) {
		if (g == most || size[g] == 0)
			continue;
		others += weight[g];
		if (lightest == 0 || weight[g] < lightest)
			lightest = weight[g];
	}
	if (groups < 2 || weight[most] < others)
		return;
	if (groups > 2)
		others -= lightest;
	/* All of it times the group's size: its members share evenly. */
	for (size_t i = 0; i < count; i++)
		shares[i] = votes[i].group == most ? others :
		    shares[i] * size[most];
}

/* points_add keeps the points in ascending order. */
static void
points_add(struct point *points, size_t count, struct point p)
{
	size_t at = count;

	for (; at > 0 && px18_compare(points[at - 1].value, p.value) > 0; at--)
		points[at] = points[at - 1];
	points[at] = p;
}

/* points_quantile: the smallest value whose cumulative weight reaches
 * part/4 of the whole. */
static struct px18
points_quantile(const struct point *points, size_t count, unsigned part)
{
	u128 total = 0, sum = 0;
	size_t i = 0;

	MUST(count > 0);
	for (size_t k = 0; k < count; k++)
		total += points[k].weight;
	for (; i + 1 < count; i++) {
		sum += points[i].weight;
		if (sum * 4 >= total * part)
			break;
	}
	return points[i].value;
}

/* votes_points collects the mids (or spreads) of what is not an outlier. */
static size_t
votes_points(struct point *points, const struct vote *votes,
    const u128 *shares, size_t count, bool spreads)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (!votes[i].is_outlier)
			points_add(points, n++, (struct point){
			    spreads ? votes[i].spread : votes[i].mid,
			    shares[i] });
	return n;
}

static struct px18
distance(struct px18 a, struct px18 b)
{
	struct px18 d;

	MUST(px18_sub(&d, px18_max(a, b), px18_min(a, b)) == ERR_OK);
	return d;
}

/* is_beyond: |value - m| > limit * m, exactly: the ceiling of a quotient is
 * above a whole number if and only if the quotient is. */
static bool
is_beyond(struct px18 value, struct px18 m, struct ppb limit)
{
	struct ppb part;

	if (px18_part_ppb(&part, distance(value, m), m, ROUND_CEIL) != ERR_OK)
		return true;
	return ppb_to_raw(part) > ppb_to_raw(limit);
}

/* outliers_mark marks what lies too far from m, unless that is more than a
 * third of the weight: then nothing, and false. */
static bool
outliers_mark(struct vote *votes, const u128 *shares, size_t count,
    struct px18 m, struct ppb dispersion_max)
{
	u128 total = 0, dropped = 0;

	for (size_t i = 0; i < count; i++) {
		total += shares[i];
		votes[i].is_outlier = is_beyond(votes[i].mid, m,
		    dispersion_max);
		if (votes[i].is_outlier)
			dropped += shares[i];
	}
	if (3 * dropped <= total)
		return true;
	for (size_t i = 0; i < count; i++)
		votes[i].is_outlier = false;
	return false;
}

enum err
votes_aggregate(struct vote_result *out, struct vote *votes, size_t count,
    const struct vote_rule *rule)
{
	struct point points[VOTES_MAX];
	u128 shares[VOTES_MAX] = { 0 };
	struct px18 m, low, high, half;
	struct vote_result r;
	size_t n;

	MUST(count <= VOTES_MAX);
	MUST(rule->quorum >= 1);
	for (size_t i = 0; i < count; i++)
		votes[i].is_outlier = false;
	if (votes_groups(votes, count) < rule->quorum)
		return ERR_QUORUM;
	shares_make(shares, votes, count);
	shares_cut(shares, votes, count);
	n = votes_points(points, votes, shares, count, false);
	m = points_quantile(points, n, 2);
	r.is_dispersed = !outliers_mark(votes, shares, count, m,
	    rule->dispersion_max);
	r.groups = votes_groups(votes, count);
	if (r.groups < rule->quorum)
		return ERR_QUORUM;

	shares_make(shares, votes, count);
	shares_cut(shares, votes, count);
	n = votes_points(points, votes, shares, count, false);
	r.mid = points_quantile(points, n, 2);
	low = r.is_dispersed ? points[0].value : points_quantile(points, n, 1);
	high = r.is_dispersed ? points[n - 1].value :
	    points_quantile(points, n, 3);
	n = votes_points(points, votes, shares, count, true);
	half = points_quantile(points, n, 2);
	MUST(px18_scale(&half, half, 1, 2, ROUND_CEIL) == ERR_OK);
	r.down = px18_max(half, distance(r.mid, low));
	r.up = px18_max(half, distance(high, r.mid));
	if (!r.is_dispersed)
		r.down = r.up = px18_max(r.down, r.up);
	*out = r;
	return ERR_OK;
}
