#include "margin/threshold.h"

#include "base/must.h"
#include "base/u256.h"

#define NODES_PER_OCTAVE 16
#define NODES_EACH_WAY 96

/* 2^(i/16) * 1e18, to nearest. */
static const uint64_t OCTAVE[NODES_PER_OCTAVE] = {
	1000000000000000000u, 1044273782427413840u, 1090507732665257659u,
	1138788634756691654u, 1189207115002721067u, 1241857812073484049u,
	1296839554651009666u, 1354255546936892728u, 1414213562373095049u,
	1476826145939499311u, 1542210825407940824u, 1610490331949254308u,
	1681792830507429086u, 1756252160373299483u, 1834008086409342463u,
	1915206561397147294u,
};

/* ---- kinks -------------------------------------------------------------- */

static void
kinks_sift(struct px18 *kinks, size_t root, size_t count)
{
	struct px18 moved = kinks[root];
	size_t child;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count &&
		    px18_compare(kinks[child], kinks[child + 1]) < 0)
			child++;
		if (px18_compare(kinks[child], moved) <= 0)
			break;
		kinks[root] = kinks[child];
		root = child;
	}
	kinks[root] = moved;
}

void
threshold_sort_kinks(struct px18 *kinks, size_t *count)
{
	size_t n = *count, kept = 0;

	for (size_t i = n / 2; i-- > 0; )
		kinks_sift(kinks, i, n);
	for (size_t last = n; last-- > 1; ) {
		struct px18 largest = kinks[0];

		kinks[0] = kinks[last];
		kinks[last] = largest;
		kinks_sift(kinks, 0, last);
	}
	for (size_t i = 0; i < n; i++)
		if (!px18_is_zero(kinks[i]) && (kept == 0 ||
		    px18_compare(kinks[i], kinks[kept - 1]) > 0))
			kinks[kept++] = kinks[i];
	*count = kept;
}

/* ---- the nodes ---------------------------------------------------------- */

struct search {
	threshold_fn fn;
	void *ctx;
	struct px18 mid;
	const struct px18 *kinks;
	size_t kink_count;
	bool is_safe;		/* at mid */
};

struct point {
	struct px18 p;
	struct usd18 excess;
};

/* What is left of one direction.  kink: index of the next one; where going
 * down, one more than that. */
struct walk {
	bool is_up;
	int node;
	size_t kink;
};

static enum err
point_at(struct point *out, const struct search *s, struct px18 p)
{
	out->p = p;
	return s->fn(s->ctx, p, &out->excess);
}

static bool
point_is_safe(const struct point *a)
{
	return !usd18_is_negative(a->excess);
}

/* node_price is mid * 2^(j/16), floor; false beyond the type. */
static bool
node_price(struct px18 *out, struct px18 mid, int j)
{
	int octave = (j + NODES_EACH_WAY) / NODES_PER_OCTAVE -
	    NODES_EACH_WAY / NODES_PER_OCTAVE;
	u128 step = OCTAVE[(j + NODES_EACH_WAY) % NODES_PER_OCTAVE];
	u128 num = step, den = WAD_ONE_RAW;

	if (octave > 0)
		num <<= octave;
	else
		den <<= -octave;
	return px18_scale(out, mid, num, den, ROUND_FLOOR) == ERR_OK;
}

static struct walk
walk_start(const struct search *s, bool is_up)
{
	struct walk w = { .is_up = is_up };

	/* The first kink above mid; going down, the last one below it is one
	 * before the first that is not below. */
	while (w.kink < s->kink_count && px18_compare(s->kinks[w.kink],
	    s->mid) < (is_up ? 1 : 0))
		w.kink++;
	return w;
}

/* walk_kink: the next kink in the direction of the walk, if there is one. */
static bool
walk_kink(struct px18 *out, const struct search *s, const struct walk *w)
{
	if (w->is_up ? w->kink == s->kink_count : w->kink == 0)
		return false;
	*out = s->kinks[w->is_up ? w->kink : w->kink - 1];
	return true;
}

/* walk_next: the nearest node or kink beyond `from`; false at the end of the
 * nodes.  Kinks end with them. */
static bool
walk_next(struct px18 *out, const struct search *s, struct walk *w,
    struct px18 from)
{
	int dir = w->is_up ? 1 : -1;
	struct px18 node, kink;

	do {
		if (w->node == NODES_EACH_WAY || !node_price(&node, s->mid,
		    dir * (w->node + 1)) || px18_is_zero(node))
			return false;
		if (walk_kink(&kink, s, w) &&
		    px18_compare(kink, node) * dir <= 0) {
			w->kink = w->is_up ? w->kink + 1 : w->kink - 1;
			*out = kink;
		} else {
			w->node++;
			*out = node;
		}
		/* A kink on a node, or nodes of a price of few units. */
	} while (px18_compare(*out, from) * dir <= 0);
	return true;
}

/* ---- pockets ------------------------------------------------------------ */

/* slope_at: the sign of the excess between a and a step further, turned so
 * that falling means toward the other sign.  `other` becomes true where the
 * step has that sign. */
static enum err
slope_at(int *sign, struct point *step, bool *other, const struct search *s,
    const struct point *a, struct px18 at)
{
	enum err e = point_at(step, s, at);

	if (e != ERR_OK)
		return e;
	*sign = usd18_compare(step->excess, a->excess);
	if (!s->is_safe)
		*sign = -*sign;
	*other = point_is_safe(step) != s->is_safe;
	return ERR_OK;
}

/* turn_search halves the gap between lo, where the excess goes toward the
 * other sign, and hi, where it comes back, until a point of the other sign is
 * found or the gap is used up. */
static enum err
turn_search(struct point *pocket, bool *found, const struct search *s,
    u128 lo, u128 hi)
{
	struct point m, step;
	enum err e;
	int sign;

	for (unsigned i = 0; i < THRESHOLD_TURN_STEPS && hi - lo >= 4; i++) {
		u128 at = lo + (hi - lo) / 2;
		u128 by = (hi - lo) / 256 + 1;

		e = point_at(&m, s, px18_from_raw(at));
		if (e != ERR_OK)
			return e;
		if (point_is_safe(&m) != s->is_safe) {
			*pocket = m;
			*found = true;
			return ERR_OK;
		}
		e = slope_at(&sign, &step, found, s, &m,
		    px18_from_raw(at + by));
		if (e != ERR_OK)
			return e;
		if (*found) {
			*pocket = step;
			return ERR_OK;
		}
		if (sign < 0)
			lo = at;
		else
			hi = at;
	}
	return ERR_OK;
}

/* gap_search: the neighbours a and b have the sign of mid; is there a point
 * between them that has not? */
static enum err
gap_search(struct point *pocket, bool *found, const struct search *s,
    const struct point *a, const struct point *b)
{
	bool is_up = px18_compare(a->p, b->p) < 0;
	const struct point *lo = is_up ? a : b, *hi = is_up ? b : a;
	u128 from = px18_to_raw(lo->p), to = px18_to_raw(hi->p);
	u128 by = (to - from) / 65536 + 1;
	enum err e;
	int sign;

	*found = false;
	if (to - from < 4)
		return ERR_OK;
	e = slope_at(&sign, pocket, found, s, lo, px18_from_raw(from + by));
	if (e != ERR_OK || *found || sign >= 0)
		return e;
	e = slope_at(&sign, pocket, found, s, hi, px18_from_raw(to - by));
	if (e != ERR_OK || *found || sign >= 0)
		return e;
	return turn_search(pocket, found, s, from, to);
}

/* ---- the crossing ------------------------------------------------------- */

/* crossing_search halves between a, with the sign of mid, and b, without it,
 * down to neighbouring prices; *safe is the one that is safe. */
static enum err
crossing_search(struct px18 *safe, const struct search *s,
    const struct point *a, const struct point *b)
{
	u128 same = px18_to_raw(a->p), other = px18_to_raw(b->p);
	struct point m;
	enum err e;

	while ((same > other ? same - other : other - same) > 1) {
		u128 at = same > other ? other + (same - other) / 2 :
		    same + (other - same) / 2;

		e = point_at(&m, s, px18_from_raw(at));
		if (e != ERR_OK)
			return e;
		if (point_is_safe(&m) == s->is_safe)
			same = at;
		else
			other = at;
	}
	*safe = px18_from_raw(s->is_safe ? same : other);
	return ERR_OK;
}

static void
price_enter(struct liquidation_price *out, bool is_up, bool is_safe,
    struct px18 safe)
{
	/* Up from where it is safe is the rising side; up from where it is not
	 * is the falling side seen from below. */
	if (is_up == is_safe) {
		out->has_above = true;
		out->above = safe;
	} else {
		out->has_below = true;
		out->below = safe;
	}
}

static enum err
direction_search(struct liquidation_price *out, const struct search *s,
    const struct point *mid, bool is_up)
{
	struct walk w = walk_start(s, is_up);
	struct point a = *mid, b, pocket;
	struct px18 at, safe;
	bool found = false;
	enum err e;

	while (!found && walk_next(&at, s, &w, a.p)) {
		e = point_at(&b, s, at);
		if (e != ERR_OK)
			return e;
		if (point_is_safe(&b) != s->is_safe) {
			found = true;
			break;
		}
		e = gap_search(&pocket, &found, s, &a, &b);
		if (e != ERR_OK)
			return e;
		if (found)
			b = pocket;
		else
			a = b;
	}
	if (!found)
		return ERR_OK;
	e = crossing_search(&safe, s, &a, &b);
	if (e == ERR_OK)
		price_enter(out, is_up, s->is_safe, safe);
	return e;
}

enum err
threshold_search(struct liquidation_price *out, threshold_fn fn, void *ctx,
    struct px18 mid, const struct px18 *kinks, size_t kink_count)
{
	struct search s = { .fn = fn, .ctx = ctx, .mid = mid,
	    .kinks = kinks, .kink_count = kink_count };
	struct liquidation_price found = { .has_below = false };
	struct point at_mid;
	enum err e;

	for (size_t i = 1; i < kink_count; i++)
		MUST(px18_compare(kinks[i - 1], kinks[i]) < 0);
	if (kink_count > THRESHOLD_KINKS_MAX)
		return ERR_LIMIT;
	if (px18_is_zero(mid))
		return ERR_RANGE;
	e = point_at(&at_mid, &s, mid);
	if (e != ERR_OK)
		return e;
	s.is_safe = point_is_safe(&at_mid);
	e = direction_search(&found, &s, &at_mid, false);
	if (e == ERR_OK)
		e = direction_search(&found, &s, &at_mid, true);
	if (e == ERR_OK)
		*out = found;
	return e;
}

/* ---- pieces ------------------------------------------------------------- */

static u128
magnitude(i128 v)
{
	return v < 0 ? (u128)0 - (u128)v : (u128)v;
}

/* piece_is_safe: the sign of slope * p + rest, exactly. */
static bool
piece_is_safe(const struct threshold_piece *piece, u128 p)
{
	i128 slope = num18_to_raw(piece->slope);
	i128 rest = usd18_to_raw(piece->rest);
	struct u256 moved = u256_mul_u128(magnitude(slope), p);
	struct u256 still = u256_mul_u128(magnitude(rest), WAD_ONE_RAW);

	if (slope >= 0)
		return rest >= 0 || u256_compare(&moved, &still) >= 0;
	return rest >= 0 && u256_compare(&still, &moved) >= 0;
}

/* piece_root: the signs at two prices of the piece differ, so that its root
 * lies between them: the safe price next to it. */
static struct px18
piece_root(const struct threshold_piece *piece)
{
	i128 slope = num18_to_raw(piece->slope);
	u128 root;

	MUST(slope != 0);
	MUST(muldiv_u128(&root, magnitude(usd18_to_raw(piece->rest)),
	    WAD_ONE_RAW, magnitude(slope),
	    slope > 0 ? ROUND_CEIL : ROUND_FLOOR) == ERR_OK);
	return px18_from_raw(root);
}

/* piece_cross: within piece i from `near`, beyond which lies the side of mid,
 * to `far`.  True where the sign changes on entering or inside. */
static bool
piece_cross(struct px18 *safe, const struct threshold_piece *piece,
    u128 near, u128 far, bool is_up, bool is_safe)
{
	if (piece_is_safe(piece, near) != is_safe) {
		/* A jump: the neighbour has the sign of mid. */
		*safe = px18_from_raw(!is_safe ? near :
		    is_up ? near - 1 : near + 1);
		return true;
	}
	if (piece_is_safe(piece, far) == is_safe)
		return false;
	*safe = piece_root(piece);
	return true;
}

void
threshold_piecewise(struct liquidation_price *out,
    const struct threshold_piece *pieces, size_t count, struct px18 mid)
{
	u128 near = px18_to_raw(mid), far;
	struct px18 safe;
	size_t at = 0;
	bool is_safe;

	MUST(count > 0 && px18_is_zero(pieces[0].from));
	for (size_t i = 1; i < count; i++) {
		MUST(px18_compare(pieces[i - 1].from, pieces[i].from) < 0);
		if (px18_compare(pieces[i].from, mid) <= 0)
			at = i;
	}
	*out = (struct liquidation_price){ .has_below = false };
	is_safe = piece_is_safe(&pieces[at], near);
	for (size_t i = at + 1; i-- > 0; ) {
		/* A price of zero is none. */
		far = i > 0 ? px18_to_raw(pieces[i].from) : 1;
		if (far <= near && piece_cross(&safe, &pieces[i], near, far,
		    false, is_safe)) {
			price_enter(out, false, is_safe, safe);
			break;
		}
		near = far - 1;
	}
	near = px18_to_raw(mid);
	for (size_t i = at; i < count; i++) {
		far = i + 1 < count ? px18_to_raw(pieces[i + 1].from) - 1 :
		    U128_MAX;
		if (piece_cross(&safe, &pieces[i], near, far, true,
		    is_safe)) {
			price_enter(out, true, is_safe, safe);
			return;
		}
		near = far + 1;
	}
}
