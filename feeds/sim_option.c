#include "feeds/sim_option.h"

#include "base/clock_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PARTS_MAX 5u
#define YEAR_MS (365.0 * 86400000.0)

/* Cuts a copy of a name at its dashes; how many parts, 0: too many. */
static size_t
name_cut(char *text, char *part[PARTS_MAX])
{
	size_t n = 0;

	for (char *at = text; at != NULL;) {
		if (n == PARTS_MAX)
			return 0;
		part[n++] = at;
		at = strchr(at, '-');
		if (at != NULL)
			*at++ = '\0';
	}
	return n;
}

static bool
digits_are(const char *text, size_t len)
{
	return strlen(text) == len && strspn(text, "0123456789") == len;
}

/* "27NOV26", "6NOV26" or "261127" as "2026-11-27T08:00:00Z". */
static bool
expiry_read(uint64_t *out_ms, const char *text)
{
	static const char months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
	size_t days = strspn(text, "0123456789");
	char name[4], iso[32];
	const char *month;

	if (digits_are(text, 6)) {
		snprintf(iso, sizeof(iso), "20%.2s-%.2s-%.2sT08:00:00Z", text,
		    text + 2, text + 4);
	} else {
		if (days < 1 || days > 2 || strlen(text) != days + 5 ||
		    !digits_are(text + days + 3, 2))
			return false;
		snprintf(name, sizeof(name), "%.3s", text + days);
		month = strstr(months, name);
		if (month == NULL || (month - months) % 3 != 0)
			return false;
		snprintf(iso, sizeof(iso), "20%.2s-%02d-%s%.*sT08:00:00Z",
		    text + days + 3, (int)(month - months) / 3 + 1,
		    days == 1 ? "0" : "", (int)days, text);
	}
	return time_ms_from_rfc3339(out_ms, iso, strlen(iso)) == ERR_OK;
}

static bool
strike_read(double *out, char *text)
{
	char *point = strchr(text, 'd');
	u128 strike;

	if (point != NULL)
		*point = '.';
	if (decimal_to_u128(&strike, text, strlen(text), 18) != ERR_OK ||
	    strike == 0)
		return false;
	*out = (double)strike / 1e18;
	return true;
}

bool
sim_option_read(struct sim_option *out, const char *name)
{
	char text[VENUE_SYMBOL_MAX], *part[PARTS_MAX];
	struct sim_option o;
	size_t n;

	if (strlen(name) >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%s", name);
	n = name_cut(text, part);
	if (n < 4 || strlen(part[n - 1]) != 1)
		return false;
	o.is_call = part[n - 1][0] == 'C';
	if ((!o.is_call && part[n - 1][0] != 'P') ||
	    !strike_read(&o.strike, part[n - 2]) ||
	    !expiry_read(&o.expiry_ms, part[n - 3]))
		return false;
	*out = o;
	return true;
}

static double
normal(double x)
{
	return 0.5 * erfc(-x / sqrt(2));
}

void
sim_option_mark(struct sim_option_mark *out, const struct sim_option *o,
    const struct sim_quote *q, u128 vol, u128 spread, uint64_t now_ms)
{
	double f = (double)q->mark.value / 1e18, k = o->strike;
	double v = (double)vol / 1e18, sign = o->is_call ? 1 : -1;
	double half = (double)spread / 2e18;
	double years = o->expiry_ms > now_ms ?
	    (double)(o->expiry_ms - now_ms) / YEAR_MS : 0;
	double width = fmax(v * sqrt(years), 1e-9);
	double d1 = log(f / k) / width + width / 2, d2 = d1 - width;
	double density = exp(-d1 * d1 / 2) / sqrt(2 * M_PI);
	double usd = sign * (f * normal(sign * d1) - k * normal(sign * d2));

	out->forward = f;
	out->vol = v;
	out->price = fmax(usd, 0) / f;
	out->bid = floor(out->price * (1 - half) * 1e4) / 1e4;
	out->ask = fmax(ceil(out->price * (1 + half) * 1e4), 1) / 1e4;
	out->delta = sign * normal(sign * d1);
	out->gamma = density / (f * width);
	out->vega = f * density * sqrt(years) / 100;
	out->theta = years > 0 ? -f * density * v / (2 * sqrt(years)) / 365 : 0;
	out->rho = sign * k * years * normal(sign * d2) / 100;
}
